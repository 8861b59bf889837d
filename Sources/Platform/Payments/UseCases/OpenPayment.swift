import Basics
import Money
import Scheduling
import Store
import Web

extension Payments {
    /// What is to be paid, by whom, until when.
    package struct Demand: Sendable {
        package var purpose: String
        package var subject: Int64
        package var member: ID<Member>
        package var title: String
        package var amount: Amount
        package var expiresAt: Instant

        package init(
            purpose: String, subject: Int64, member: ID<Member>, title: String, amount: Amount,
            expiresAt: Instant
        ) {
            self.purpose = purpose
            self.subject = subject
            self.member = member
            self.title = title
            self.amount = amount
            self.expiresAt = expiresAt
        }
    }

    /// Opens a try to pay at a gateway. The attempt is stored before anybody is sent anywhere:
    /// gateways are faster than commits.
    ///
    /// The business object must be locked. Live attempts of the same intent must have been closed
    /// first (`resolve`), otherwise `payment-in-progress`.
    /// - Throws: `gateway-not-available`, `channel-not-available`, `payment-in-progress`,
    ///   `already-paid`.
    package func open(_ demand: Demand, gateway: String, channel: String, in tx: Transaction) throws
        -> Payment
    {
        let gateway = try self.gateway(gateway, channel: channel)
        let intent = try tx.openIntent(demand)
        if intent.status != .open { throw Problem.alreadyPaid }
        let others = try tx.attempts(of: intent.id)
        guard !others.contains(where: { $0.status.isLive }) else {
            throw Problem.paymentInProgress
        }
        let attempt = PaymentAttempt(
            id: .make(), intentID: intent.id, gateway: gateway.name, channel: channel,
            amount: demand.amount, outTradeNo: PaymentAttempt.newOutTradeNo(), status: .submitted,
            disposition: nil, tradeNo: nil, received: nil, createdAt: tx.now,
            timeExpire: demand.expiresAt)
        try tx.insert(attempt)
        try tx.schedulePoll(of: attempt, round: 0)
        return Payment(intent: intent, attempt: attempt)
    }
}

extension Transaction {
    /// The intent of a business object; a second try to pay finds the first one's.
    fileprivate func openIntent(_ demand: Payments.Demand) throws -> PaymentIntent {
        if let known = try intent(purpose: demand.purpose, subject: demand.subject),
            let locked = try lockIntent(known.id)
        {
            return locked.value
        }
        let intent = PaymentIntent(
            id: ID(rawValue: demand.subject), purpose: demand.purpose, subject: demand.subject,
            member: demand.member, title: demand.title, amount: demand.amount, status: .open,
            createdAt: now, expiresAt: demand.expiresAt)
        try insert(intent)
        return intent
    }
}
