import Basics
import Foundation
import Logging

/// A database of either engine, seen through one contract: a body is a synchronous function of rows
/// and the time, it may be run again, and no answer leaves before the commit it rests on.
package final class Database: Sendable {
    private let engine: any Engine
    package let clock: Clock

    /// How a database is opened.
    package struct Options: Sendable {
        /// Bodies that wait at most; beyond it a write is answered 503.
        package var queueLimit = 10_000
        package var readers = 4
        /// Connections for what reads much.
        package var surveyors = 2
        /// Connections that write on PostgreSQL.
        package var lanes = 8
        /// How long a PostgreSQL server may take to answer before it is taken for gone; nil is for ever.
        package var answerTimeout: Duration? = .seconds(10)
        /// Opens for reading only: takes no lock, runs no migrations.
        package var readOnly = false
        /// Ends the process, when a failed fsync leaves nobody knowing what the disk holds. A test that
        /// comes back from here gets a database that answers everything with `unavailable`.
        package var halt: @Sendable () -> Void = { exit(74) }
        package init() {}
    }

    /// Opens `postgres://…` or a SQLite file, which is created if it is not there.
    /// - Throws: `StoreError.lockedByAnotherProcess` if another process writes to the file,
    ///   `StoreError.unavailable` if the server cannot be reached.
    package static func open(
        _ location: String, clock: Clock, options: Options = Options(),
        logger: Logger = Logger(label: "kontor.store")
    ) throws -> Database {
        let timekeeper = Timekeeper(clock: clock)
        let engine: any Engine
        if location.hasPrefix("postgres://") || location.hasPrefix("postgresql://") {
            #if PostgreSQL
                engine = try PostgreSQLEngine(
                    url: location, timekeeper: timekeeper, options: options, logger: logger)
            #else
                throw StoreError.unavailable("built without the PostgreSQL trait")
            #endif
        } else {
            engine = try SQLiteEngine(
                path: location, timekeeper: timekeeper, options: options, logger: logger)
        }
        return Database(engine: engine, clock: clock, timekeeper: timekeeper)
    }

    private let timekeeper: Timekeeper

    private init(engine: any Engine, clock: Clock, timekeeper: Timekeeper) {
        self.engine = engine
        self.clock = clock
        self.timekeeper = timekeeper
    }

    package var engineName: String { engine.name }
    /// Whether nobody else writes to the database while it is open.
    package var isOnlyWriter: Bool { !engine.news.hasOthers }
    /// What has been written since the database was opened.
    package var workload: Workload { engine.workload }
    /// What other nodes of this database tell.
    package var news: NewsBoard { engine.news }

    /// Runs a body that writes; returns when its commit is durable.
    @discardableResult
    package func write<Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await withAnswer { answer in
            engine.submit(PendingBody(body: body, answer: answer))
        }
    }

    /// Runs a body that reads a few rows by their keys, on a consistent snapshot; it never waits for a
    /// writer. On SQLite it runs on the thread that asks: what reads much is a `survey`.
    package func read<Value: Sendable>(
        _ body: @escaping @Sendable (Snapshot) throws -> Value
    ) async throws -> Value {
        try await withAnswer { answer in
            engine.submitRead(PendingRead(body: body, answer: answer))
        }
    }

    /// Runs a body that may read much (counts a table, looks through all titles): as `read`, but on a
    /// thread of its own, so that those who ask for little do not wait for it.
    package func survey<Value: Sendable>(
        _ body: @escaping @Sendable (Snapshot) throws -> Value
    ) async throws -> Value {
        try await withAnswer { answer in
            engine.submitSurvey(PendingRead(body: body, answer: answer))
        }
    }

    /// Applies the migrations that this database has not seen, in order.
    /// - Throws: `StoreError.migration` if one that was applied has changed since.
    package func migrate(_ migrations: [Migration]) async throws {
        let engine = engine
        try await write { tx in
            try tx.openBookkeeping(of: engine)
            let applied = Dictionary(
                uniqueKeysWithValues: try tx.rows("SELECT name, checksum FROM migration") {
                    (try $0[0] as String, try $0[1] as Int64)
                })
            for migration in migrations {
                if let checksum = applied[migration.name] {
                    guard checksum == migration.checksum else {
                        throw StoreError.migration("\(migration.name) was changed after it ran")
                    }
                    continue
                }
                for step in migration.steps {
                    for statement in engine.render(step) { try tx.run(statement) }
                }
                try tx.run(
                    """
                    INSERT INTO migration (name, checksum, applied_at)
                    VALUES (\(migration.name), \(migration.checksum), \(tx.now))
                    """)
            }
        }
    }

    /// Whether this database has had a migration; a new one has had none.
    package func has(_ migration: Migration) async throws -> Bool {
        let engine = engine
        return try await write { tx in
            try tx.openBookkeeping(of: engine)
            let found = try tx.first("SELECT 1 FROM migration WHERE name = \(migration.name)") {
                _ in
                true
            }
            return found ?? false
        }
    }

    /// The first of these migrations that this database has not had; nil if it has had them all.
    package func firstMissing(of migrations: [Migration]) async throws -> Migration? {
        var applied: Set<String> = []
        do {
            applied = Set(
                try await read { try $0.rows("SELECT name FROM migration") { try $0[0] } })
        } catch StoreError.statement(let code, _, _) where Self.noSuchTable.contains(code) {
            // There is no list: nothing has been done to it yet.
        }
        return migrations.first { !applied.contains($0.name) }
    }

    /// SQLite says it of any text that it cannot prepare, and this one is right.
    private static let noSuchTable: Set = ["1", "42P01"]

    /// Makes every later `tx.now` greater than `instant`: journals keep rising when a machine's clock
    /// was set back between two starts.
    package func raiseTime(above instant: Instant) { timekeeper.raise(above: instant) }

    /// Lets what is queued finish, and closes.
    package func close() async { await engine.close() }
}

extension Transaction {
    /// Waits for the node that is migrating, and sees that there is a list of what was done.
    fileprivate func openBookkeeping(of engine: any Engine) throws {
        // An index over years of rows takes minutes, and so may the node that is before us.
        try connection.takeYourTime()
        if let lock = engine.migrationLock { _ = try rows(lock) { _ in } }
        for statement in engine.render(Migration.bookkeeping) { try run(statement) }
    }
}

extension Migration {
    static let bookkeeping = DDL.table(
        "IF NOT EXISTS migration",
        """
        name TEXT PRIMARY KEY NOT NULL,
        checksum BIGINT NOT NULL,
        applied_at BIGINT NOT NULL
        """)

    /// FNV-1a over the steps as written.
    var checksum: Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for step in steps {
            for byte in step.sqlite().joined(separator: ";").utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return Int64(bitPattern: hash)
    }
}
