import Basics
import Dispatch
import Store
import TestKit
import Testing

/// Readers have a snapshot each, and wait for nobody who writes.
@Suite struct ReaderTests {
    @Test(arguments: TestEngine.available)
    func `a reader is answered while a writer is at work`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: ContractTests.schema) { db async throws in
            let (started, finish) = (AsyncStream<Void>.makeStream(), DispatchSemaphore(value: 0))
            async let waited: DispatchTimeoutResult = db.write { tx in
                try tx.run("INSERT INTO thing (id, name) VALUES (\(Int64(1)), \("x"))")
                started.continuation.finish()
                return finish.wait(timeout: .now() + .seconds(30))
            }
            for await _ in started.stream {}
            let seen = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
            finish.signal()
            #expect(seen == 0)
            #expect(try await waited == .success)
            let later = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
            #expect(later == 1)
        }
    }

    /// On SQLite a read runs on the thread that asks; what reads much must have another.
    @Test(arguments: TestEngine.available)
    func `who asks for little does not wait for surveys`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: ContractTests.schema) { db async throws in
            let (started, finish) = (AsyncStream<Void>.makeStream(), DispatchSemaphore(value: 0))
            let surveys = Database.Options().surveyors
            try await withThrowingTaskGroup(of: DispatchTimeoutResult.self) { group in
                for _ in 0..<surveys {
                    group.addTask {
                        try await db.survey { _ in
                            started.continuation.yield()
                            return finish.wait(timeout: .now() + .seconds(30))
                        }
                    }
                }
                var running = started.stream.makeAsyncIterator()
                for _ in 0..<surveys { await running.next() }
                for _ in 0..<20 {
                    _ = try await db.read { try $0.number("SELECT COUNT(*) FROM thing") }
                }
                for _ in 0..<surveys { finish.signal() }
                for try await waited in group { #expect(waited == .success) }
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `more readers than connections are all answered`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: ContractTests.schema) { db async throws in
            let sum = try await withThrowingTaskGroup(of: Int64.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try await db.read { try $0.number("SELECT \(Int64(number))") }
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(sum == 199 * 200 / 2)
        }
    }
}
