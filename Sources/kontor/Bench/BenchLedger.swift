import ArgumentParser
import Basics
import Foundation
import Ledger
import Logging
import Store

/// How many durable transfers a second the ledger makes, and what each costs.
struct BenchLedger: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger",
        abstract: "Measures durable transfers through the ledger, and proves the books afterwards.",
        discussion: """
            Every transfer is a transaction of its own and is answered after its commit is on the \
            disk. Clients wait for each answer before they go on (a closed loop: a slow moment also \
            slows the asking); with --rate they ask at fixed times, and latency counts from the \
            time at which was to be asked.
            """)

    @Option(help: "How many accounts there are.")
    var accounts = 1_000

    @Option(help: "Of a hundred transfers, how many touch one hot account (0; 100 for hot).")
    var hot: Int?

    @Option(help: "How many ask at once.")
    var clients = 64

    @Option(help: "How long to measure, after a second of warming up.")
    var seconds = 5.0

    @Option(help: "uniform, hot, hot-floor, holds or random-keys.")
    var workload = LedgerWorkload.uniform

    @Option(help: "Journals in the books before measuring begins.")
    var rows = 0

    @Option(help: "Ask this often a second instead of as fast as answers come.")
    var rate: Double?

    @Option(help: "An empty SQLite file or postgres:// database; a temporary file unless told.")
    var database: String?

    @Flag(
        help: """
            Joins a bench that another process has begun on this postgres:// database, with the same \
            accounts: a second node.
            """)
    var join = false

    @Option(help: "Connections that write, on PostgreSQL.")
    var lanes: Int?

    @Flag(
        help: "Measures the obvious design instead: a balance row and two entries, on this engine.")
    var rival = false

    @Flag(help: "Prints JSON.")
    var json = false

    func validate() throws {
        guard accounts >= 2, clients >= 1, seconds > 0, (0...100).contains(hot ?? 0), rows >= 0
        else { throw ValidationError("accounts >= 2, clients >= 1, seconds > 0, hot 0 to 100") }
        guard !join || database != nil && rows == 0 else {
            throw ValidationError("--join needs the --database of the other, and adds no rows")
        }
        guard !rival || workload != .holds else { throw ValidationError("the rival has no holds") }
    }

    func run() async throws {
        let place = BenchPlace(database)
        defer { place.remove() }
        var options = Database.Options()
        if let lanes { options.lanes = lanes }
        options.answerTimeout = nil
        let store = try Database.open(place.location, clock: Clock(), options: options)
        let plan = LedgerPlan(
            workload: workload, accounts: accounts,
            hotPercent: hot ?? (workload == .hot || workload == .hotFloor ? 100 : 0))
        let conditions = try await BenchConditions.measure(store, folder: place.folder)
        if join {
            guard try await store.read({ try $0.lastJournalTime() }) != nil else {
                throw ValidationError("there is no bench in this database to join")
            }
        } else {
            try await store.migrateEmptyBooks(rival ? RivalTransfers.migrations : [])
        }
        let engine: any TransferEngine =
            rival
            ? RivalTransfers(database: store) : KontorTransfers(database: store, plan: plan)
        let load = LedgerLoad(
            engine: engine, design: rival ? "rival" : "kontor", store: store, plan: plan,
            clients: clients, seconds: seconds, rate: rate, isJoining: join)
        let report = try await load.measure(after: rows, under: conditions)
        await store.close()
        print(json ? try report.json() : report.text)
        if report.audit != "clean" { throw ExitCode(1) }
    }
}

/// Where a benchmark's database is, and whether it is ours to remove.
struct BenchPlace {
    let location: String
    let isTemporary: Bool

    init(_ wanted: String?) {
        isTemporary = wanted == nil
        let name = "kontor-bench-\(ID<BenchRun>.make()).db"
        location = wanted ?? FileManager.default.temporaryDirectory.appending(path: name).path
    }

    /// On the same disk as the database, if that is a file.
    var folder: URL {
        location.contains("://")
            ? FileManager.default.temporaryDirectory
            : URL(filePath: location).deletingLastPathComponent()
    }

    func remove() {
        guard isTemporary else { return }
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: location + suffix)
        }
    }
}

extension Database {
    /// Makes the ledger's tables.
    /// - Throws: `ValidationError` if there are books already: a benchmark leaves nobody's alone.
    func migrateEmptyBooks(_ others: [Migration] = []) async throws {
        try await migrate(ledgerMigrations + others)
        guard try await read({ try $0.lastJournalTime() }) == nil else {
            throw ValidationError("there are journals in this database; give an empty one")
        }
    }
}
