import Basics
import Synchronization
import TestKit
import Testing

@testable import Store

/// What every body may rely on, on either engine.
@Suite struct ContractTests {
    static let schema = [
        Migration(
            "contract-1",
            [
                .table(
                    "thing",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    name TEXT NOT NULL,
                    data BYTEA,
                    flag BOOLEAN,
                    note TEXT
                    """),
                .table("history", "id BIGINT PRIMARY KEY NOT NULL"),
                .appendOnly("history"),
            ])
    ]

    private func put(_ id: Int64, _ name: String = "x", in tx: Transaction) throws -> Int {
        try tx.run(
            """
            INSERT INTO thing (id, name) VALUES (\(id), \(name)) ON CONFLICT DO NOTHING
            """)
    }

    private func add(_ id: Int64, to db: Database) async throws -> Int {
        try await db.write { try put(id, in: $0) }
    }

    private func now(of db: Database) async throws -> Instant { try await db.write { $0.now } }

    private func count(_ db: Database) async throws -> Int64 {
        try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
    }

    @Test(arguments: TestEngine.available)
    func `a value commits, a throw undoes, a refusal stays`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            #expect(try await add(1, to: db) == 1)
            await #expect(throws: Problem.notFound) {
                try await db.write { tx in
                    _ = try put(2, in: tx)
                    throw Problem.notFound
                }
            }
            #expect(try await count(db) == 1)
            await #expect(throws: Problem.forbidden) {
                try await db.write { tx in
                    _ = try put(3, in: tx)
                    throw tx.refuse(.forbidden)
                }
            }
            #expect(try await count(db) == 2)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a neighbour that throws harms nobody`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let done = await withTaskGroup(of: Bool.self) { group in
                for id in Int64(0)..<200 {
                    group.addTask {
                        do {
                            try await db.write { tx in
                                _ = try put(id, in: tx)
                                if id % 2 == 1 { throw Problem.forbidden }
                            }
                            return true
                        } catch {
                            return false
                        }
                    }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(done == 100)
            let odd = try await db.read {
                try $0.number("SELECT COUNT(*) FROM thing WHERE id % 2 = 1")
            }
            #expect(odd == 0)
            #expect(try await count(db) == 100)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a failed statement poisons its transaction`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            await #expect(throws: StoreError.self) {
                try await db.write { tx in
                    _ = try put(1, in: tx)
                    // Swallowing the error does not help: nothing is committed.
                    _ = try? tx.run("INSERT INTO nowhere VALUES (1)")
                }
            }
            #expect(try await count(db) == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `values come back as they went`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let names = ["", "a'b\"c", "中文 🧮", String(repeating: "x", count: 70_000)]
            let blobs: [[UInt8]?] = [nil, [], [0, 255, 10], [UInt8](repeating: 7, count: 65_536)]
            let flags: [Bool?] = [nil, true, false, true]
            try await db.write { tx in
                for (index, name) in names.enumerated() {
                    try tx.run(
                        """
                        INSERT INTO thing (id, name, data, flag, note)
                        VALUES (\(index), \(name), \(blobs[index]), \(flags[index]),
                          \(nil as String?))
                        """)
                }
            }
            let rows = try await db.read { snapshot in
                try snapshot.rows("SELECT name, data, flag, note FROM thing ORDER BY id") { row in
                    (
                        try row[0] as String, try row[1] as [UInt8]?, try row[2] as Bool?,
                        try row[3] as String?
                    )
                }
            }
            #expect(rows.map(\.0) == names)
            #expect(rows.map(\.1) == blobs)
            #expect(rows.map(\.2) == flags)
            #expect(rows.allSatisfy { $0.3 == nil })
            let limits = try await db.read { snapshot in
                try snapshot.first("SELECT \(Int64.min), \(Int64.max)") {
                    (try $0[0] as Int64, try $0[1] as Int64)
                }
            }
            #expect(limits?.0 == .min && limits?.1 == .max)
        }
    }

    @Test(arguments: TestEngine.available)
    func `text sorts by bytes, lists may be empty, sums are integers`(_ engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in
                for (id, name) in ["b", "B", "a", "é", "Z", "中"].enumerated() {
                    _ = try put(Int64(id), name, in: tx)
                }
            }
            let sorted = try await db.read {
                try $0.rows("SELECT name FROM thing ORDER BY name") { try $0[0] as String }
            }
            #expect(sorted == ["B", "Z", "a", "b", "é", "中"])
            let none = try await db.read {
                try $0.number("SELECT COUNT(*) FROM thing WHERE id IN \(list: [Int64]())")
            }
            #expect(none == 0)
            let sums = try await db.read { snapshot in
                (
                    try snapshot.number("SELECT \(SQL.sum("id")) FROM thing"),
                    try snapshot.number("SELECT \(SQL.sum("id")) FROM thing WHERE id > 99")
                )
            }
            #expect(sums == (15, 0))
        }
    }

    @Test(arguments: TestEngine.available)
    func `an insert that meets its twin changes nothing`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            #expect(try await add(1, to: db) == 1)
            #expect(try await add(1, to: db) == 0)
        }
    }

    @Test(arguments: TestEngine.available, ["UPDATE history SET id = 2", "DELETE FROM history"])
    func `history is not rewritten`(_ engine: TestEngine, _ statement: String) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in
                try tx.run("INSERT INTO history (id) VALUES (\(Int64(1)))")
            }
            await #expect(throws: StoreError.self) {
                try await db.write { tx in try tx.run(SQL(text: statement)) }
            }
            let left = try await db.read { try $0.number("SELECT id FROM history") }
            #expect(left == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a locked row is changed by one at a time`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in _ = try put(0, "0", in: tx) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<200 {
                    group.addTask {
                        try await db.write { tx in
                            let name = try tx.lock("SELECT name FROM thing WHERE id = 0") {
                                try $0[0] as String
                            }
                            let next = (Int(name?.value ?? "") ?? 0) + 1
                            try tx.run("UPDATE thing SET name = \(String(next)) WHERE id = 0")
                        }
                    }
                }
                try await group.waitForAll()
            }
            let name = try await db.read {
                try $0.first("SELECT name FROM thing") { try $0[0] as String }
            }
            #expect(name == "200")
        }
    }

    /// Bodies of one node share a transaction or take turns; those of two nodes meet at the row.
    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `a locked row is changed by one node at a time`() async throws {
        let place = try await TestPlace.make(.postgres, migrations: Self.schema)
        let nodes = [try place.open(), try place.open()]
        try await nodes[0].write { tx in _ = try put(0, "0", in: tx) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for node in nodes {
                group.addTask {
                    for _ in 0..<100 {
                        try await node.write { tx in
                            let name = try tx.lock("SELECT name FROM thing WHERE id = 0") {
                                try $0[0] as String
                            }
                            let next = (Int(name?.value ?? "") ?? 0) + 1
                            try tx.run("UPDATE thing SET name = \(String(next)) WHERE id = 0")
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let name = try await nodes[0].read {
            try $0.first("SELECT name FROM thing") { try $0[0] as String }
        }
        #expect(name == "200")
        for node in nodes { await node.close() }
        try await place.remove()
    }

    @Test(arguments: TestEngine.available)
    func `hooks run after the commit and only then`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let rung = Counter()
            try await db.write { tx in tx.afterCommit { rung.add() } }
            _ = try? await db.write { tx in
                tx.afterCommit { rung.add() }
                throw Problem.forbidden
            }
            #expect(rung.value == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `time rises though the clock stands still`(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withDatabase(engine, migrations: Self.schema, clock: clock.clock) {
            db async throws in
            var last = Instant(microseconds: 0)
            for _ in 0..<20 {
                let now = try await now(of: db)
                #expect(now > last)
                last = now
            }
            clock.advance(by: .hours(-1))
            #expect(try await now(of: db) > last)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a read sees one moment`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let writing = Task {
                for id in Int64(0)..<300 { _ = try await add(id, to: db) }
            }
            for _ in 0..<50 {
                let counts = try await db.read { snapshot in
                    (
                        try snapshot.number("SELECT COUNT(*) FROM thing"),
                        try snapshot.number("SELECT COUNT(*) FROM thing")
                    )
                }
                #expect(counts.0 == counts.1)
            }
            try await writing.value
        }
    }

    @Test func `a second answer stops the program`() async {
        let end = await #expect(
            processExitsWith: .failure, observing: [\.standardErrorContent]
        ) {
            _ = try await withAnswer { (answer: Answer<Int>) in
                answer.give(.success(1))
                answer.give(.success(2))
            }
        }
        // Without the check it may fall over too, but says something else.
        let said = String(decoding: end?.standardErrorContent ?? [], as: UTF8.self)
        #expect(said.contains("a second answer"))
    }
}

/// Counts what happens on other threads.
final class Counter: Sendable {
    private let count = Atomic(0)
    func add() { count.add(1, ordering: .relaxed) }
    var value: Int { count.load(ordering: .relaxed) }
}
