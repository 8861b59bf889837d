import Basics
import Ledger
import Money
import Store
import Web

extension Payments {
    /// Sends a payment of the wrong amount back to its payer.
    /// - Throws: `not-found`, `payment-not-in-review`.
    func returnReceipt(_ id: ID<PaymentAttempt>, in tx: Transaction) throws -> PaymentAttempt {
        try decide(id, .returned, in: tx) { attempt, received, _ in
            try requestRefund(
                of: attempt, amount: received, reason: "wrong amount", origin: .review, in: tx)
        }
    }

    /// Puts a payment of the wrong amount into its payer's balance.
    /// - Throws: `not-found`, `payment-not-in-review`.
    func creditReceipt(_ id: ID<PaymentAttempt>, by actor: ID<Member>, in tx: Transaction) throws
        -> PaymentAttempt
    {
        try decide(id, .credited, in: tx) { attempt, received, intent in
            try tx.post(
                receiptCreditedJournal(
                    attempt.value, received: received, to: intent.member, actor: actor))
        }
    }

    /// Afterwards the business object can be paid again, if it still waits for that. What somebody has
    /// sent back at the gateway's console meanwhile is moved no second time.
    private func decide(
        _ id: ID<PaymentAttempt>, _ disposition: PaymentAttempt.Disposition, in tx: Transaction,
        _ move: (Locked<PaymentAttempt>, Amount, PaymentIntent) throws -> Void
    ) throws -> PaymentAttempt {
        guard let known = try tx.attempt(id), let found = try tx.intent(known.intentID) else {
            throw Problem.notFound
        }
        let purpose = try purpose(of: found)
        try purpose.lock(found.subject, in: tx)
        guard var intent = try tx.lockIntent(found.id), var attempt = try tx.lockAttempt(id) else {
            throw Problem.notFound
        }
        guard attempt.status == .needsReview, attempt.disposition == nil,
            let received = attempt.received
        else { throw Problem.paymentNotInReview }
        attempt.disposition = disposition
        try tx.save(attempt)
        let gone = min(try tx.foreignRefunds(of: id), received)
        if gone.isPositive { try tx.post(receiptGoneJournal(attempt.value, gone)) }
        // A gateway may say that it took nothing at all: then there is nothing to move either.
        let left = try received.subtracting(gone)
        if left.isPositive { try move(attempt, left, intent.value) }
        if intent.status == .needsReview {
            let payment = Payment(intent: intent.value, attempt: attempt.value)
            intent.status = try purpose.accepts(payment, in: tx) ? .open : .ended
            try tx.save(intent)
        }
        return attempt.value
    }
}

extension Snapshot {
    /// What was given back of a payment without anybody here having asked for it.
    fileprivate func foreignRefunds(of attempt: ID<PaymentAttempt>) throws -> Amount {
        try refunds(of: attempt).filter { $0.origin == .gateway && $0.status == .succeeded }
            .map(\.amount).total()
    }
}
