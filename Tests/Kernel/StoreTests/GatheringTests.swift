import Basics
import Synchronization
import TestKit
import Testing

@testable import Store

/// Rows that many bodies of a commit write and that nobody waits for: on PostgreSQL they travel
/// together, and nobody may be able to tell.
@Suite struct GatheringTests {
    static let schema = [
        Migration(
            "gathering-1",
            [
                .table(
                    "thing",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    name TEXT,
                    data BYTEA,
                    flag BOOLEAN,
                    number BIGINT
                    """)
            ])
    ]

    private struct Thing: Equatable, Sendable {
        var id: Int64
        var name: String?
        var data: [UInt8]?
        var flag: Bool?
        var number: Int64?

        /// Every kind of value, and every fifth of each a nil.
        init(_ index: Int64) {
            let names = ["", "x", "钱 ¥1", #"{"a", NULL}\'"#, "NULL"]
            id = index
            name = index % 5 == 0 ? nil : names[Int(index % 4)]
            data = index % 5 == 1 ? nil : (0..<(index % 4)).map { UInt8($0 * 85) }
            flag = index % 5 == 2 ? nil : index % 2 == 0
            number = index % 5 == 3 ? nil : [0, -1, .max, .min][Int(index % 4)]
        }

        init(row: Row) throws {
            id = try row[0]
            name = try row[1]
            data = try row[2]
            flag = try row[3]
            number = try row[4]
        }
    }

    private func add(_ thing: Thing, in tx: Transaction) throws {
        try tx.add(
            """
            INSERT INTO thing (id, name, data, flag, number)
            VALUES (\(thing.id), \(thing.name), \(thing.data), \(thing.flag),
                \(thing.number))
            """, ifTwice: { Problem.forbidden })
    }

    private func rename(_ id: Int64, _ name: String, in tx: Transaction) throws {
        try tx.add("UPDATE thing SET name = \(name), number = \(id) WHERE id = \(id)")
    }

    private func names(_ snapshot: Snapshot) throws -> [String?] {
        try snapshot.rows("SELECT name FROM thing ORDER BY id") { try $0[0] as String? }
    }

    /// Runs bodies at once, so that they share commits.
    /// - Returns: how many of them failed.
    private func together(
        _ count: Int64, _ db: Database,
        _ body: @escaping @Sendable (Int64, Transaction) throws -> Void
    ) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for index in 0..<count {
                group.addTask {
                    do {
                        try await db.write { try body(index, $0) }
                        return false
                    } catch {
                        return true
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    @Test(arguments: TestEngine.available)
    func `values of every type come back as they were written`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let failures = await together(300, db) { try add(Thing($0), in: $1) }
            let stored = try await db.read { snapshot in
                try snapshot.rows("SELECT id, name, data, flag, number FROM thing ORDER BY id") {
                    try Thing(row: $0)
                }
            }
            #expect(failures == 0)
            let written = (Int64(0)..<300).map { Thing($0) }
            #expect(stored == written)
        }
    }

    @Test(arguments: TestEngine.available)
    func `who adds what is there fails alone`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let failures = await together(300, db) { index, tx in
                try add(Thing(index % 250), in: tx)
            }
            let count = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
            #expect(failures == 50)
            #expect(count == 250)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a statement finds what its body has added and changed`(_ engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            // Counted and not thrown: a body that throws is run again, by itself, and then sees it.
            let missed = Mutex(0)
            let failures = await together(200, db) { index, tx in
                func stored() throws -> [String?] {
                    try tx.rows("SELECT name FROM thing WHERE id = \(index)") { try $0[0] }
                }
                try add(Thing(index), in: tx)
                if try stored() != [Thing(index).name] { missed.withLock { $0 += 1 } }
                try rename(index, "renamed", in: tx)
                if try stored() != ["renamed"] { missed.withLock { $0 += 1 } }
            }
            let count = missed.withLock { $0 }
            #expect(failures == 0 && count == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is done to a table is done in its order`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let failures = await together(100, db) { index, tx in
                let (one, other) = (2 * index, 2 * index + 1)
                try add(Thing(one), in: tx)
                try rename(one, "first", in: tx)
                try rename(one, "second", in: tx)
                try add(Thing(other), in: tx)
                try rename(other, "third", in: tx)
                try tx.add("DELETE FROM thing WHERE id = \(one) AND name = \("first")")
                try rename(one, "fourth", in: tx)
            }
            let stored = try await db.read { try names($0) }
            #expect(failures == 0)
            let wanted: [String?] = (0..<100).flatMap { _ in ["fourth", "third"] }
            #expect(stored == wanted)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a body that fails takes only its own rows back`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let failures = await together(200, db) { index, tx in
                try add(Thing(index), in: tx)
                if index % 4 == 3 { throw Problem.forbidden }
            }
            let count = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
            #expect(failures == 50)
            #expect(count == 150)
        }
    }

    @Test(arguments: TestEngine.available)
    func `nothing is left of a batch of which every body fails`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let failures = await together(200, db) { index, tx in
                try add(Thing(index), in: tx)
                throw Problem.forbidden
            }
            _ = await together(1, db) { try add(Thing(1_000 + $0), in: $1) }
            let count = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
            #expect(failures == 200)
            #expect(count == 1)
        }
    }

    #if PostgreSQL
        private func text(_ sql: SQL) -> String? { ManyRowStatement(sql.shape)?.shape.text }

        @Test func `a statement about one row becomes one about many`() {
            let columns: SQL = "id, name"
            let inserted = text("INSERT INTO thing (\(columns)) VALUES (\(1),\n \("a"))")
            let changed = text("UPDATE thing SET name = \("a"), flag = \(true) WHERE id = \(1)")
            #expect(inserted == "INSERT INTO thing (id, name) SELECT * FROM unnest($1, $2)")
            #expect(
                changed == """
                    UPDATE thing SET name = v.c1, flag = v.c2 FROM unnest($1, $2, $3) \
                    AS v (c1, c2, c3) WHERE id = v.c3
                    """)
        }

        @Test func `what says more than its parameters stays as it is`() {
            let others: [SQL] = [
                "INSERT INTO thing (id, flag) VALUES (\(1), TRUE)",
                "INSERT INTO thing (id) VALUES (\(1)) ON CONFLICT DO NOTHING",
                "INSERT INTO thing (id) VALUES (\(1) + 1)",
                "INSERT INTO thing (id, number) VALUES (\(1), 0, \(2))",
                "INSERT INTO thing (id) SELECT id FROM thing WHERE id = \(1)",
                "UPDATE thing SET name = \("a")",
                "UPDATE thing SET name = \("a") WHERE id = \(1) AND flag",
                "UPDATE thing SET name = \("a") WHERE flag = \(true) AND id = \(1)",
                "DELETE FROM thing WHERE id = \(1)",
            ]
            for other in others { #expect(text(other) == nil, "\(other.shape.text)") }
        }
    #endif
}
