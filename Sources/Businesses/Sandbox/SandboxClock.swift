import Basics
import Scheduling
import Store
import Synchronization

/// The clock of the whole installation, which can be moved forward. How far it is ahead is a row, so
/// that a restart finds it where it was and other nodes follow.
package struct SandboxClock: Sendable {
    private static let pollInterval = Duration.seconds(1)

    let database: Database
    private let hand: ClockHand
    private let worker = LateWorker()

    init(database: Database) {
        self.database = database
        hand = ClockHand(clock: database.clock)
    }

    /// Tells the clock who runs jobs; they hold handlers of all modules, this one's included, so the
    /// worker is made after the modules.
    package func connect(_ worker: JobWorker) { self.worker.set(worker) }

    /// Puts this node's clock where the row says.
    package func follow() async throws {
        let offset = try await database.read { try $0.clockOffset() }
        hand.raise(to: offset)
    }

    /// Follows the row until the task is cancelled: another node may move it.
    package func keepFollowing() async {
        while !Task.isCancelled {
            // A database that is away is somebody else's worry; the next look will do.
            try? await follow()
            try? await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Moves the row; the clock moves when that is durable.
    func advance(by microseconds: Int64, in tx: Transaction) throws -> Int64 {
        try tx.advanceClock(by: microseconds)
        let offset = try tx.clockOffset()
        tx.afterCommit { [hand] in hand.raise(to: offset) }
        return offset
    }

    /// Runs everything that is due by now.
    func runDueJobs() async throws {
        guard let worker = worker.get() else {
            throw StoreError.unavailable("no job worker is connected to the sandbox")
        }
        try await worker.runDue()
    }
}

/// Only ever turned forward, whoever turns it: a late look at the row must not turn it back.
private final class ClockHand: Sendable {
    private let clock: Clock
    private let turning = Mutex(())

    init(clock: Clock) { self.clock = clock }

    func raise(to microseconds: Int64) {
        turning.withLock { _ in
            if clock.offsetMicroseconds < microseconds {
                clock.setOffset(microseconds: microseconds)
            }
        }
    }
}

private final class LateWorker: Sendable {
    private let worker = Mutex<JobWorker?>(nil)

    func set(_ worker: JobWorker) { self.worker.withLock { $0 = worker } }
    func get() -> JobWorker? { worker.withLock { $0 } }
}
