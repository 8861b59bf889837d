import Basics
import Ledger
import Money
import Store
import Web

/// A member puts money into the wallet through a gateway. It is its own payment intent.
package struct TopUp: Entity, Sendable {
    package static let prefix = "top"

    package enum Status: String, Codable, CaseIterable, Sendable {
        case pending, paid, expired
    }

    /// How long the payer has.
    static let period = Duration.minutes(30)
    /// Fen; the operator's limit for one top-up.
    static let largest = Amount(10_000_000)
}

extension TopUp.Status {
    init(_ intent: PaymentIntent, now: Instant) {
        switch intent.status {
        case .succeeded: self = .paid
        case .ended: self = .expired
        case .open, .needsReview: self = .pending
        }
    }
}

/// Top-ups as Payments sees any business.
struct TopUpPurpose: PaymentPurpose {
    let name = "top-up"

    func id(_ subject: Int64) -> String { ID<TopUp>(rawValue: subject).description }
    func page(_ subject: Int64) -> String { "/wallet/top-ups/\(id(subject))" }

    /// A top-up is nothing but its intent, which Payments locks itself.
    func lock(_ subject: Int64, in tx: Transaction) throws {}

    /// The member wanted the money in the wallet and that is where late money is welcome too. What
    /// comes for a frozen wallet goes back to its payer.
    func accepts(_ payment: Payment, in tx: Transaction) throws -> Bool {
        let isWanted = payment.intent.status == .open || payment.intent.status == .ended
        return try isWanted && !tx.isFrozen(.available(payment.intent.member))
    }

    func settle(_ payment: Payment, in tx: Transaction) throws {
        try tx.post(topUpJournal(payment))
    }

    func attemptEnded(_ payment: Payment, in tx: Transaction) throws {
        guard var intent = try tx.lockIntent(payment.intent.id), intent.status == .open else {
            return
        }
        intent.status = .ended
        try tx.save(intent)
    }
}

extension Payments {
    /// Starts a top-up.
    /// - Throws: `amount-not-positive`, `top-up-too-large`, and what `open` refuses.
    func topUp(
        _ amount: Amount, gateway: String, channel: String, by member: ID<Member>, title: String,
        payer: PayerContext = PayerContext(), in tx: Transaction
    ) throws -> Payment {
        guard amount.isPositive else { throw Problem.rule("amount-not-positive", "/amount") }
        guard amount <= TopUp.largest else { throw Problem.topUpTooLarge.at("/amount") }
        let demand = Demand(
            purpose: "top-up", subject: ID<TopUp>.make().rawValue, member: member, title: title,
            amount: amount, expiresAt: tx.now + TopUp.period)
        return try open(demand, gateway: gateway, channel: channel, payer: payer, in: tx)
    }
}
