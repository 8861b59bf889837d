import Basics
import Logging
import Scheduling
import ServiceLifecycle
import Store
import Synchronization
import TestKit
import Testing

/// Jobs on both engines: effects once, retries, time, restarts.
@Suite struct JobTests {
    /// A table whose rows are the effects of timers.
    static let migrations =
        schedulingMigrations + [
            Migration("effects", [.table("effect", "job_key TEXT NOT NULL,\nat BIGINT NOT NULL")])
        ]

    static let recording = JobHandler.timer("record") { tx, job in
        try tx.run("INSERT INTO effect (job_key, at) VALUES (\(job.key), \(tx.now))")
    }

    static func effects(_ database: Database) async throws -> [String] {
        try await database.read { snapshot in
            try snapshot.rows("SELECT job_key FROM effect ORDER BY job_key") {
                try $0[0] as String
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a timer takes effect once under two workers`(_ engine: TestEngine) async throws {
        let time = TestClock()
        try await withDatabase(engine, migrations: Self.migrations, clock: time.clock) { db in
            let keys = (10..<60).map { "k\($0)" }
            try await db.write { tx in
                for key in keys { try tx.schedule("record", key, at: tx.now) }
            }
            let workers = (0..<2).map { _ in JobWorker(database: db, handlers: [Self.recording]) }
            async let first = workers[0].runDue()
            async let second = workers[1].runDue()
            #expect(try await first + second == keys.count)
            #expect(try await Self.effects(db) == keys)
            #expect(try await workers[0].runDue() == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `nothing runs before it is due`(_ engine: TestEngine) async throws {
        let time = TestClock()
        try await withDatabase(engine, migrations: Self.migrations, clock: time.clock) { db in
            let due = time.now + .minutes(15)
            try await db.write { tx in try tx.schedule("record", "order", at: due) }
            let worker = JobWorker(database: db, handlers: [Self.recording])
            #expect(try await worker.runDue() == 0)
            time.advance(by: .minutes(15) + .seconds(1))
            // A restart: another worker finds what the first left.
            let later = JobWorker(database: db, handlers: [Self.recording])
            #expect(try await later.runDue() == 1)
            #expect(try await Self.effects(db) == ["order"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a job survives closing and opening the database`(_ engine: TestEngine) async throws {
        let place = try await TestPlace.make(engine, migrations: Self.migrations)
        let before = try place.open()
        try await before.write { tx in
            try tx.schedule("record", "survivor", at: tx.now, payload: "p")
        }
        await before.close()
        let after = try place.open()
        #expect(try await after.read { try $0.openJob("record", "survivor")?.payload } == "p")
        #expect(try await JobWorker(database: after, handlers: [Self.recording]).runDue() == 1)
        #expect(try await after.read { try $0.openJob("record", "survivor") } == nil)
        await after.close()
        try await place.remove()
    }

    @Test(arguments: TestEngine.available)
    func `scheduling again moves the job, unscheduling takes it back`(_ engine: TestEngine)
        async throws
    {
        let time = TestClock()
        try await withDatabase(engine, migrations: Self.migrations, clock: time.clock) { db in
            let (soon, later) = (time.now + .seconds(10), time.now + .seconds(20))
            try await db.write { tx in
                try tx.schedule("record", "moved", at: soon)
                try tx.schedule("record", "moved", at: later)
                try tx.scheduleUnlessOpen("record", "moved", at: soon)
                try tx.schedule("record", "gone", at: soon)
                try tx.unschedule("record", "gone")
                try tx.unschedule("record", "never there")
            }
            let worker = JobWorker(database: db, handlers: [Self.recording])
            time.advance(by: .seconds(11))
            #expect(try await worker.runDue() == 0)
            time.advance(by: .seconds(10))
            #expect(try await worker.runDue() == 1)
            // Done is done: the same key may be scheduled again.
            try await db.write { tx in try tx.schedule("record", "moved", at: tx.now) }
            #expect(try await worker.runDue() == 1)
            #expect(try await Self.effects(db) == ["moved", "moved"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a failing timer leaves nothing and backs off`(_ engine: TestEngine) async throws {
        struct Broken: Error {}
        let time = TestClock()
        let broken = Mutex(true)
        let handler = JobHandler.timer(
            "record", backOff: BackOff(first: .seconds(10), cap: .seconds(15))
        ) { tx, job in
            try tx.run("INSERT INTO effect (job_key, at) VALUES (\(job.key), \(tx.now))")
            if broken.withLock({ $0 }) { throw Broken() }
        }
        try await withDatabase(engine, migrations: Self.migrations, clock: time.clock) { db in
            try await db.write { tx in try tx.schedule("record", "a", at: tx.now) }
            let worker = JobWorker(database: db, handlers: [handler], logger: .silent)
            #expect(try await worker.runDue() == 1)
            #expect(try await Self.effects(db) == [])
            let failed = try await db.read { try $0.openJob("record", "a") }
            #expect(failed?.attempts == 1)
            #expect(failed?.lastError == "Broken()")
            time.advance(by: .seconds(9))
            #expect(try await worker.runDue() == 0)
            time.advance(by: .seconds(2))
            #expect(try await worker.runDue() == 1)
            broken.withLock { $0 = false }
            time.advance(by: .seconds(14))
            #expect(try await worker.runDue() == 0)
            time.advance(by: .seconds(2))
            #expect(try await worker.runDue() == 1)
            #expect(try await Self.effects(db) == ["a"])
        }
    }

    @Test func `back-off doubles up to its cap`() {
        let backOff = BackOff(first: .seconds(1), cap: .minutes(10))
        #expect(
            [1, 2, 3, 4, 10, 11, 1_000].map { backOff.delay(afterAttempt: $0) }
                == [1, 2, 4, 8, 512, 600, 600].map { .seconds($0) })
    }

    @Test(arguments: TestEngine.available)
    func `jobs that are scheduled for now by jobs run as well`(_ engine: TestEngine) async throws {
        let chain = JobHandler.timer("record") { tx, job in
            try tx.run("INSERT INTO effect (job_key, at) VALUES (\(job.key), \(tx.now))")
            if job.key.count < 5 { try tx.schedule("record", job.key + "x", at: tx.now) }
        }
        try await withDatabase(engine, migrations: Self.migrations) { db in
            try await db.write { tx in try tx.schedule("record", "x", at: tx.now) }
            #expect(try await JobWorker(database: db, handlers: [chain]).runDue() == 5)
            #expect(try await Self.effects(db).map(\.count) == [1, 2, 3, 4, 5])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a timer may schedule itself again, take itself back, or refuse`(_ engine: TestEngine)
        async throws
    {
        let time = TestClock()
        let handler = JobHandler.timer("record") { tx, job in
            try tx.run("INSERT INTO effect (job_key, at) VALUES (\(job.key), \(tx.now))")
            switch job.key {
            case "again": try tx.schedule(job.kind, job.key, at: tx.now + .hours(1))
            case "unscheduled": try tx.unschedule(job.kind, job.key)
            default: throw tx.refuse(.conflict("too-late"))
            }
        }
        try await withDatabase(engine, migrations: Self.migrations, clock: time.clock) { db in
            try await db.write { tx in
                for key in ["again", "refused", "unscheduled"] {
                    try tx.schedule("record", key, at: tx.now)
                }
            }
            let worker = JobWorker(database: db, handlers: [handler])
            #expect(try await worker.runDue() == 3)
            #expect(try await Self.effects(db) == ["again", "refused", "unscheduled"])
            time.advance(by: .hours(1) + .seconds(1))
            #expect(try await worker.runDue() == 1)
        }
    }
}
