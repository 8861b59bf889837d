import Basics
import Scheduling
import ServiceLifecycle
import Store
import Synchronization
import TestKit
import Testing

/// Tasks, and the worker as a service.
@Suite struct TaskTests {
    /// What tasks did, seen from outside.
    final class Log: Sendable {
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }
        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    @Test(arguments: TestEngine.available)
    func `a task runs until it succeeds, and a poll asks for more`(_ engine: TestEngine)
        async throws
    {
        struct Away: Error {}
        let time = TestClock()
        let log = Log()
        let handler = JobHandler.task("ask") { job in
            log.add("\(job.key) \(job.payload) \(job.attempt)")
            switch job.attempt {
            case 1: throw Away()
            case 2: throw Reschedule(after: .seconds(30))
            default: break
            }
        }
        try await withDatabase(engine, migrations: schedulingMigrations, clock: time.clock) { db in
            try await db.write { tx in try tx.schedule("ask", "q", at: tx.now, payload: "p") }
            let worker = JobWorker(database: db, handlers: [handler], logger: .silent)
            try await worker.runDue()
            time.advance(by: .seconds(2))
            try await worker.runDue()
            #expect(try await db.read { try $0.openJob("ask", "q")?.lastError } == nil)
            time.advance(by: .seconds(29))
            #expect(try await worker.runDue() == 0)
            time.advance(by: .seconds(2))
            try await worker.runDue()
            #expect(log.all == ["q p 1", "q p 2", "q p 3"])
            #expect(try await db.read { try $0.openJob("ask", "q") } == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a task that is scheduled again while it runs runs again`(_ engine: TestEngine)
        async throws
    {
        try await withDatabase(engine, migrations: schedulingMigrations) { db in
            let log = Log()
            let handler = JobHandler.task("ask") { job in
                log.add(job.payload)
                guard job.payload == "old" else { return }
                try await db.write { tx in
                    try tx.schedule(job.kind, job.key, at: tx.now, payload: "new")
                }
            }
            try await db.write { tx in try tx.schedule("ask", "q", at: tx.now, payload: "old") }
            try await JobWorker(database: db, handlers: [handler]).runDue()
            #expect(log.all == ["old", "new"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `moving the clock does not start a running task twice`(_ engine: TestEngine) async throws {
        let time = TestClock()
        try await withDatabase(engine, migrations: schedulingMigrations, clock: time.clock) { db in
            let log = Log()
            let handler = JobHandler.task("ask") { job in
                log.add(job.key)
                time.advance(by: .hours(1))
                try await Task.sleep(for: .milliseconds(100))
            }
            try await db.write { tx in try tx.schedule("ask", "q", at: tx.now) }
            let worker = JobWorker(database: db, handlers: [handler])
            async let first = worker.runDue()
            async let second = worker.runDue()
            #expect(try await first + second == 1)
            #expect(log.all == ["q"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `of two workers one has a task`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: schedulingMigrations) { db in
            let log = Log()
            let handler = JobHandler.task("ask") { job in
                log.add(job.key)
                try await Task.sleep(for: .milliseconds(50))
            }
            let keys = (10..<30).map { "q\($0)" }
            try await db.write { tx in
                for key in keys { try tx.schedule("ask", key, at: tx.now) }
            }
            let workers = (0..<2).map { _ in JobWorker(database: db, handlers: [handler]) }
            async let first = workers[0].runDue()
            async let second = workers[1].runDue()
            #expect(try await first + second == keys.count)
            #expect(log.all.sorted() == keys)
        }
    }

    @Test(arguments: TestEngine.available)
    func `the service is woken by a commit and ends gracefully`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: schedulingMigrations) { db in
            let log = Log()
            let handler = JobHandler.task("ask") { job in
                log.add("\(job.key) began")
                try await Task.sleep(for: .milliseconds(200))
                log.add("\(job.key) ended")
            }
            let worker = JobWorker(database: db, handlers: [handler])
            let group = ServiceGroup(services: [worker], logger: .silent)
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await group.run() }
                try await Task.sleep(for: .milliseconds(50))
                try await db.write { tx in try tx.schedule("ask", "q", at: tx.now) }
                while log.all.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
            // What was running was let finish, and is done.
            #expect(log.all == ["q began", "q ended"])
            #expect(try await db.read { try $0.openJob("ask", "q") } == nil)
        }
    }
}
