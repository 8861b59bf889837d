import Basics
import Ledger
import Scheduling
import Store
import Web

extension Payments {
    /// Sends a refund that its gateway has refused, or cannot bring to its payer, once more, under the
    /// same number: should the gateway have paid it after all, it says so now.
    /// - Throws: `not-found`, `refund-not-failed`.
    func retryRefund(_ id: ID<PaymentRefund>, in tx: Transaction) throws -> PaymentRefund {
        var refund = try lockFailedRefund(id, in: tx)
        // An abnormal one is known there, and is asked about before it is sent.
        refund.status = refund.status == .abnormal ? .submitted : .requested
        try tx.save(refund)
        try tx.schedule("payment-refund", id.description, at: tx.now)
        return refund.value
    }

    /// Gives a refund that its gateway refuses to the payer as balance instead.
    /// - Throws: `not-found`, `refund-not-failed`.
    func creditRefund(_ id: ID<PaymentRefund>, by actor: ID<Member>, in tx: Transaction) throws
        -> PaymentRefund
    {
        var refund = try lockFailedRefund(id, in: tx)
        guard let attempt = try tx.attempt(refund.attemptID),
            let intent = try tx.intent(attempt.intentID)
        else { throw Problem.notFound }
        refund.status = .credited
        refund.settledAt = tx.now
        try tx.save(refund)
        try tx.post(refundCreditedJournal(refund.value, to: intent.member, actor: actor))
        return refund.value
    }

    private func lockFailedRefund(_ id: ID<PaymentRefund>, in tx: Transaction) throws
        -> Locked<PaymentRefund>
    {
        guard let refund = try tx.lockRefund(id) else { throw Problem.notFound }
        guard refund.status.isRefused else { throw Problem.refundNotFailed }
        return refund
    }
}
