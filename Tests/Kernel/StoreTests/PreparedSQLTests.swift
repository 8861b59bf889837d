import Basics
import Foundation
import TestKit
import Testing

@testable import Store

/// Statements that are put together once and get their values one by one.
@Suite struct PreparedSQLTests {
    static let schema = [
        Migration(
            "prepared-1",
            [
                .table(
                    "thing",
                    """
                    id BIGINT PRIMARY KEY NOT NULL,
                    name TEXT,
                    other BIGINT,
                    at BIGINT,
                    flag BOOLEAN NOT NULL
                    """)
            ])
    ]

    struct Thing: Entity, Hashable {
        static let prefix = "thg"
        var id: ID<Thing>
        var name: String?
        var other: ID<Thing>?
        var at: Instant?
        var flag: Bool

        init(_ number: Int64, name: String?, other: Int64?, at: Int64?, flag: Bool) {
            id = ID(rawValue: number)
            self.name = name
            self.other = other.map { ID(rawValue: $0) }
            self.at = at.map { Instant(microseconds: $0) }
            self.flag = flag
        }
    }

    static let insert = PreparedSQL(
        "INSERT INTO thing (id, name, other, at, flag) VALUES (?, ?, ?, ?, ?)")
    static let rename = PreparedSQL("UPDATE thing SET name = ?, flag = ? WHERE id = ?")
    static let named = PreparedSQL("SELECT id FROM thing WHERE name = ? ORDER BY id")

    private static func insert(_ thing: Thing, in tx: Transaction, twice: (any Error)? = nil) throws
    {
        try tx.add(insert, ifTwice: twice.map { error in { error } }) {
            $0.add(thing.id)
            $0.add(thing.name)
            $0.add(thing.other)
            $0.add(thing.at)
            $0.add(thing.flag)
        }
    }

    private static func rename(_ id: Int64, _ name: String, in tx: Transaction) throws {
        try tx.add(rename) {
            $0.add(name)
            $0.add(true)
            $0.add(id)
        }
    }

    private static func things(_ snapshot: Snapshot) throws -> Set<Thing> {
        Set(
            try snapshot.rows("SELECT id, name, other, at, flag FROM thing") {
                let id: ID<Thing> = try $0[0]
                let other: ID<Thing>? = try $0[2]
                let at: Instant? = try $0[3]
                return Thing(
                    id.rawValue, name: try $0[1], other: other?.rawValue, at: at?.microseconds,
                    flag: try $0[4])
            })
    }

    /// Nothing of a call may be left for the next.
    static let mixed = [
        Thing(1, name: "a name that is longer than fifteen bytes", other: 7, at: 8, flag: true),
        Thing(2, name: nil, other: nil, at: nil, flag: false),
        Thing(3, name: "", other: .max, at: 0, flag: true),
        Thing(4, name: "名字 ? $1", other: .min, at: -1, flag: false),
        Thing(5, name: nil, other: 9, at: nil, flag: true),
    ]

    @Test(arguments: TestEngine.available)
    func `each row gets its own values`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in
                for thing in Self.mixed { try Self.insert(thing, in: tx) }
            }
            let found = try await db.read { try Self.things($0) }
            #expect(found == Set(Self.mixed))
        }
    }

    @Test(arguments: TestEngine.available)
    func `bodies that share a commit get theirs too`(_ engine: TestEngine) async throws {
        let things = (1...200).map { number in
            Thing(
                number, name: number % 3 == 0 ? nil : "thing \(number)",
                other: number % 5 == 0 ? nil : -number, at: number, flag: number % 2 == 0)
        }
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await withThrowingTaskGroup { group in
                for thing in things {
                    group.addTask { try await db.write { try Self.insert(thing, in: $0) } }
                }
                try await group.waitForAll()
            }
            let found = try await db.read { try Self.things($0) }
            #expect(found == Set(things))
        }
    }

    @Test(arguments: TestEngine.available)
    func `changes and queries find what was inserted before`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            let found = try await db.write { tx in
                for thing in Self.mixed { try Self.insert(thing, in: tx) }
                try Self.rename(2, "new", in: tx)
                try Self.rename(5, "new", in: tx)
                return try tx.rows(Self.named.with { $0.add("new") }) { try $0[0] as Int64 }
            }
            #expect(found == [2, 5])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a broken key is told as it was asked for`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            await #expect(throws: Problem.forbidden) {
                try await db.write { tx in
                    try Self.insert(Self.mixed[0], in: tx, twice: Problem.forbidden)
                    try Self.insert(Self.mixed[0], in: tx, twice: Problem.forbidden)
                }
            }
            let count = try await db.read { try Self.things($0).count }
            #expect(count == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a thousand other statements do not displace it`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.schema) { db async throws in
            try await db.write { tx in
                try Self.insert(Self.mixed[0], in: tx)
                for count in 1...1_100 {
                    let ids = [Int64](repeating: 0, count: count)
                    _ = try tx.number("SELECT COUNT(*) FROM thing WHERE id IN \(list: ids)")
                }
                try Self.insert(Self.mixed[1], in: tx)
            }
            let found = try await db.read { try Self.things($0) }
            #expect(found == Set(Self.mixed[...1]))
        }
    }

    /// A connection sets its statements aside when there are too many, and a savepoint is set while the
    /// statement that it is for is in somebody's hand.
    @Test func `a savepoint displaces no statement that is about to run`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "prepared-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for others in 980...1_000 {
            let path = folder.appending(path: "\(others).db").path
            let connection = try SQLiteConnection(path: path, readOnly: false)
            defer { connection.close() }
            try connection.command("CREATE TABLE thing (id INTEGER PRIMARY KEY)")
            for id in 1...2 as ClosedRange<Int64> {
                _ = try connection.begin(shared: true)
                connection.beginBody(guarded: id == 2)
                try connection.enqueue("INSERT INTO thing (id) VALUES (\(id))", ifTwice: nil)
                try connection.endBody()
                try connection.commit()
                for other in 1...others { _ = try connection.execute(SQL(text: "SELECT \(other)")) }
            }
            let rows = try connection.execute("SELECT COUNT(*) FROM thing").rows
            let count: Int64? = try rows.first?[0]
            #expect(count == 2)
        }
    }

    @Test func `it reads as one that is put together at every call`() {
        let (name, id) = ("a", 1 as Int64)
        let once = Self.rename.with {
            $0.add(name)
            $0.add(true)
            $0.add(id)
        }
        let every: SQL = "UPDATE thing SET name = \(name), flag = \(true) WHERE id = \(id)"
        #expect(once.shape.text == every.shape.text)
        #expect(once.values == every.values)
    }

    #if PostgreSQL
        @Test func `its rows are gathered`() {
            let inserted = ManyRowStatement(Self.insert.shape)?.shape.text
            let changed = ManyRowStatement(Self.rename.shape)?.shape.text
            #expect(
                inserted == """
                    INSERT INTO thing (id, name, other, at, flag) \
                    SELECT * FROM unnest($1, $2, $3, $4, $5)
                    """)
            #expect(
                changed == """
                    UPDATE thing SET name = v.c1, flag = v.c2 FROM unnest($1, $2, $3) \
                    AS v (c1, c2, c3) WHERE id = v.c3
                    """)
        }
    #endif

    @Test func `a value too few stops the program before it is written`() async {
        await #expect(processExitsWith: .failure) {
            let statement = PreparedSQL("UPDATE thing SET name = ? WHERE id = ?")
            _ = statement.with { $0.add("a") }
        }
    }
}
