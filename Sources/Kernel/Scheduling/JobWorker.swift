import Basics
import Logging
import ServiceLifecycle
import Store
import Synchronization

/// Runs jobs when they are due. Any number of workers, on any number of nodes, share a database.
package final class JobWorker: Service {
    private static let pollInterval = Duration.milliseconds(250)
    private static let keepDone = Duration.days(7)

    private let database: Database
    private let handlers: [String: JobHandler]
    private let kinds: [String]
    private let width: Int
    private let logger: Logger
    /// What this worker is running. Leases alone would not do: moving the clock lets them lapse.
    private let running = Mutex<Set<ID<Job>>>([])
    private let nextPruning = Mutex(Instant(seconds: 0))

    /// - Parameter width: how many jobs run at the same time.
    package init(
        database: Database, handlers: [JobHandler], width: Int = 8,
        logger: Logger = Logger(label: "kontor.jobs")
    ) {
        self.database = database
        self.handlers = Dictionary(uniqueKeysWithValues: handlers.map { ($0.kind, $0) })
        kinds = handlers.map(\.kind).sorted()
        self.width = width
        self.logger = logger
    }

    /// Works until a graceful shutdown, then lets what is running finish.
    package func run() async throws {
        // A SQLite database belongs to one process: leases in it are of a process that died.
        if database.engineName == "sqlite" {
            try await database.write { tx in try tx.releaseAllLeases() }
        }
        let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let listener = JobBell.shared.listen { wake.yield() }
        defer { JobBell.shared.stopListening(listener) }
        async let _: Void = Self.poll(wake)
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await _ in wakes {
                    for lease in await takeDueOrLog() {
                        group.addTask {
                            await self.perform(lease)
                            wake.yield()
                        }
                    }
                    await pruneSometimes()
                }
            }
        } onGracefulShutdown: {
            wake.finish()
        }
    }

    private static func poll(_ wake: AsyncStream<Void>.Continuation) async {
        repeat {
            wake.yield()
            try? await Task.sleep(for: pollInterval)
        } while !Task.isCancelled
    }

    /// Runs everything that is due, and what becomes due by that, until nothing is due; also waits
    /// for what another worker is running. The sandbox's clock and tests use it.
    /// - Returns: how many jobs were run here.
    @discardableResult
    package func runDue(limit: Int = 10_000) async throws -> Int {
        var count = 0
        var quietRounds = 0
        while count < limit, quietRounds < 1_000 {
            let due = try await database.read { [kinds] in try $0.dueJobs(kinds, limit: 64) }
            if due.isEmpty { break }
            let leases = try await take(due)
            await withDiscardingTaskGroup { group in
                for lease in leases { group.addTask { await self.perform(lease) } }
            }
            count += leases.count
            quietRounds = leases.isEmpty ? quietRounds + 1 : 0
            if leases.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        }
        return count
    }

    private func takeDueOrLog() async -> [Lease] {
        do {
            // As many more as are running, which may stand first in the list.
            let due = try await database.read { [kinds, width] in
                try $0.dueJobs(kinds, limit: width * 2)
            }
            return try await take(due)
        } catch {
            logger.warning("cannot take jobs", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// Leases as many jobs as there is room for, if any of `due` seems free: looking is cheaper than
    /// locking.
    private func take(_ due: [Job]) async throws -> [Lease] {
        let now = database.clock.now
        let running = running.withLock { $0 }
        let room = width - running.count
        guard room > 0, due.contains(where: { $0.leaseUntil <= now && !running.contains($0.id) })
        else { return [] }
        return try await database.write { [self] tx in
            // Looked at in here: what another call has taken since may be running already, and a clock
            // that was moved makes its lease look old.
            let leases = try tx.claimDue(
                kinds, limit: room, except: self.running.withLock { $0 })
            tx.afterCommit {
                self.running.withLock { $0.formUnion(leases.map(\.job.id)) }
            }
            return leases
        }
    }

    private func perform(_ lease: Lease) async {
        defer { _ = running.withLock { $0.remove(lease.job.id) } }
        if let handler = handlers[lease.job.kind] { await perform(lease, handler) }
    }

    private func perform(_ lease: Lease, _ handler: JobHandler) async {
        let job = lease.job
        let context = JobContext(
            kind: job.kind, key: job.key, payload: job.payload, dueAt: job.dueAt,
            attempt: job.attempts + 1)
        do {
            do {
                switch handler.work {
                case .timer(let apply): try await fire(apply, lease, context)
                case .task(let run): try await carryOut(run, lease, context)
                }
            } catch let pause as Reschedule {
                try await postpone(lease, by: pause.after, error: nil)
            } catch is LeaseLost {
                logger.notice("another worker took a job over", metadata: metadata(context))
            } catch {
                logger.warning(
                    "a job failed and will be tried again",
                    metadata: metadata(context, error: error))
                try await postpone(
                    lease, by: handler.backOff.delay(afterAttempt: context.attempt),
                    error: String("\(error)".prefix(500)))
            }
        } catch {
            // The lease will lapse, and then somebody tries again.
            logger.error("a job could not be ended", metadata: metadata(context, error: error))
        }
    }

    private func fire(
        _ apply: @escaping @Sendable (Transaction, JobContext) throws -> Void, _ lease: Lease,
        _ context: JobContext
    ) async throws {
        try await database.write { tx in
            guard try tx.holds(lease) else {
                _ = try tx.letGo(lease)
                return
            }
            do {
                try apply(tx, context)
            } catch is Refusal {
                // Its writes stay: that is an answer, and the job is done.
            }
            // The business rows are locked by now and the job comes last, as in every use case.
            // Whoever scheduled it anew meanwhile has been serialized with `apply` by those locks.
            guard try tx.finish(lease) else { throw LeaseLost() }
        }
    }

    private func carryOut(
        _ run: @escaping @Sendable (JobContext) async throws -> Void, _ lease: Lease,
        _ context: JobContext
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await run(context) }
            group.addTask { [database] in
                while true {
                    try await Task.sleep(for: Lease.duration / 3)
                    try? await database.write { tx in try tx.renew(lease) }
                }
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        _ = try await database.write { tx in try tx.finish(lease) }
    }

    private func postpone(_ lease: Lease, by delay: Duration, error: String?) async throws {
        try await database.write { tx in
            try tx.postpone(lease, until: tx.now + delay, error: error)
        }
    }

    /// Finished jobs are kept for a week, to be looked at.
    private func pruneSometimes() async {
        let now = database.clock.now
        let isDue = nextPruning.withLock { next in
            defer { if next <= now { next = now + .hours(1) } }
            return next <= now
        }
        guard isDue else { return }
        let slice = 500
        var deleted = slice
        while deleted == slice {
            deleted =
                (try? await database.write { tx in
                    try tx.pruneJobs(doneBefore: tx.now - Self.keepDone, atMost: slice)
                }) ?? 0
        }
    }

    private func metadata(_ job: JobContext, error: (any Error)? = nil) -> Logger.Metadata {
        var metadata: Logger.Metadata = [
            "job.kind": "\(job.kind)", "job.key": "\(job.key)", "job.attempt": "\(job.attempt)",
        ]
        if let error { metadata["error"] = "\(error)" }
        return metadata
    }
}

/// A timer's lease lapsed while it ran: what it wrote is undone.
private struct LeaseLost: Error {}
