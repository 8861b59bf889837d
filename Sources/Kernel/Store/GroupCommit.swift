import Foundation
import Logging

/// A connection that writes, as the group commit drives it.
protocol WritingConnection: Connection {
    /// - Parameter shared: whether several bodies wait for this transaction when it begins.
    /// - Returns: whether somebody else may have written since the last one.
    func begin(shared: Bool) throws -> Bool
    /// Whether bodies that nobody knew of when the transaction began may share it.
    var isOpenToOthers: Bool { get }
    /// From here on `undoBody` goes back to this place, if the body is guarded or has not written.
    func beginBody(guarded: Bool) throws
    func endBody() throws
    /// Takes back what the body wrote.
    /// - Returns: false if that takes the whole transaction.
    func undoBody() throws -> Bool
    func commit() throws
    func rollback()
    /// Stops the process if the disk can no longer be trusted; called before anybody is told about
    /// a failed batch.
    func checkAfterFailure(_ logger: Logger)
}

extension WritingConnection {
    func checkAfterFailure(_ logger: Logger) {}
}

/// Runs many bodies in one transaction and commits once, so that they share the wait for the disk
/// and write what they have in common once. Who comes while they run joins them: a commit that waited
/// for the next one would be paid for twice.
///
/// Bodies are not guarded from each other at first. When one fails after it has written, the whole
/// batch is rolled back and run again, each body behind a savepoint; and so are the next few, since
/// failures come in swarms. A body may be run again: that is its contract.
final class GroupCommit {
    private let connection: any WritingConnection
    private let caches = RowCaches()
    private let timekeeper: Timekeeper
    private let meter: WorkloadMeter
    private let news: NewsBoard
    private let logger: Logger
    /// How many batches are still to be guarded from the start.
    private var guardedBatches = 0

    /// How long others are let in after the first body of a batch has run.
    private let openTime: Duration

    private static let attempts = 20

    /// - Parameter openTime: about what a commit costs on PostgreSQL. When it was twice that, one lane
    ///   did there one by one what two could have done at once.
    init(
        connection: any WritingConnection, timekeeper: Timekeeper, meter: WorkloadMeter,
        news: NewsBoard, logger: Logger, openTime: Duration = .milliseconds(5)
    ) {
        self.openTime = openTime
        self.connection = connection
        self.timekeeper = timekeeper
        self.meter = meter
        self.news = news
        self.logger = logger
    }

    /// What became of a body.
    private enum Ending {
        /// With what is to be called when it is durable.
        case done(answer: () -> Void)
        case failed(any Error)
    }

    /// One body's failure takes the others with it unless they are guarded.
    private struct NeedsGuard: Error {}

    /// The only body of a batch has failed.
    private struct LoneFailure: Error { let error: any Error }

    /// The commit met something that one of the bodies left, and it cannot be told which.
    private struct NeedsSeparation: Error {}

    /// Runs the bodies, commits, and answers all.
    /// - Parameters:
    ///   - most: how many may share a commit.
    ///   - joining: gives bodies that have come while others ran, as many as there is room for.
    /// - Returns: whether they could share one transaction.
    @discardableResult
    func run(
        _ first: [any PendingWrite], most: Int = 1,
        joining: (_ room: Int) -> [any PendingWrite] = { _ in [] }
    ) -> Bool {
        var batch = first
        // Who comes while a batch is run again does not wait for what went wrong in it.
        var most = most
        var attempt = 0
        while true {
            do {
                defer { most = batch.count }
                let endings = try commitOnce(
                    &batch, most: most, guarded: guardedBatches > 0, joining)
                guardedBatches = max(0, guardedBatches - 1)
                answer(batch, endings)
                return true
            } catch let failure as LoneFailure {
                batch[0].failed(failure.error)
                return true
            } catch is NeedsGuard where guardedBatches == 0 {
                guardedBatches = 8
            } catch is RetryTransaction where attempt < Self.attempts {
                guard batch.count == 1 else { return runSingly(batch) }
                attempt += 1
                // Two bodies that met once would meet again: wait a little, each its own time.
                usleep(UInt32.random(in: 0..<UInt32(1_000 * attempt)))
            } catch is NeedsSeparation {
                return runSingly(batch)
            } catch {
                abandon(batch, error)
                return false
            }
        }
    }

    private func runSingly(_ batch: [any PendingWrite]) -> Bool {
        for body in batch { run([body]) }
        return false
    }

    private func answer(_ batch: [any PendingWrite], _ endings: [Ending]) {
        meter.committed(
            bodies: endings.count { if case .done = $0 { true } else { false } })
        // Failures are answered after the commit too: what they report may rest on a neighbour.
        for (body, ending) in zip(batch, endings) {
            switch ending {
            case .done(let answer): answer()
            case .failed(let error): body.failed(error)
            }
        }
    }

    private func abandon(_ batch: [any PendingWrite], _ error: any Error) {
        logger.error("a batch could not be committed", metadata: ["error": "\(error)"])
        let answer: any Error =
            switch error {
            case is NeedsGuard, is RetryTransaction: StoreError.unavailable("too many conflicts")
            case StoreError.unavailable, StoreError.outcomeUnknown: error
            case _ where batch.count > 1: StoreError.unavailable("\(error)")
            default: error
            }
        for body in batch { body.failed(answer) }
    }

    /// One transaction with all bodies in it. Throws with nothing done.
    /// - Parameter batch: grows by who has joined.
    /// - Returns: what became of each, in their order.
    private func commitOnce(
        _ batch: inout [any PendingWrite], most: Int, guarded: Bool,
        _ joining: (_ room: Int) -> [any PendingWrite]
    ) throws -> [Ending] {
        do {
            if try connection.begin(shared: batch.count > 1) { caches.forget() }
            var end = ContinuousClock.now
            var endings: [Ending] = []
            endings.reserveCapacity(2 * batch.count)
            while endings.count < batch.count {
                endings.append(
                    try run(
                        batch[endings.count], guarded: guarded && batch.count > 1,
                        alone: batch.count == 1))
                // Not from the beginning: the first body also waits for its turn, on PostgreSQL.
                if endings.count == 1 { end = .now + openTime }
                guard endings.count == batch.count, batch.count < most,
                    connection.isOpenToOthers, .now < end
                else { continue }
                batch += joining(most - batch.count)
            }
            do {
                try caches.flush(
                    into: Transaction(
                        now: timekeeper.next(), connection: connection, caches: caches,
                        news: news))
                try connection.commit()
            } catch let error where isBodys(error) {
                if batch.count == 1 { throw LoneFailure(error: error) }
                if guarded { throw NeedsSeparation() }
                throw NeedsGuard()
            }
            caches.committed()
            return endings
        } catch {
            connection.checkAfterFailure(logger)
            connection.rollback()
            caches.undo()
            throw error
        }
    }

    /// Whether an error says something about a body, and not about the database.
    private func isBodys(_ error: any Error) -> Bool {
        switch error {
        case is RetryTransaction, StoreError.unavailable, StoreError.outcomeUnknown: false
        default: true
        }
    }

    /// Runs one body so that its failure does not touch its neighbours.
    /// - Returns: that it has failed only if it has left no trace.
    private func run(_ body: any PendingWrite, guarded: Bool, alone: Bool) throws -> Ending {
        let tx = Transaction(
            now: timekeeper.next(), connection: connection, caches: caches, news: news)
        caches.beginBody()
        let start = ContinuousClock.now
        let answer: () -> Void
        do {
            try connection.beginBody(guarded: guarded)
            answer = try body.run(in: tx)
            try connection.endBody()
        } catch let error as RetryTransaction {
            throw error
        } catch {
            guard try connection.undoBody() else {
                throw alone ? LoneFailure(error: error) : guarded ? error : NeedsGuard()
            }
            caches.undoBody()
            return .failed(error)
        }
        let spent = ContinuousClock.now - start
        if spent > .milliseconds(10) {
            logger.debug("slow transaction body", metadata: ["took": "\(spent)"])
        }
        return .done(answer: answer)
    }
}
