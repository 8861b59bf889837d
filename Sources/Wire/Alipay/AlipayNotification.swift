import Foundation
import WireKit

/// A verified asynchronous notification: what Alipay posts to the `notify_url`.
///
/// The signature says that Alipay wrote it, not that it is about you: call
/// ``check(appID:sellerID:outTradeNo:amount:)`` before acting on it. Answer HTTP 200 with
/// exactly the seven bytes `success` once it is stored, or Alipay sends it again (eight times in
/// 25 hours, with the same ``notifyID``).
public struct AlipayNotification: Sendable {
    /// The same for every resend of one notification.
    public let notifyID: String
    /// The application the trade belongs to.
    public let appID: String
    /// The seller's Alipay user id (2088…).
    public let sellerID: String?
    /// Alipay's number of the trade.
    public let tradeNo: String
    /// The merchant's number of the trade.
    public let outTradeNo: String
    /// The merchant's number of the refund that this is about (`out_biz_no`).
    public let outRequestNo: String?
    /// The state of the trade.
    public let status: AlipayTradeStatus
    /// What the trade is worth, before any refund.
    public let total: AlipayAmount
    /// What has been refunded so far, all refunds together.
    public let refundedTotal: AlipayAmount?
    /// What the seller gets of it, less what the seller's own promotions took; nil if the message
    /// does not say.
    public let received: AlipayAmount?
    /// The payer's Alipay user id (2088…). Newer applications are told ``buyerOpenID`` instead.
    public let buyerID: String?
    /// Who the payer is to this application.
    public let buyerOpenID: String?
    /// When this copy was sent.
    public let notifyTime: Date?
    /// When the trade was created.
    public let createdAt: Date?
    /// When it was paid.
    public let paidAt: Date?
    /// When money was given back last.
    public let refundedAt: Date?
    /// When it was closed.
    public let closedAt: Date?
    /// All parameters, verified. Texts are in the message's charset.
    public let form: AlipayForm

    /// Verifies the body of the request, byte for byte as it was received.
    ///
    /// - Throws: ``AlipayVerificationError`` with the reason, for the log and not for the sender.
    public init(
        verifying body: some Collection<UInt8>, with key: AlipayPublicKey
    ) throws(AlipayVerificationError) {
        try self.init(verifying: body, with: .one(key))
    }

    init(
        verifying body: some Collection<UInt8>, with keys: AlipayKeyChoice
    ) throws(AlipayVerificationError) {
        let form = try AlipayForm(verifying: body, with: keys, reading: Self.names)
        guard form.hasKnownCharset else { throw .unreadableField("charset") }
        self.form = form
        notifyID = try form.required("notify_id")
        appID = try form.required("app_id")
        sellerID = form["seller_id"]
        tradeNo = try form.required("trade_no")
        outTradeNo = try form.required("out_trade_no")
        outRequestNo = form["out_biz_no"]
        guard let status = AlipayTradeStatus(rawValue: try form.required("trade_status")) else {
            throw .unreadableField("trade_status")
        }
        self.status = status
        total = try form.amount("total_amount")
        refundedTotal = form.bytes("refund_fee") == nil ? nil : try form.amount("refund_fee")
        received = form["receipt_amount"].flatMap { try? AlipayAmount(yuan: $0) }
        buyerID = form["buyer_id"]
        buyerOpenID = form["buyer_open_id"]
        notifyTime = form.moment("notify_time")
        createdAt = form.moment("gmt_create")
        paidAt = form.moment("gmt_payment")
        refundedAt = form.moment("gmt_refund")
        closedAt = form.moment("gmt_close")
    }

    /// The fields that decide about money.
    static let names = [
        "app_id", "notify_id", "out_biz_no", "out_trade_no", "receipt_amount", "refund_fee",
        "seller_id", "total_amount", "trade_no", "trade_status",
    ]

    /// What a notification tells, with refunds told apart from payments.
    public enum Event: Hashable, Sendable {
        /// The trade exists and waits for the payer.
        case waiting
        /// Paid.
        case paid
        /// Paid earlier, and now beyond refund.
        case finished
        /// Money was given back; all refunds together.
        case refunded(AlipayAmount)
        /// Closed without payment.
        case closedUnpaid
    }

    /// What happened. A partial refund sends `TRADE_SUCCESS` again, and a full one the same
    /// `TRADE_CLOSED` as a time-out: whoever reads only the status credits twice.
    public var event: Event {
        let refunded = refundedTotal.flatMap { $0.fen > 0 ? $0 : nil }
        switch status {
        case .waitBuyerPay: return .waiting
        case .finished: return .finished
        case .success: return refunded.map(Event.refunded) ?? .paid
        case .closed:
            if let refunded { return .refunded(refunded) }
            return refundedAt == nil ? .closedUnpaid : .refunded(total)
        }
    }

    /// The merchant's own checks: is this notification about this account and this order?
    ///
    /// - Parameters:
    ///   - configuration: the application, and the seller if it names one.
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - amount: the amount of the order in the merchant's own records.
    /// - Throws: ``AlipayMismatch`` for the first that differs.
    public func check(
        _ configuration: AlipayConfiguration, outTradeNo: String, amount: AlipayAmount
    ) throws(AlipayMismatch) {
        try check(
            appID: configuration.appID, sellerID: configuration.sellerID, outTradeNo: outTradeNo,
            amount: amount)
    }

    /// The same, with the account in its parts.
    ///
    /// - Parameters:
    ///   - appID: the configured application.
    ///   - sellerID: the configured seller; nil if the configuration has none to compare.
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - amount: the amount of the order in the merchant's own records.
    /// - Throws: ``AlipayMismatch`` for the first that differs.
    public func check(
        appID: String, sellerID: String?, outTradeNo: String, amount: AlipayAmount
    ) throws(AlipayMismatch) {
        try AlipayMismatch.check(
            (self.appID, self.sellerID, self.outTradeNo, total),
            against: (appID, sellerID, outTradeNo, amount))
    }
}

/// A genuine message that is about something else than expected.
public enum AlipayMismatch: Error, Hashable, Sendable {
    /// Another application.
    case appID(received: String)
    /// Another seller, or none named.
    case sellerID(received: String?)
    /// Another trade.
    case outTradeNo(received: String)
    /// Another sum. Sending it again will not change it: keep it and let a person look.
    case amount(expected: AlipayAmount, received: AlipayAmount)

    typealias Facts = (
        appID: String, sellerID: String?, outTradeNo: String, total: AlipayAmount
    )

    static func check(_ received: Facts, against expected: Facts) throws(AlipayMismatch) {
        guard isSameText(received.appID, expected.appID) else {
            throw .appID(received: received.appID)
        }
        if let sellerID = expected.sellerID, !isSameText(received.sellerID, sellerID) {
            throw .sellerID(received: received.sellerID)
        }
        guard isSameText(received.outTradeNo, expected.outTradeNo) else {
            throw .outTradeNo(received: received.outTradeNo)
        }
        guard received.total == expected.total else {
            throw .amount(expected: expected.total, received: received.total)
        }
    }
}

extension AlipayForm {
    /// Decodes, verifies, and refuses texts in which one of `names` could be hidden in a value.
    init(
        verifying bytes: some Collection<UInt8>, with keys: AlipayKeyChoice,
        reading names: [String], removing ownParameters: [String] = []
    ) throws(AlipayVerificationError) {
        var form: AlipayForm
        do {
            form = try AlipayForm(decoding: bytes)
        } catch {
            throw .form(error)
        }
        for name in ownParameters {
            form[name] = nil
        }
        try form.verifyNotification(with: keys.key(named: form[certificateSerialName]))
        for field in form.fields {
            if let name = AlipayForm.hiddenName(in: field.value, among: names) {
                throw .ambiguousField(name)
            }
        }
        self = form
    }

    static func hiddenName(in value: some Collection<UInt8>, among names: [String]) -> String? {
        guard value.contains(UInt8(ascii: "&")) else { return nil }
        let value = Array(value)
        return names.first { value.firstRange(of: Array("&\($0)=".utf8)) != nil }
    }

    func required(_ name: String) throws(AlipayVerificationError) -> String {
        guard let value = self[name], !value.isEmpty else { throw .unreadableField(name) }
        return value
    }

    func amount(_ name: String) throws(AlipayVerificationError) -> AlipayAmount {
        guard let amount = try? AlipayAmount(yuan: try required(name)) else {
            throw .unreadableField(name)
        }
        return amount
    }

    func moment(_ name: String) -> Date? {
        self[name].flatMap(AlipayTime.moment)
    }
}
