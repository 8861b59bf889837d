import Basics
import Ledger
import Money
import Scheduling
import Store

/// What a gateway says about money that arrived, from a notify, a query or a bill; verified.
package struct Receipt: Sendable, Hashable {
    package var gateway: String
    package var outTradeNo: String
    package var tradeNo: String
    package var amount: Amount
}

package enum ReceiptOutcome: String, Sendable, Hashable {
    case settled, late, duplicate
    case alreadyKnown = "already-known"
    case needsReview = "needs-review"
    case unknownTrade = "unknown-trade"
    /// All of it had gone back before we learned of it.
    case cameAndWent = "came-and-went"
}

extension Payments {
    /// The one path on which an attempt becomes paid, for notify, poll and return page alike.
    ///
    /// The same receipt any number of times, in any order, at once: one effect. Money is never
    /// refused here; what nobody waits for is booked as owed and sent back.
    /// - Parameter returned: the number of the refund by which all of it has gone back already.
    func receive(_ receipt: Receipt, returnedAs returned: String? = nil, in tx: Transaction) throws
        -> ReceiptOutcome
    {
        guard
            let known = try tx.attempt(gateway: receipt.gateway, outTradeNo: receipt.outTradeNo),
            let foundIntent = try tx.intent(known.intentID)
        else { return .unknownTrade }
        let purpose = try purpose(of: foundIntent)
        try purpose.lock(foundIntent.subject, in: tx)
        guard var intent = try tx.lockIntent(foundIntent.id),
            var attempt = try tx.lockAttempt(known.id)
        else { return .unknownTrade }

        if attempt.status == .paid || attempt.status == .needsReview {
            // Paid once is paid; that the gateway now names another sum is for a person to look at.
            let isAtOdds = attempt.status == .paid && receipt.amount != attempt.amount
            return isAtOdds ? .needsReview : .alreadyKnown
        }
        attempt.tradeNo = receipt.tradeNo
        try tx.unschedulePoll(of: attempt.value)
        try tx.notePaid(attempt.id)

        guard receipt.amount == attempt.amount else {
            attempt.status = .needsReview
            attempt.received = receipt.amount
            if intent.status == .open { intent.status = .needsReview }
            try tx.save(attempt)
            try tx.save(intent)
            if receipt.amount.isPositive {
                try tx.post(suspenseJournal(attempt.value, received: receipt.amount))
            }
            return .needsReview
        }

        attempt.status = .paid
        let payment = Payment(intent: intent.value, attempt: attempt.value)
        if let returned {
            try passThrough(&attempt, as: returned, in: tx)
            try purpose.attemptEnded(payment, in: tx)
            return .cameAndWent
        }
        if intent.status == .succeeded {
            return try giveBack(&attempt, as: .duplicate, in: tx)
        }
        guard try purpose.accepts(payment, in: tx) else {
            return try giveBack(&attempt, as: .late, in: tx)
        }
        attempt.disposition = .settled
        intent.status = .succeeded
        try tx.save(attempt)
        try tx.save(intent)
        try purpose.settle(Payment(intent: intent.value, attempt: attempt.value), in: tx)
        return .settled
    }

    /// Books what came and has gone back, for which nobody gets anything and nobody is owed anything.
    /// The business waits on, should it be paid another time.
    private func passThrough(
        _ attempt: inout Locked<PaymentAttempt>, as number: String, in tx: Transaction
    ) throws {
        attempt.disposition = .late
        attempt.refundedTotal = attempt.amount
        try tx.save(attempt)
        try tx.post(unappliedJournal(attempt.value))
        let refund = PaymentRefund(
            id: .make(), attemptID: attempt.id, amount: attempt.amount,
            reason: "made at the gateway", origin: .late, status: .succeeded, detail: nil,
            createdAt: tx.now, settledAt: tx.now, foreignNumber: number)
        try tx.insert(refund)
        try tx.post(refundPaidJournal(refund, gateway: attempt.gateway))
    }

    /// Books money that nobody waits for as owed to its payer, and sends it back.
    private func giveBack(
        _ attempt: inout Locked<PaymentAttempt>, as disposition: PaymentAttempt.Disposition,
        in tx: Transaction
    ) throws -> ReceiptOutcome {
        attempt.disposition = disposition
        try tx.save(attempt)
        try tx.post(unappliedJournal(attempt.value))
        let late = disposition == .late
        try requestRefund(
            of: attempt, amount: attempt.amount, reason: late ? "late payment" : "paid twice",
            origin: late ? .late : .duplicate, in: tx)
        return late ? .late : .duplicate
    }
}
