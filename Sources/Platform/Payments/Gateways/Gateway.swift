import Basics
import Money

/// A payment gateway, as four questions and an address. Every answer is a value: what cannot be
/// known is `unknown`, and nothing throws.
package struct Gateway: Sendable {
    package enum TradeState: Sendable, Hashable {
        case waiting
        /// No payer has opened the cashier yet, so the gateway knows no trade.
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
        case refused(String)
        case unknown(String)
    }

    package let name: String
    package let channels: Set<String>
    /// What the payer has to do; the same for the same attempt, always.
    package let action: @Sendable (Payment) throws -> PaymentAction
    package let query: @Sendable (PaymentAttempt) async -> TradeState
    package let close: @Sendable (PaymentAttempt) async -> CloseResult
    package let refund: @Sendable (PaymentAttempt, PaymentRefund) async -> RefundResult
    /// What it did for us on one of its days.
    package let bill: @Sendable (CalendarDate) async -> BillResult

    package init(
        name: String, channels: Set<String>,
        action: @escaping @Sendable (Payment) throws -> PaymentAction,
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
}

/// What the payer has to do next.
package struct PaymentAction: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        case redirect, qr, jsapi, app
    }
    package var kind: Kind
    package var url: String?

    package init(kind: Kind, url: String?) {
        self.kind = kind
        self.url = url
    }
}
