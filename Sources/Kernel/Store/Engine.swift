import Basics
import Foundation
import Synchronization

/// What a database is behind `Database`: two of them exist.
protocol Engine: Sendable {
    var name: String { get }
    func submit(_ body: any PendingWrite)
    func submitRead(_ body: any PendingReading)
    /// As `submitRead`, never on the caller's thread.
    func submitSurvey(_ body: any PendingReading)
    func render(_ step: DDL) -> [SQL]
    /// Keeps two nodes from migrating at once.
    var migrationLock: SQL? { get }
    var workload: Workload { get }
    var news: NewsBoard { get }
    func close() async
}

/// `now` for bodies: the clock, but never at or before what was given out last.
final class Timekeeper: Sendable {
    private let clock: Clock
    private let last = Atomic<Int64>(0)

    init(clock: Clock) { self.clock = clock }

    func next() -> Instant {
        var current = last.load(ordering: .relaxed)
        while true {
            let next = max(clock.now.microseconds, current + 1)
            let (done, seen) = last.compareExchange(
                expected: current, desired: next, ordering: .relaxed)
            if done { return Instant(microseconds: next) }
            current = seen
        }
    }

    func raise(above instant: Instant) {
        var current = last.load(ordering: .relaxed)
        while current < instant.microseconds {
            let (done, seen) = last.compareExchange(
                expected: current, desired: instant.microseconds, ordering: .relaxed)
            if done { return }
            current = seen
        }
    }
}

/// Where somebody waits for an answer, which is given once: a second one stops the program. A checked
/// continuation sees to that too, but asks at every turn what type it answers with, which cost a release
/// as much as waking who waits.
final class Answer<Value: Sendable>: @unchecked Sendable {
    // Safe because whoever has the work to do has this, one thread at a time.
    private var continuation: UnsafeContinuation<Value, any Error>?

    init(_ continuation: UnsafeContinuation<Value, any Error>) { self.continuation = continuation }

    func give(_ result: Result<Value, any Error>) {
        guard let continuation else { fatalError("a second answer") }
        self.continuation = nil
        continuation.resume(with: result)
    }
}

func withAnswer<Value: Sendable>(_ body: (Answer<Value>) -> Void) async throws -> Value {
    try await withUnsafeThrowingContinuation { body(Answer($0)) }
}

/// A writing body that waits for its turn and its commit, with its type rubbed off.
protocol PendingWrite: AnyObject, Sendable {
    /// Runs the body, as often as need be. Of all that this has returned and `failed`, one is called, once.
    /// - Returns: what answers with what it returned or refused, when its writes are durable.
    /// - Throws: what must undo the body's writes.
    func run(in tx: Transaction) throws -> () -> Void
    func failed(_ error: any Error)
}

final class PendingBody<Value: Sendable>: PendingWrite {
    private let body: @Sendable (Transaction) throws -> Value
    private let answer: Answer<Value>

    init(
        body: @escaping @Sendable (Transaction) throws -> Value,
        answer: Answer<Value>
    ) {
        self.body = body
        self.answer = answer
    }

    func run(in tx: Transaction) throws -> () -> Void {
        let give: () -> Void
        do {
            let value = try body(tx)
            give = { [answer] in answer.give(.success(value)) }
        } catch let refusal as Refusal {
            give = { [answer] in answer.give(.failure(refusal.problem)) }
        }
        if let failure = tx.failure { throw failure }
        let hooks = tx.hooks
        if hooks.isEmpty { return give }
        return {
            for hook in hooks { hook() }
            give()
        }
    }

    func failed(_ error: any Error) { answer.give(.failure(error)) }
}

/// A reading body that waits for a reader.
protocol PendingReading: AnyObject, Sendable {
    func run(in snapshot: Snapshot)
    func failed(_ error: any Error)
}

final class PendingRead<Value: Sendable>: PendingReading {
    private let body: @Sendable (Snapshot) throws -> Value
    private let answer: Answer<Value>

    init(
        body: @escaping @Sendable (Snapshot) throws -> Value,
        answer: Answer<Value>
    ) {
        self.body = body
        self.answer = answer
    }

    func run(in snapshot: Snapshot) {
        answer.give(Result { try body(snapshot) })
    }

    func failed(_ error: any Error) { answer.give(.failure(error)) }
}

/// A bounded queue on which threads, not tasks, wait: the connections are synchronous.
final class WorkQueue<Work: Sendable>: @unchecked Sendable {
    // Safe because every access to the variables holds `condition`.
    private let condition = NSCondition()
    private var items: [Work] = []
    /// When the oldest item came, or when the last was taken from before it.
    private var oldest = ContinuousClock.now
    private var waiting = 0
    /// Whether one of those who wait watches over work that has come, until its patience ends.
    private var isWatched = false
    private var busy = 0
    private var closed = false
    private let limit: Int
    private let patience: Duration

    /// - Parameter patience: how long work waits for each thread that is already at work before
    ///   another thread takes it.
    init(limit: Int, patience: Duration = .zero) {
        self.limit = limit
        self.patience = patience
    }

    /// - Returns: false if the queue is full or closed.
    func push(_ work: Work) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        guard !closed, items.count < limit else { return false }
        if items.isEmpty { oldest = .now }
        items.append(work)
        // Waking is dear, and who works looks again before it waits. With patience, one thread
        // watches over what waits, unless nobody is at work.
        let wantsNobody = patience > .zero && (items.count > 1 || (isWatched && busy > 0))
        if waiting > 0 && !wantsNobody { condition.signal() }
        return true
    }

    /// Everything that is queued, at most `most`, waiting only while there is nothing; empty when
    /// the queue was closed.
    /// - Parameter isBack: whether the thread has done what it took last.
    func drain(most: Int, isBack: Bool = false) -> [Work] {
        condition.lock()
        defer { condition.unlock() }
        if isBack { busy -= 1 }
        while true {
            let delay = patience * busy - (ContinuousClock.now - oldest)
            if !items.isEmpty && (delay <= .zero || closed) {
                busy += 1
                return take(most)
            }
            if items.isEmpty && closed { return [] }
            waiting += 1
            if items.isEmpty {
                condition.wait()
            } else {
                isWatched = true
                _ = condition.wait(until: Date(timeIntervalSinceNow: delay / .seconds(1)))
                isWatched = false
            }
            waiting -= 1
        }
    }

    /// What has come meanwhile, at most `most`, for a thread that is at work and has room for more.
    func join(most: Int) -> [Work] {
        condition.lock()
        defer { condition.unlock() }
        return items.isEmpty ? [] : take(most)
    }

    private func take(_ most: Int) -> [Work] {
        var taken: [Work] = []
        if items.count <= most {
            swap(&taken, &items)
        } else {
            taken = Array(items.prefix(most))
            items.removeFirst(most)
            oldest = .now
            if patience > .zero && waiting > 0 { condition.signal() }
        }
        return taken
    }

    func close() {
        condition.lock()
        closed = true
        condition.broadcast()
        condition.unlock()
    }
}

/// Starts a thread and tells when it has ended.
func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) -> ThreadEnd {
    let end = ThreadEnd()
    let thread = Thread {
        body()
        end.signal()
    }
    thread.name = name
    thread.stackSize = 2 << 20
    thread.start()
    return end
}

/// A latch that tasks can wait for.
final class ThreadEnd: Sendable {
    private let state = Mutex<(ended: Bool, waiting: [CheckedContinuation<Void, Never>])>(
        (false, []))

    func signal() {
        let waiting = state.withLock { state in
            state.ended = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let ended = state.withLock { state in
                if !state.ended { state.waiting.append(continuation) }
                return state.ended
            }
            if ended { continuation.resume() }
        }
    }
}
