import Basics
import Foundation
import Logging
import Synchronization
import TestKit
import Testing

@testable import Store

/// Who comes while the bodies of a batch run shares their commit.
@Suite struct JoiningTests {
    /// Says what was asked of it, and writes nothing.
    private final class Recorder: WritingConnection {
        var events: [String] = []
        /// What the next commits fail with.
        var failures: [any Error] = []
        var isOpenToOthers = true
        private var hasSavepoint = false

        let lockingClause: SQL? = nil
        static let isOnlyWriter = true
        func execute(_ sql: SQL) throws -> Outcome { Outcome() }
        func enqueue(_ sql: SQL, ifTwice twice: (() -> any Error)?) throws {}
        func begin(shared: Bool) throws -> Bool {
            events.append("begin")
            return false
        }
        func beginBody(guarded: Bool) {
            hasSavepoint = guarded
            if guarded { events.append("guard") }
        }
        func endBody() {}
        func undoBody() -> Bool { hasSavepoint }
        func commit() throws {
            events.append("commit")
            if let failure = failures.popLast() { throw failure }
        }
        func rollback() { events.append("rollback") }
    }

    private struct Failure: Error {}

    private final class Body: PendingWrite, @unchecked Sendable {
        // Safe because one thread uses it.
        private let name: String
        private let recorder: Recorder
        private let work: () throws -> Void

        init(_ name: String, _ recorder: Recorder, _ work: @escaping () throws -> Void = {}) {
            (self.name, self.recorder, self.work) = (name, recorder, work)
        }

        func run(in tx: Transaction) throws -> () -> Void {
            recorder.events.append(name)
            try work()
            return { [name, recorder] in recorder.events.append("\(name) done") }
        }

        func failed(_ error: any Error) { recorder.events.append("\(name) failed") }
    }

    private let recorder = Recorder()

    private func body(_ name: String, _ work: @escaping () throws -> Void = {}) -> Body {
        Body(name, recorder, work)
    }

    private func commits(openTime: Duration = .seconds(3_600)) -> GroupCommit {
        GroupCommit(
            connection: recorder, timekeeper: Timekeeper(clock: Clock()), meter: WorkloadMeter(),
            news: NewsBoard(hasOthers: false), logger: .silent, openTime: openTime)
    }

    /// Runs a batch that others join, in their order, one at a time.
    private func run(_ first: [Body], others: [Body], by commits: GroupCommit? = nil) {
        var waiting = others
        (commits ?? self.commits()).run(first, most: 8) { _ in
            waiting.isEmpty ? [] : [waiting.removeFirst()]
        }
    }

    @Test func `they join until nobody comes, and are answered after the one commit`() {
        run([body("a")], others: [body("b"), body("c")])
        #expect(
            recorder.events == ["begin", "a", "b", "c", "commit", "a done", "b done", "c done"])
    }

    @Test func `no more than there is room for`() {
        var rooms: [Int] = []
        commits().run([body("a")], most: 3) {
            rooms.append($0)
            return [body("b")]
        }
        #expect(recorder.events.prefix(5) == ["begin", "a", "b", "b", "commit"])
        #expect(rooms == [2, 1])
    }

    @Test func `not after a while, so that the first need not wait for ever`() {
        run([body("a")], others: [body("b")], by: commits(openTime: .zero))
        #expect(recorder.events == ["begin", "a", "commit", "a done"])
    }

    @Test func `nobody joins a transaction that began for one alone`() {
        recorder.isOpenToOthers = false
        run([body("a")], others: [body("b")])
        #expect(recorder.events == ["begin", "a", "commit", "a done"])
    }

    @Test func `who has joined and fails takes nobody with it`() {
        run([body("a")], others: [body("b") { throw Failure() }, body("c")])
        #expect(
            recorder.events == [
                "begin", "a", "b", "rollback",
                // Nobody else is let in: those who come do not wait for what went wrong here.
                "begin", "guard", "a", "guard", "b", "commit", "a done", "b failed",
            ])
    }

    @Test func `who was alone when it failed fails alone`() {
        run([body("a") { throw Failure() }], others: [body("b")])
        #expect(recorder.events == ["begin", "a", "rollback", "a failed"])
    }

    @Test func `after a failure those who join one that runs unguarded are guarded`() {
        let commits = commits()
        run([body("a"), body("b") { throw Failure() }], others: [], by: commits)
        recorder.events = []
        run([body("c")], others: [body("d") { throw Failure() }, body("e")], by: commits)
        #expect(
            recorder.events == [
                "begin", "c", "guard", "d", "guard", "e", "commit", "c done", "d failed", "e done",
            ])
    }

    @Test func `a commit that a row of somebody fails is made for each by itself`() {
        recorder.failures = [Failure(), Failure(), Failure()]
        run([body("a")], others: [body("b")])
        #expect(
            recorder.events == [
                "begin", "a", "b", "commit", "rollback",
                "begin", "guard", "a", "guard", "b", "commit", "rollback",
                "begin", "a", "commit", "rollback", "a failed",
                "begin", "b", "commit", "b done",
            ])
    }

    @Test func `those who meet others' locks run one by one, and nobody joins them`() {
        recorder.failures = [RetryTransaction()]
        run([body("a")], others: [body("b"), body("c")])
        #expect(
            recorder.events == [
                "begin", "a", "b", "c", "commit", "rollback", "begin", "a", "commit", "a done",
                "begin", "b", "commit", "b done", "begin", "c", "commit", "c done",
            ])
    }

    @Test func `all who have joined hear that the database is away`() {
        recorder.failures = [StoreError.unavailable("no disk")]
        run([body("a")], others: [body("b")])
        #expect(
            recorder.events == ["begin", "a", "b", "commit", "rollback", "a failed", "b failed"])
    }

    @Test func `a queue gives who is at work what has come, and no more than wanted`() {
        let queue = WorkQueue<Int>(limit: 4)
        #expect(queue.join(most: 9) == [])
        for number in 1...4 { #expect(queue.push(number)) }
        #expect(!queue.push(5))
        #expect(queue.drain(most: 1) == [1])
        #expect(queue.join(most: 2) == [2, 3])
        queue.close()
        #expect(queue.join(most: 2) == [4])
        #expect(queue.drain(most: 9, isBack: true) == [])
    }

    /// That others are in the queue cannot be seen by the body that waits for them. So it gives them
    /// time, and is tried until it was enough.
    @Test(.timeLimit(.minutes(5)), arguments: TestEngine.available)
    func `both engines take in who comes`(_ engine: TestEngine) async throws {
        let place = try await TestPlace.make(engine, migrations: CommitTests.migrations)
        var options = Database.Options()
        options.lanes = 1
        let database = try Database.open(place.location, clock: Clock(), options: options)
        var hasJoined = false
        for _ in 0..<200 where !hasJoined {
            let before = database.workload
            try await callFour(database)
            let seen = database.workload.since(before)
            #expect(seen.bodies == 4)
            // One alone, on PostgreSQL, and three together. Without joining the fourth, who comes when
            // the second has begun, would have a commit of its own.
            hasJoined = seen.commits <= 2
        }
        #expect(hasJoined)
        await database.close()
        try await place.remove()
    }

    /// The first has two others called while it runs, and one of them a fourth.
    private func callFour(_ database: Database) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let (calls, caller) = AsyncStream.makeStream(of: Int.self)
            @Sendable func body(_ number: Int) async throws {
                do {
                    try await database.write { tx in
                        try tx.run("UPDATE entry SET id = id WHERE id = \(number)")
                        let others = number == 1 ? [2, 3] : number == 2 ? [4] : []
                        for other in others { caller.yield(other) }
                        if !others.isEmpty { usleep(3_000) }
                    }
                    if number == 2 { caller.finish() }
                } catch {
                    caller.finish()
                    throw error
                }
            }
            group.addTask { try await body(1) }
            for await number in calls { group.addTask { try await body(number) } }
            try await group.waitForAll()
        }
    }
}
