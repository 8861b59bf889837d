import Basics
import TestKit
import Testing

@testable import Store

/// Rows that a writer keeps in memory: nobody may be able to tell.
@Suite struct RowCacheTests {
    static let schema = [
        Migration(
            "cache-1",
            [
                .table(
                    "thing",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    name TEXT NOT NULL,
                    CHECK (name <> 'bad')
                    """)
            ])
    ]

    /// Keeps the names of things.
    final class Names: RowCache {
        static let table = "thing"
        private var names: [Int64: String] = [:]
        private var unwritten: Set<Int64> = []
        private var before: [([Int64: String], Set<Int64>)] = []

        var noted: Int { before.count }
        var known: Int { names.count }

        func name(_ id: Int64, in tx: Transaction) throws -> String? {
            if let name = names[id] { return name }
            let found = try tx.bypassingCaches {
                try tx.first("SELECT name FROM thing WHERE id = \(id)") { try $0[0] as String }
            }
            names[id] = found
            return found
        }

        func rename(_ id: Int64, _ name: String) {
            before.append((names, unwritten))
            names[id] = name
            unwritten.insert(id)
        }

        func flush(into tx: Transaction) throws {
            before.append((names, unwritten))
            for id in unwritten {
                try tx.add("UPDATE thing SET name = \(names[id] ?? "") WHERE id = \(id)")
            }
            unwritten = []
        }

        func undo(to place: Int) {
            guard place < before.count else { return }
            (names, unwritten) = before[place]
            before.removeLast(before.count - place)
        }

        func committed() { before = [] }
        func forget() { (names, unwritten) = ([:], []) }
    }

    private func stored(_ db: Database) async throws -> String? {
        try await db.read { try $0.first("SELECT name FROM thing") { try $0[0] as String } }
    }

    private func start(_ db: Database) async throws {
        try await db.write { tx in
            try tx.run("INSERT INTO thing (id, name) VALUES (\(Int64(1)), \("a"))")
            _ = try tx.cache(Names.self).name(1, in: tx)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a change in memory is written with the commit`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await start(db)
            try await db.write { $0.cache(Names.self).rename(1, "b") }
            #expect(try await stored(db) == "b")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refusal keeps it and an error undoes it`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await start(db)
            _ = try? await db.write { tx in
                tx.cache(Names.self).rename(1, "b")
                throw Problem.notFound
            }
            try await db.write { tx in _ = try tx.run("DELETE FROM thing WHERE id = 2") }
            #expect(try await stored(db) == "a")
            _ = try? await db.write { tx in
                tx.cache(Names.self).rename(1, "c")
                throw tx.refuse(.notFound)
            }
            #expect(try await stored(db) == "c")
        }
    }

    @Test(arguments: TestEngine.available)
    func `statements see it, and what they change is known`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await start(db)
            let seen = try await db.write { tx in
                tx.cache(Names.self).rename(1, "b")
                let read = try tx.first("SELECT name FROM thing") { try $0[0] as String }
                try tx.run("UPDATE thing SET name = name || 'c'")
                return [read, try tx.cache(Names.self).name(1, in: tx)]
            }
            #expect(seen == ["b", "bc"])
            #expect(try await stored(db) == "bc")
        }
    }

    @Test(arguments: TestEngine.available)
    func `what the schema refuses at the commit fails its own body only`(_ engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in
                for id in Int64(0)..<60 {
                    try tx.run("INSERT INTO thing (id, name) VALUES (\(id), \("a"))")
                }
            }
            let done = await withTaskGroup(of: Bool.self) { group in
                for id in Int64(0)..<60 {
                    group.addTask {
                        let written: Void? = try? await db.write { tx in
                            tx.cache(Names.self).rename(id, id % 20 == 7 ? "bad" : "good")
                        }
                        return written != nil
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 57)
            let good = try await db.read {
                try $0.number("SELECT COUNT(*) FROM thing WHERE name = 'good'")
            }
            #expect(good == 57)
        }
    }

    @Test func `what another process writes is not covered up`() async throws {
        try await withDatabase(.sqlite, migrations: Self.schema) { db async throws in
            try await start(db)
            let path = try await db.read {
                try $0.first("SELECT file FROM pragma_database_list()") { try $0[0] as String }
            }
            let other = try SQLiteConnection(path: try #require(path), readOnly: false)
            try other.command("UPDATE thing SET name = 'theirs'")
            let seen = try await db.write { tx in try tx.cache(Names.self).name(1, in: tx) }
            #expect(seen == "theirs")
            other.close()
        }
    }

    @Test(arguments: [
        ("SELECT 1 FROM thing WHERE x = 1", true), ("INSERT INTO thing (id) VALUES (1)", true),
        ("UPDATE thing SET id = 1", true), ("SELECT 1 FROM a JOIN thing b ON b.x = a.x", true),
        ("SELECT 1 FROM a, thing", true), ("INSERT INTO a (thing, b) VALUES (1, 2)", false),
        ("SELECT thing FROM a WHERE thing = 1", false), ("DELETE FROM things", false),
        ("DROP TABLE thing", true), ("select 1 from thing", true),
    ])
    func `the tables of a statement are found`(_ text: String, _ isNamed: Bool) {
        let sql = SQL(text: text)
        #expect(sql.shape.mentions(table: "thing") == isNamed)
    }
}
