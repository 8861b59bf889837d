import Basics
import Money

/// Every way in which Checkout says no.
extension Problem {
    static let quoteConsumed = conflict("quote-consumed")
    static let quoteExpired = conflict("quote-expired")
    /// A newer version of the quote exists than the one named.
    static let quoteStale = conflict("quote-stale")
    static let oneBusinessPerOrder = rule("one-business-per-order", "/lines")
    package static let notForSale = rule("not-for-sale")
    static let orderNotPending = conflict("order-not-pending")
    static let orderNotRefundable = conflict("order-not-refundable")
    static let orderExpired = conflict("order-expired")
    static let refundNeedsLinesOrAmount = rule("refund-needs-lines-or-amount")
    /// It is sent to the gateway and stands in the member's statement.
    static let longestReason = 200
    static let reasonTooLong = rule("reason-too-long", "/reason")
    static let reasonRequired = rule("reason-required", "/reason")
    /// The order has a refund that waits for a second person; that is decided first.
    static let refundAwaitsApproval = conflict("refund-awaits-approval")
    static let refundRequestDecided = conflict("refund-request-decided")
    /// Who has asked for a refund does not approve it.
    static let ownRefundRequest = Problem(.forbidden, "own-refund-request")
    /// A program's key is not a second person.
    static let approvalNeedsPerson = Problem(.forbidden, "approval-needs-person")
    static let gatewayRequired = rule("gateway-required", "/gateway")

    /// What a refund comes to now is more than was asked for.
    static func refundExceedsRequest(_ total: Amount) -> Problem {
        Problem(
            .conflict, "refund-exceeds-request", parameters: ["total": .money(total.minorUnits)])
    }

    /// What was quoted is not what it costs now; `version` is a fresh quote of the same things.
    static func priceChanged(version: Int64, total: Amount) -> Problem {
        Problem(
            .conflict, "price-changed",
            parameters: ["quoteVersion": .number(version), "total": .money(total.minorUnits)])
    }
}
