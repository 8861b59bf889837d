import Basics
import Foundation
import TestKit
import Testing

@testable import Store

/// Opening, closing, migrating.
@Suite struct OpeningTests {
    @Test(arguments: TestEngine.available)
    func `what was committed is there after a restart`(_ engine: TestEngine) async throws {
        let place = try await TestPlace.make(engine, migrations: ContractTests.schema)
        let first = try place.open()
        try await first.write { tx in
            try tx.run("INSERT INTO thing (id, name) VALUES (\(Int64(1)), \("kept"))")
        }
        await first.close()
        let second = try place.open()
        let name = try await second.read {
            try $0.first("SELECT name FROM thing") { try $0[0] as String }
        }
        #expect(name == "kept")
        await second.close()
        try await place.remove()
    }

    @Test(arguments: TestEngine.available)
    func `a migration runs once and never changes`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: ContractTests.schema) { db async throws in
            try await db.migrate(ContractTests.schema)
            let changed = [Migration("contract-1", [.sql("SELECT 1")])]
            await #expect(throws: StoreError.self) { try await db.migrate(changed) }
            let broken = [Migration("contract-2", [.table("t", "id BIGINT"), .sql("nonsense")])]
            await #expect(throws: StoreError.self) { try await db.migrate(broken) }
            // All of a migration or nothing: the table is not there either.
            try await db.migrate([Migration("contract-2", [.table("t", "id BIGINT")])])
        }
    }

    @Test(arguments: TestEngine.available)
    func `what a database has not had yet is known`(_ engine: TestEngine) async throws {
        let next = Migration("contract-2", [.table("t", "id BIGINT")])
        let all = ContractTests.schema + [next]
        for (before, missing) in [(ContractTests.schema, next.name), (all, nil)] {
            try await withDatabase(engine, migrations: before) { db async throws in
                let found = try await db.firstMissing(of: all)
                #expect(found?.name == missing)
            }
        }
        try await withDatabase(engine, migrations: []) { db async throws in
            try await db.write { try $0.run("DROP TABLE migration") }
            let found = try await db.firstMissing(of: all)
            #expect(found?.name == ContractTests.schema[0].name)
        }
    }

    @Test func `a list of migrations that cannot be read is no empty one`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: ContractTests.schema)
        let whole = try place.open()
        let page = try await whole.read {
            try $0.number(
                "SELECT rootpage FROM sqlite_master WHERE tbl_name = 'migration' AND type = 'index'"
            )
        }
        await whole.close()
        let file = try FileHandle(forUpdating: URL(filePath: place.location))
        try file.seek(toOffset: UInt64(page - 1) * 4_096)
        try file.write(contentsOf: [UInt8](repeating: 0xFF, count: 4_096))
        try file.close()
        var options = Database.Options()
        options.readOnly = true
        let damaged = try Database.open(place.location, clock: Clock(), options: options)
        await #expect(throws: StoreError.self) {
            _ = try await damaged.firstMissing(of: ContractTests.schema)
        }
        await damaged.close()
        try await place.remove()
    }

    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `a clock that goes wrong is measured against the server's`() async throws {
        try await withDatabase(.postgres, migrations: []) { db async throws in
            for (wrong, certain) in [(-60, -59), (0, 0), (60, 59)] {
                let clock = Clock { Clock().now + .seconds(wrong) }
                let offset = try #require(try await db.clockOffset(of: clock))
                if wrong == 0 {
                    #expect(offset == .zero)
                } else {
                    #expect(wrong > 0 ? offset > .seconds(certain) : offset < .seconds(certain))
                }
            }
        }
        try await withDatabase(.sqlite, migrations: []) { db async throws in
            let offset = try await db.clockOffset()
            #expect(offset == nil)
        }
    }

    @Test func `one process writes to a file, others may read`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: ContractTests.schema)
        let first = try place.open()
        #expect(throws: StoreError.self) { try place.open() }
        var options = Database.Options()
        options.readOnly = true
        let reader = try Database.open(place.location, clock: Clock(), options: options)
        let things = try await reader.read { try $0.number("SELECT COUNT(*) FROM thing") }
        #expect(things == 0)
        await reader.close()
        await first.close()
        let next = try place.open()
        await next.close()
        try await place.remove()
    }

    @Test func `a new file is its owner's alone`() async throws {
        let path = FileManager.default.temporaryDirectory
            .appending(path: "kontor-mode-\(UUID().uuidString).db").path
        let db = try Database.open(path, clock: Clock())
        try await db.migrate(ContractTests.schema)
        for suffix in ["", "-wal", ".lock"] {
            let attributes = try FileManager.default.attributesOfItem(atPath: path + suffix)
            #expect((attributes[.posixPermissions] as? Int).map { $0 & 0o077 } == 0, "\(suffix)")
        }
        await db.close()
        for suffix in ["", "-wal", "-shm", ".lock"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
    }

    @Test func `a full queue refuses at once and does nothing`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: ContractTests.schema)
        var options = Database.Options()
        options.queueLimit = 4
        let db = try Database.open(place.location, clock: Clock(), options: options)
        let refused = await withTaskGroup(of: Bool.self) { group in
            for id in Int64(0)..<300 {
                group.addTask {
                    do {
                        try await db.write { tx in
                            usleep(1_000)
                            try tx.run(
                                "INSERT INTO thing (id, name) VALUES (\(id), \("queued"))")
                        }
                        return false
                    } catch StoreError.unavailable {
                        return true
                    } catch {
                        Issue.record(error)
                        return false
                    }
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(refused > 0)
        let written = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
        #expect(Int(written) == 300 - refused)
        await db.close()
        try await place.remove()
    }

    @Test func `values are bound, never spliced`() {
        let name = "'; DROP TABLE thing; --"
        let condition: SQL = "name = \(name)"
        let sql: SQL = "SELECT 1 WHERE \(condition) AND id = \(Int64(7))"
        let (text, values) = (sql.shape.text, sql.values)
        #expect(text == "SELECT 1 WHERE name = $1 AND id = $2")
        #expect(values == [.text(name), .int(7)])
    }
}
