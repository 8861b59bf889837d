import Basics
import Money
import Store
import Web

/// A try to pay, as it is shown.
package struct PaymentView: Codable, Sendable {
    package var id: ID<PaymentAttempt>
    package var status: PaymentAttempt.Status
    package var gateway: String
    package var channel: String
    package var amount: Amount
    package var outTradeNo: String
    /// nil when there is nothing for the payer to do.
    package var action: PaymentAction?
    /// Why there is no action although the payment is open.
    package var actionProblem: ActionProblem?

    package init(_ attempt: PaymentAttempt, action: PaymentAction? = nil) {
        id = attempt.id
        status = attempt.status
        gateway = attempt.gateway
        channel = attempt.channel
        amount = attempt.amount
        outTradeNo = attempt.outTradeNo
        self.action = action
    }
}

/// A top-up as it is shown.
package struct TopUpView: Codable, Sendable {
    package var id: ID<TopUp>
    package var status: TopUp.Status
    package var currency: String
    package var amount: Amount
    package var createdAt: Instant
    package var expiresAt: Instant
    package var payment: PaymentView?

    init(_ intent: PaymentIntent, _ attempt: PaymentAttempt?, now: Instant) {
        id = ID(rawValue: intent.subject)
        status = TopUp.Status(intent, now: now)
        currency = Currency.cny.code
        amount = intent.amount
        createdAt = intent.createdAt
        expiresAt = intent.expiresAt
        payment = attempt.map { PaymentView($0) }
    }
}

/// A member's money: what can be spent and what is promised.
package struct WalletView: Codable, Sendable {
    package var currency: String
    package var available: Amount
    package var held: Amount
}
