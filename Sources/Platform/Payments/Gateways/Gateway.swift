import Basics
import Money

/// A payment gateway, as four questions and what its payers have to do. Every answer to a question is
/// a value: what cannot be known is `unknown`, and nothing throws but `action`.
package struct Gateway: Sendable {
    /// One of the ways to pay there.
    package struct Channel: Sendable, Hashable, ExpressibleByStringLiteral {
        /// What a payer has to bring along.
        package enum Need: Sendable { case address, account }

        package let name: String
        /// Whether the action is the gateway's answer to a call. If not it is made here, at any time
        /// the same for the same attempt.
        package let isCall: Bool
        package let need: Need?

        package init(_ name: String, isCall: Bool = false, need: Need? = nil) {
            self.name = name
            self.isCall = isCall
            self.need = need
        }

        package init(stringLiteral name: String) { self.init(name) }
    }

    package enum TradeState: Sendable, Hashable {
        case waiting
        /// No payer has opened the cashier yet, or no call has got through: the gateway knows no trade.
        case notExist
        case paid(tradeNo: String, amount: Amount)
        case closed
        case unknown(String)
    }

    package enum CloseResult: Sendable, Hashable {
        case closed, notExist, paid
        case unknown(String)
    }

    package enum RefundResult: Sendable, Hashable {
        case succeeded
        /// Accepted, and not done yet.
        case processing
        case refused(String)
        /// Accepted, and it cannot reach its payer: a person must find another way.
        case abnormal(String)
        case unknown(String)
    }

    package let name: String
    package let channels: [Channel]
    /// What the payer has to do. Throws `ActionFailure`.
    package let action: @Sendable (Payment, PayerContext) async throws -> PaymentAction
    package let query: @Sendable (PaymentAttempt) async -> TradeState
    package let close: @Sendable (PaymentAttempt) async -> CloseResult
    package let refund: @Sendable (PaymentAttempt, PaymentRefund) async -> RefundResult
    /// What it did for us on one of its days.
    package let bill: @Sendable (CalendarDate) async -> BillResult

    package init(
        name: String, channels: [Channel],
        action: @escaping @Sendable (Payment, PayerContext) async throws -> PaymentAction,
        query: @escaping @Sendable (PaymentAttempt) async -> TradeState,
        close: @escaping @Sendable (PaymentAttempt) async -> CloseResult,
        refund: @escaping @Sendable (PaymentAttempt, PaymentRefund) async -> RefundResult,
        bill: @escaping @Sendable (CalendarDate) async -> BillResult
    ) {
        self.name = name
        self.channels = channels
        self.action = action
        self.query = query
        self.close = close
        self.refund = refund
        self.bill = bill
    }

    func channel(_ name: String) -> Channel? { channels.first { $0.name == name } }
}

/// Why a gateway gave nothing for the payer to do. The texts are the gateway's, for operators.
package enum ActionFailure: Error, Hashable, Sendable {
    /// Nobody can tell whether the gateway has the trade now.
    case unknown(String)
    /// Nothing happened, and a moment later it may.
    case busy(String)
    /// Nothing happened, and nothing will.
    case refused(String)
    /// The gateway has the number already, in a state in which nobody can begin to pay: paid, closed,
    /// or opened in another way. How it stands, a query tells.
    case taken(String)
}
