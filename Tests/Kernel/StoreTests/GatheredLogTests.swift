import Basics
import Store
import TestKit
import Testing

/// What SQLite writes to its log is gathered until the sync (`GatheredLog`).
@Suite struct GatheredLogTests {
    private static let schema = [
        Migration(
            "things",
            [.table("thing", "id BIGINT PRIMARY KEY NOT NULL, data BYTEA NOT NULL")])
    ]

    private func put(_ id: Int64, _ bytes: [UInt8], _ db: Database) async throws {
        try await db.write { tx in
            try tx.run("INSERT INTO thing (id, data) VALUES (\(id), \(bytes))")
        }
    }

    private func size(_ id: Int64, _ snapshot: Snapshot) throws -> Int64 {
        try snapshot.number("SELECT LENGTH(data) FROM thing WHERE id = \(id)")
    }

    @Test func `the pages of a commit are one write and one sync`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: Self.schema)
        let disk = FaultyDisk(under: place.location)
        let db = try Database.open(place.location, clock: Clock())
        try await put(1, [1], db)  // begins the log
        disk.breakAt(nil, .error)
        // Twenty-five pages of 4 KiB.
        try await put(2, [UInt8](repeating: 2, count: 100_000), db)
        #expect(disk.operations == 2)
        await db.close()
        disk.remove()
        try await place.remove()
    }

    @Test(arguments: [4_000, 130_000, 131_071, 131_072, 262_144, 3_000_000])
    func `commits of any size come back`(_ count: Int) async throws {
        try await withDatabase(.sqlite, migrations: Self.schema) { db async throws in
            for id in 1...5 as ClosedRange<Int64> {
                try await put(id, [UInt8](repeating: UInt8(id), count: count), db)
            }
            for id in 1...5 as ClosedRange<Int64> {
                let data = try await db.read { snapshot in
                    try snapshot.first("SELECT data FROM thing WHERE id = \(id)") {
                        try $0[0] as [UInt8]
                    }
                }
                #expect(data == [UInt8](repeating: UInt8(id), count: count))
            }
        }
    }

    /// What does not fit into the memory for pages goes to the log before the commit, and is read back
    /// from there by the transaction alone.
    @Test func `a transaction larger than the cache finds what it wrote`() async throws {
        try await withDatabase(.sqlite, migrations: Self.schema) { db async throws in
            let bytes = [UInt8](repeating: 7, count: 1_000_000)
            let inside = try await db.write { tx in
                for id in 1...100 as ClosedRange<Int64> {
                    try tx.run("INSERT INTO thing (id, data) VALUES (\(id), \(bytes))")
                }
                try tx.run("UPDATE thing SET data = \([1, 2, 3] as [UInt8]) WHERE id = 50")
                return [try size(1, tx), try size(50, tx), try size(100, tx)]
            }
            #expect(inside == [1_000_000, 3, 1_000_000])
            let after = try await db.read { snapshot in
                [try size(1, snapshot), try size(50, snapshot), try size(100, snapshot)]
            }
            #expect(after == inside)
        }
    }
}
