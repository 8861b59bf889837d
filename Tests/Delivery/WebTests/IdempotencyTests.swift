import Basics
import Store
import Synchronization
import TestKit
import Testing

@testable import Web

/// The same key and the same request have one effect and one answer, on both engines.
@Suite struct IdempotencyTests {
    static let migrations =
        WebMigrations.all + [
            Migration(
                "test-1",
                [.table("counter", "id BIGINT PRIMARY KEY NOT NULL,\nvalue BIGINT NOT NULL")]),
            Migration("test-2", [.sql("INSERT INTO counter (id, value) VALUES (1, 0)")]),
        ]

    /// Adds one to the counter and answers with the new value.
    @Sendable static func count(_ tx: Transaction) throws -> [UInt8] {
        try tx.run("UPDATE counter SET value = value + 1 WHERE id = 1")
        return Array(String(try tx.number("SELECT value FROM counter WHERE id = 1")).utf8)
    }

    static func value(_ database: Database) async throws -> Int64 {
        try await database.read { try $0.number("SELECT value FROM counter WHERE id = 1") }
    }

    @Test(arguments: TestEngine.available)
    func `a repeated request is answered again`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let first = try await commands.perform(
                actor: 1, key: "k", fingerprint: [1], status: 201, Self.count)
            let second = try await commands.perform(
                actor: 1, key: "k", fingerprint: [1], status: 201, Self.count)
            #expect(first == StoredAnswer(status: 201, body: Array("1".utf8)))
            #expect(second == StoredAnswer(status: 201, body: first.body, isReplayed: true))
            let other = try await commands.perform(
                actor: 2, key: "k", fingerprint: [1], status: 201, Self.count)
            #expect(other.body == Array("2".utf8))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a key belongs to one request`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            _ = try await commands.perform(
                actor: 1, key: "k", fingerprint: [1], status: 201, Self.count)
            await #expect(throws: Problem.idempotencyKeyReused) {
                try await commands.perform(
                    actor: 1, key: "k", fingerprint: [2], status: 201, Self.count)
            }
            let value1 = try await Self.value(database)
            #expect(value1 == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `many at once have one effect`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let answers = try await withThrowingTaskGroup(of: StoredAnswer.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await commands.perform(
                            actor: 1, key: "k", fingerprint: [1], status: 200, Self.count)
                    }
                }
                return try await group.reduce(into: [StoredAnswer]()) { $0.append($1) }
            }
            #expect(Set(answers.map(\.body)) == [Array("1".utf8)])
            #expect(answers.filter { !$0.isReplayed }.count == 1)
            let value2 = try await Self.value(database)
            #expect(value2 == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refusal is frozen under its key`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let refusal = Problem(
                .conflict, "insufficient-funds", parameters: ["shortfall": .money(2_000)])
            await #expect(throws: refusal) {
                try await commands.perform(actor: 1, key: "k", fingerprint: [1], status: 201) {
                    tx in
                    _ = try Self.count(tx)
                    throw refusal
                }
            }
            let value3 = try await Self.value(database)
            #expect(value3 == 0)
            // The state has changed since, the answer has not.
            await #expect(throws: ReplayedProblem(problem: refusal)) {
                try await commands.perform(
                    actor: 1, key: "k", fingerprint: [1], status: 201, Self.count)
            }
            let value4 = try await Self.value(database)
            #expect(value4 == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refusal that keeps its writes is frozen too`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let refusal = Problem.rule("wrong-payment-password")
            for expected in [refusal as any Error, ReplayedProblem(problem: refusal)] {
                let thrown = await #expect(throws: (any Error).self) {
                    try await commands.perform(actor: 1, key: "k", fingerprint: [1], status: 201) {
                        tx in
                        _ = try Self.count(tx)
                        throw tx.refuse(refusal)
                    }
                }
                #expect(thrown.map { "\($0)" } == "\(expected)")
            }
            let value5 = try await Self.value(database)
            #expect(value5 == 1)
        }
    }

    /// Its writes and its key are one transaction: between the two nobody may run it again.
    @Test(arguments: TestEngine.available)
    func `a refusal that keeps its writes keeps them once, however many ask`(engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let refusal = Problem.conflict("price-changed")
            let ends = await withTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        do {
                            _ = try await commands.perform(
                                actor: 1, key: "k", fingerprint: [1], status: 201
                            ) { tx in
                                _ = try Self.count(tx)
                                throw tx.refuse(refusal)
                            }
                            return "answered"
                        } catch let problem as Problem {
                            return problem.code
                        } catch {
                            return error is ReplayedProblem ? "replayed" : "\(error)"
                        }
                    }
                }
                return await group.reduce(into: [String]()) { $0.append($1) }
            }
            #expect(ends.filter { $0 == "price-changed" }.count == 1)
            #expect(ends.filter { $0 == "replayed" }.count == 19)
            let value = try await Self.value(database)
            #expect(value == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what did not happen uses up no key`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            for failure in [Problem.unavailable(), Problem.unreadable, Problem.outcomeUnknown] {
                await #expect(throws: failure) {
                    try await commands.perform(
                        actor: 1, key: "k", fingerprint: [1], status: 201
                    ) { _ in throw failure }
                }
            }
            let answer = try await commands.perform(
                actor: 1, key: "k", fingerprint: [1], status: 201, Self.count)
            #expect(!answer.isReplayed)
        }
    }

    /// A refusal and an effect race for one key: whoever is stored first is the answer for both.
    @Test(arguments: TestEngine.available)
    func `a refusal gives way to an answer`(engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: Self.migrations) { database in
            let commands = IdempotentCommands(database: database)
            let open = Flag()
            let answers = await withTaskGroup(of: String.self) { group in
                for _ in 0..<10 {
                    group.addTask {
                        do {
                            let answer = try await commands.perform(
                                actor: 1, key: "k", fingerprint: [1], status: 201
                            ) { tx in
                                // The first to come is refused, as if it had been too early.
                                let isOpen = open.raise()
                                guard isOpen else { throw Problem.conflict("too-early") }
                                return try Self.count(tx)
                            }
                            return String(decoding: answer.body, as: UTF8.self)
                        } catch {
                            return Problem(expected: error)?.code ?? "\(error)"
                        }
                    }
                }
                return await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(answers.count == 1)
            #expect(answers.isSubset(of: ["1", "too-early"]))
            let value = try await Self.value(database)
            #expect(value == (answers == ["1"] ? 1 : 0))
        }
    }
}

/// Something that is up once it has been raised.
private final class Flag: Sendable {
    private let isUp = Atomic(false)

    /// - Returns: whether it was up already.
    func raise() -> Bool { isUp.exchange(true, ordering: .relaxed) }
}
