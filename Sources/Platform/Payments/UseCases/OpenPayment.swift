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
    /// - Throws: `payment-in-progress`, and what `check` refuses.
    package func open(
        _ demand: Demand, gateway: String, channel: String, payer: PayerContext = PayerContext(),
        in tx: Transaction
    ) throws -> Payment {
        let (gateway, way, payer) = try opening(
            demand, gateway: gateway, channel: channel, payer: payer, in: tx)
        let intent = try tx.openIntent(demand)
        try intent.requireOpen()
        let others = try tx.attempts(of: intent.id)
        guard !others.contains(where: { $0.status.isLive }) else {
            throw Problem.paymentInProgress
        }
        let attempt = PaymentAttempt(
            id: .make(), intentID: intent.id, gateway: gateway.name, channel: channel,
            amount: demand.amount, outTradeNo: PaymentAttempt.newOutTradeNo(),
            status: way.isCall ? .created : .submitted, disposition: nil, tradeNo: nil,
            received: nil, createdAt: tx.now, timeExpire: demand.expiresAt, payer: payer)
        try tx.insert(attempt)
        try tx.schedulePoll(of: attempt, round: 0)
        return Payment(intent: intent, attempt: attempt)
    }

    /// Finds everything that `open` would refuse, but for attempts that live: nothing is closed for a
    /// try that cannot be opened.
    /// - Throws: `gateway-not-available`, `channel-not-available`, `payer-address-unknown`,
    ///   `wechat-account-missing`, `already-paid`, `payment-in-review`.
    package func check(
        _ demand: Demand, gateway: String, channel: String, payer: PayerContext, in tx: Transaction
    ) throws {
        _ = try opening(demand, gateway: gateway, channel: channel, payer: payer, in: tx)
        try tx.intent(purpose: demand.purpose, subject: demand.subject)?.requireOpen()
    }

    private func opening(
        _ demand: Demand, gateway: String, channel: String, payer: PayerContext, in tx: Transaction
    ) throws -> (Gateway, Gateway.Channel, PayerContext) {
        let (gateway, way) = try self.gateway(gateway, channel: channel)
        let payer = try self.payer(payer, of: demand.member, for: way, at: gateway, in: tx)
        return (gateway, way, payer)
    }

    /// What this channel needs to know of a payer, and no more: it is personal.
    private func payer(
        _ told: PayerContext, of member: ID<Member>, for channel: Gateway.Channel,
        at gateway: Gateway, in tx: Transaction
    ) throws -> PayerContext {
        switch channel.need {
        case nil: return PayerContext()
        case .address:
            guard let address = told.address else { throw Problem.payerAddressUnknown }
            return PayerContext(address: address)
        case .account:
            guard let account = try payerAccounts(gateway.name, member, tx) else {
                throw Problem.wechatAccountMissing.at("/channel")
            }
            return PayerContext(account: account)
        }
    }
}

extension PaymentIntent {
    fileprivate func requireOpen() throws(Problem) {
        switch status {
        case .open: return
        case .needsReview: throw .paymentInReview
        case .succeeded, .ended: throw .alreadyPaid
        }
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
            id: .of(demand.subject), purpose: demand.purpose, subject: demand.subject,
            member: demand.member, title: demand.title, amount: demand.amount, status: .open,
            createdAt: now, expiresAt: demand.expiresAt)
        try insert(intent)
        return intent
    }
}
