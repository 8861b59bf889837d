import Basics
import Store
import TestKit
import Testing

@testable import Web

/// Answers on their way into the database.
@Suite struct AnswerCacheTests {
    private static func row(_ key: String, at instant: Instant) throws -> StoredRow {
        try StoredRow(
            CommandKey(actor: 1, key: key, fingerprint: [1]),
            .answered(status: 201, body: Array(key.utf8)), at: instant)
    }

    private static func keys(_ snapshot: Snapshot) throws -> [String] {
        try snapshot.rows("SELECT command_key FROM idempotency ORDER BY command_key") { try $0[0] }
    }

    @Test(arguments: TestEngine.available)
    func `what a later body wrote and lost is written again`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: WebMigrations.all) { database in
            let keys = try await database.write { tx in
                let cache = AnswerCache()
                cache.add(try Self.row("first", at: tx.now))
                let place = cache.noted
                cache.add(try Self.row("second", at: tx.now))
                try cache.flush(into: tx)
                // As the savepoint of the second body does.
                try tx.run("DELETE FROM idempotency")
                cache.undo(to: place)
                try cache.flush(into: tx)
                return try Self.keys(tx)
            }
            #expect(keys == ["first"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a statement on the table finds what was answered, and may remove it`(engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: WebMigrations.all) { database in
            let command = CommandKey(actor: 1, key: "k", fingerprint: [1])
            try await database.write { tx in
                try tx.store(.answered(status: 201, body: [7]), command)
                let stored = try tx.ending(of: command)?.fingerprint
                #expect(stored == [1])
                let found = try Self.keys(tx)
                #expect(found == ["k"])
                try tx.run("DELETE FROM idempotency")
                let left = try tx.ending(of: command)?.fingerprint
                #expect(left == nil)
            }
            let keys = try await database.read(Self.keys)
            #expect(keys == [])
        }
    }

    /// Both nodes have seen that the key is free; the primary key lets one through.
    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `of two nodes with one key the second replays`() async throws {
        try await Self.meetTwin { _ in
        } and: { _ in
        }
    }

    /// A twin may be found by a unique key of what both make, before that of their answers.
    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `who trips over what its twin has made replays it`() async throws {
        let make: @Sendable (Transaction) throws -> Void = { tx in
            try tx.run("INSERT INTO counter (id, value) VALUES (2, 0)")
        }
        try await Self.meetTwin(make, and: make)
    }

    /// Runs a command whose key another node uses at the same time, and is about to commit.
    private static func meetTwin(
        _ theirs: @escaping @Sendable (Transaction) throws -> Void,
        and ours: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        try await withDatabase(.postgres, migrations: IdempotencyTests.migrations) { database in
            let commands = IdempotentCommands(database: database)
            _ = try await commands.perform(
                actor: 2, key: "k", fingerprint: [1], status: 200
            ) { _ in [7] }
            let collision = try await collide(database) { tx in
                try theirs(tx)
                try tx.run(
                    """
                    INSERT INTO idempotency
                        (actor, command_key, fingerprint, status, body, created_at)
                    SELECT 1, command_key, fingerprint, status, body, created_at FROM idempotency
                    """)
            } with: {
                try await commands.perform(actor: 1, key: "k", fingerprint: [1], status: 201) {
                    tx in
                    try ours(tx)
                    return try IdempotencyTests.count(tx)
                }
            }
            #expect(collision.hasWaited)
            #expect(
                collision.second == StoredAnswer(status: 200, body: [7], isReplayed: true))
            let value = try await IdempotencyTests.value(database)
            #expect(value == 0)
        }
    }
}
