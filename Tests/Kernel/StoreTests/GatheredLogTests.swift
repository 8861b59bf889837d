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

    @Test func `the pages of a commit are one write and one sync`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: Self.schema)
        let disk = FaultyDisk(under: place.location)
        let db = try Database.open(place.location, clock: Clock())
        try await put(1, [1], db)  // begins the log
        disk.breakAt(nil, .error)
        // Twenty-five pages of 4 KiB.
        try await put(2, [UInt8](repeating: 2, count: 100_000), db)
        #expect(disk.calls == 2)
        #expect(disk.operations > 25)
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
            let ids = 1...20_000 as ClosedRange<Int64>
            let inside = try await db.write { tx in
                for id in ids {
                    // One row is one page of 4 KiB.
                    let data = [UInt8](repeating: UInt8(id % 251), count: 3_900)
                    try tx.run("INSERT INTO thing (id, data) VALUES (\(id), \(data))")
                }
                return try wrong(tx)
            }
            #expect(inside == [])
            let after = try await db.read { try wrong($0) }
            #expect(after == [])
        }
    }

    /// The rows that do not hold what was written, or are not there.
    private func wrong(_ snapshot: Snapshot) throws -> [Int64] {
        var next: Int64 = 20_000
        var wrong: [Int64] = []
        let rows = try snapshot.rows("SELECT id, SUBSTR(data, 3900) FROM thing ORDER BY id DESC") {
            (id: try $0[0] as Int64, last: try $0[1] as [UInt8])
        }
        for row in rows {
            if row.id != next || row.last != [UInt8(row.id % 251)] { wrong.append(row.id) }
            next -= 1
        }
        return next == 0 ? wrong : wrong + [next]
    }
}
