import ArgumentParser
import Basics

/// Measures, in this process, against a real database with a real fsync.
struct Bench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measures what this machine and its disk can do.",
        subcommands: [
            BenchLedger.self, BenchGrowth.self, BenchCheckout.self, BenchSigning.self,
        ])
}

/// What temporary files are named for.
enum BenchRun: Entity { static let prefix = "run" }
