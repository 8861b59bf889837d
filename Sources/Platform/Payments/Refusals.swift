import Basics

extension Problem {
    static let gatewayNotAvailable = Problem(.rule, "gateway-not-available")
    static let channelNotAvailable = Problem(.rule, "channel-not-available")
    /// The way to pay wants the payer's IP address, and this request has none.
    static let payerAddressUnknown = Problem(.rule, "payer-address-unknown")
    /// The way to pay is for members that WeChat has told us of.
    static let wechatAccountMissing = Problem(.rule, "wechat-account-missing")
    static let topUpTooLarge = Problem(.rule, "top-up-too-large")
    /// Another try to pay is still open at its gateway.
    package static let paymentInProgress = Problem(.conflict, "payment-in-progress")
    package static let alreadyPaid = Problem(.conflict, "already-paid")
    /// A payment of another amount has come, and a person decides about it first.
    package static let paymentInReview = Problem(.conflict, "payment-in-review")
    /// Which check failed is for the log, not for whoever sent it.
    static let notifyRefused = Problem(.unreadable, "notify-refused")
    /// Only what its gateway has refused can be sent again or credited.
    static let refundNotFailed = Problem(.conflict, "refund-not-failed")
    /// Nobody has to decide about this payment, or somebody has.
    static let paymentNotInReview = Problem(.conflict, "payment-not-in-review")
    static let refundExceedsPayment = Problem(.conflict, "refund-exceeds-payment")
    /// The gateway gave no answer that can be relied on; nothing was changed.
    package static let gatewayUnreachable = Problem(.unavailable, "gateway-unreachable")

    /// The day is not over, or not begun.
    static let billNotDue = Problem(.rule, "bill-not-due")
    /// Gateways keep their bills for three months.
    static let billTooOld = Problem(.rule, "bill-too-old")
    static let reconciliationItemNotOpen = Problem(.conflict, "reconciliation-item-not-open")
    static let noteRequired = rule("note-required", "/note")
    static let noteTooLong = rule("note-too-long", "/note")
    /// Unicode scalars in a note.
    static let longestNote = 500
}
