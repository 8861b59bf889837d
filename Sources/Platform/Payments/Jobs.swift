import Basics
import Scheduling
import Store

extension Payments {
    var jobs: [JobHandler] {
        [
            .task("payment-poll") { [self] job in try await poll(job) },
            .task(
                "payment-refund", backOff: BackOff(first: .seconds(3), cap: .minutes(30))
            ) { [self] job in
                guard let id = ID<PaymentRefund>(job.key) else { return }
                try await sendRefund(id)
            },
        ]
    }

    /// Asks about an attempt whose gateway has not told; when nothing can be on its way any more,
    /// closes it.
    private func poll(_ job: JobContext) async throws {
        guard let id = ID<PaymentAttempt>(job.key),
            let attempt = try await database.read({ try $0.attempt(id) }),
            attempt.status.isUnsettled
        else { return }
        let over = database.clock.now >= attempt.pollEnd
        switch try await resolve(id, close: over || attempt.status == .closing) {
        case .paid, .closed: return
        case .waiting, .closing, .unknown:
            let round = (Int(job.payload) ?? 0) + 1
            try await database.write { tx in try tx.schedulePoll(of: attempt, round: round) }
        }
    }
}
