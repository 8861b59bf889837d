import Basics
import Ledger
import Money
import Scheduling
import Store

extension Payments {
    /// Promises to give back part of what an intent received, and queues the refund at its gateway.
    ///
    /// The business has locked its object and posted the debt to `liability:refunds-payable`.
    /// - Throws: `refund-exceeds-payment` if more would go back than came.
    package func refund(
        intent: ID<PaymentIntent>, amount: Amount, reason: String, in tx: Transaction
    ) throws -> ID<PaymentRefund> {
        guard
            let paid = try tx.attempts(of: intent).first(where: { $0.disposition == .settled }),
            let attempt = try tx.lockAttempt(paid.id)
        else { throw Problem.refundExceedsPayment }
        return try requestRefund(
            of: attempt, amount: amount, reason: reason, origin: .business, in: tx)
    }

    /// Reserves the refund under the attempt's lock: all refunds together never exceed what came. One
    /// that its gateway refuses is still owed, so it counts too.
    @discardableResult
    func requestRefund(
        of attempt: Locked<PaymentAttempt>, amount: Amount, reason: String,
        origin: PaymentRefund.Origin, in tx: Transaction
    ) throws -> ID<PaymentRefund> {
        let promised = try tx.refunds(of: attempt.id).map(\.amount).total()
        guard try promised.adding(amount) <= attempt.received ?? attempt.amount else {
            throw Problem.refundExceedsPayment
        }
        let refund = PaymentRefund(
            id: .make(), attemptID: attempt.id, amount: amount, reason: reason, origin: origin,
            status: .requested, detail: nil, createdAt: tx.now, settledAt: nil)
        try tx.insert(refund)
        try tx.schedule("payment-refund", refund.id.description, at: tx.now)
        return refund.id
    }

    /// Sends a refund, or finds out what became of it; always under the same number.
    func sendRefund(_ id: ID<PaymentRefund>) async throws {
        let found = try await database.read { snapshot in
            try snapshot.refund(id).flatMap { refund in
                try snapshot.attempt(refund.attemptID).map { (refund, $0) }
            }
        }
        guard let (refund, attempt) = found, refund.status.isUnderWay else { return }
        // A gateway that is not set up now may be again after the next start.
        guard let gateway = gateways[attempt.gateway] else {
            throw Reschedule(
                after: Self.patience(since: refund.createdAt, at: database.clock.now))
        }
        let result = await gateway.refund(attempt, refund)
        let wait = try await database.write { [self] tx -> Duration? in
            guard var attempt = try tx.lockAttempt(attempt.id), var refund = try tx.lockRefund(id),
                refund.status.isUnderWay
            else { return nil }
            try settle(&refund, as: result, of: &attempt, in: tx)
            return refund.value.nextQuestion(at: tx.now)
        }
        if let wait { throw Reschedule(after: wait) }
    }

    /// Applies what a gateway says about a refund that was under way.
    func settle(
        _ refund: inout Locked<PaymentRefund>, as result: Gateway.RefundResult,
        of attempt: inout Locked<PaymentAttempt>, in tx: Transaction
    ) throws {
        refund.detail = nil
        switch result {
        case .succeeded:
            refund.status = .succeeded
            refund.settledAt = tx.now
            try tx.post(refundPaidJournal(refund.value, gateway: attempt.gateway))
        case .processing:
            refund.status = .submitted
        case .refused(let why):
            refund.status = .failed
            refund.detail = why
            try matchConsoleRefund(&refund, of: attempt, in: tx)
        case .abnormal(let why):
            refund.status = .abnormal
            refund.detail = why
        case .unknown(let why):
            refund.status = .unknown
            refund.detail = why
        }
        try tx.save(refund)
        // What was told of others while this one was under way can be told apart from it now.
        try bookForeignRefund(of: attempt, number: nil, in: tx)
    }
}

extension PaymentRefund {
    /// When its gateway is asked again: soon, and more and more rarely while nobody can tell or the
    /// gateway says that it is at it. nil if a person or nobody decides now.
    fileprivate func nextQuestion(at now: Instant) -> Duration? {
        switch status {
        case .unknown: Payments.patience(since: createdAt, at: now)
        case .requested, .submitted: min(max(now - createdAt, .seconds(15)), .hours(1))
        case .succeeded, .failed, .abnormal, .credited: nil
        }
    }
}
