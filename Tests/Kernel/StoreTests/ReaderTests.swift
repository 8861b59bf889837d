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
}
