import ArgumentParser
import Basics
import Store

/// Brings a database to this version's schema.
struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Brings a database to this version's schema; serve does it too.")

    @Option(help: "A SQLite file or postgres://… (KONTOR_DATABASE; kontor.db).")
    var database: String?

    func run() async throws {
        var settings = try await Settings.fromEnvironment()
        if let database { settings.database = database }
        let wanted = settings
        let store = try await openOrExit { try Database.open(wanted.database, clock: Clock()) }
        try await store.migrate(Modules(settings, store).migrations)
        await store.close()
        print("\(settings.database) is up to date.")
    }
}
