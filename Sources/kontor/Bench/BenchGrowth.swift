import ArgumentParser
import Basics
import Foundation
import Ledger
import Store

/// What the ledger does when its books have become long.
struct BenchGrowth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "growth",
        abstract: "Measures the ledger at 10,000 journals, at ten times as many, and so on.",
        discussion: """
            One database grows from step to step. At each: durable transfers a second with many \
            clients, bytes on the disk, and how long a balance, a balance of some moment in the \
            past, a page of twenty entries and the whole audit take.
            """)

    @Option(help: "The number of journals of the last step.")
    var upTo = 1_000_000

    @Option(help: "How many accounts there are.")
    var accounts = 1_000

    @Option(help: "How many ask at once.")
    var clients = 64

    @Option(help: "How long to measure transfers at each step.")
    var seconds = 3.0

    @Option(help: "uniform, hot, hot-floor, holds or random-keys.")
    var workload = LedgerWorkload.uniform

    @Option(help: "An empty SQLite file or postgres:// database; a temporary file unless told.")
    var database: String?

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard upTo >= 10_000, accounts >= 2, clients >= 1, seconds > 0 else {
            throw ValidationError("up-to >= 10000, accounts >= 2, clients >= 1, seconds > 0")
        }
    }

    func run() async throws {
        let place = BenchPlace(database)
        defer { place.remove() }
        let store = try Database.open(place.location, clock: Clock())
        let plan = LedgerPlan(
            workload: workload, accounts: accounts,
            hotPercent: workload == .hot || workload == .hotFloor ? 100 : 0)
        let conditions = try await BenchConditions.measure(store, folder: place.folder)
        try await store.migrateEmptyBooks()
        let begin = store.clock.now
        let engine = KontorTransfers(database: store, plan: plan)
        try await engine.prepare(accounts: accounts)
        let load = LedgerLoad(
            engine: engine, design: "kontor", store: store, plan: plan, clients: clients,
            seconds: seconds, rate: nil)
        let growth = LedgerGrowth(load: load, engine: engine, begin: begin)
        if !json { print("\(conditions.line)\n\(LedgerGrowth.Step.heading)") }
        var steps: [LedgerGrowth.Step] = []
        var size = 10_000
        while size <= upTo {
            let step = try await growth.step(size, have: steps.last?.journals ?? accounts + 1)
            if !json { print(step.line) }
            steps.append(step)
            size *= 10
        }
        await store.close()
        if json {
            print(try LedgerGrowth.Report(conditions: conditions, plan: plan, steps: steps).json())
        }
        if steps.contains(where: { $0.audit != "clean" }) { throw ExitCode(1) }
    }
}
