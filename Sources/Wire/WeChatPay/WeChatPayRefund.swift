import Foundation
import WireKit

/// The state of a refund at WeChat Pay.
public enum WeChatPayRefundStatus: String, Hashable, Sendable {
    /// The payer has the money.
    case success = "SUCCESS"
    /// Ended without giving anything back.
    case closed = "CLOSED"
    /// Accepted, and not done yet.
    case processing = "PROCESSING"
    /// The payer's bank refused it (the card is closed): a person must find another way, in the
    /// merchant console.
    case abnormal = "ABNORMAL"
}

/// A refund as WeChat Pay reports it, in an answer or a notification.
public struct WeChatPayRefund: Hashable, Sendable {
    /// WeChat Pay's number of the refund.
    public let refundID: String
    /// The merchant's number of the refund.
    public let outRefundNo: String
    /// WeChat Pay's number of the order.
    public let transactionID: String
    /// The merchant's number of the order.
    public let outTradeNo: String
    /// The state.
    public let status: WeChatPayRefundStatus
    /// What this refund gives back, in fen.
    public let refund: Int64
    /// What the order was worth, in fen.
    public let total: Int64
    /// The currency, if it is named; notifications do not name it.
    public let currency: String?
    /// Where the money went, in words.
    public let receivedAccount: String?
    /// When the payer had the money.
    public let succeededAt: Date?
    /// The merchant, in notifications.
    public let mchID: String?

    /// - Parameter statusName: `status` in answers, `refund_status` in notifications.
    /// - Throws: ``WeChatPayVerificationError/unreadableField(_:)``.
    init(_ object: JSONObject, statusName: String) throws(WeChatPayVerificationError) {
        refundID = try object.required("refund_id")
        outRefundNo = try object.required("out_refund_no")
        transactionID = try object.required("transaction_id")
        outTradeNo = try object.required("out_trade_no")
        guard let status = WeChatPayRefundStatus(rawValue: try object.required(statusName)) else {
            throw .unreadableField(statusName)
        }
        self.status = status
        guard let amount = object.object("amount"), let refund = try amount.fen("refund"),
            let total = try amount.fen("total")
        else { throw .unreadableField("amount") }
        self.refund = refund
        self.total = total
        currency = amount.text("currency")
        receivedAccount = object.text("user_received_account")
        succeededAt = object.text("success_time").flatMap(WeChatPayTime.moment)
        mchID = object.text("mchid")
    }

    /// The merchant's own checks: is this the refund that was asked for?
    ///
    /// - Parameters:
    ///   - configuration: the merchant.
    ///   - outTradeNo: the merchant's number of the order in the merchant's own records.
    ///   - outRefundNo: the merchant's number of the refund in the merchant's own records.
    ///   - refund: the refund's amount in the merchant's own records, in fen.
    /// - Throws: ``WeChatPayMismatch`` for the first that differs.
    public func check(
        _ configuration: WeChatPayConfiguration, outTradeNo: String, outRefundNo: String,
        refund: Int64
    ) throws(WeChatPayMismatch) {
        if let mchID, !isSameText(mchID, configuration.mchID) { throw .mchID(received: mchID) }
        guard isSameText(self.outTradeNo, outTradeNo) else {
            throw .outTradeNo(received: self.outTradeNo)
        }
        guard isSameText(self.outRefundNo, outRefundNo) else {
            throw .outRefundNo(received: self.outRefundNo)
        }
        guard self.refund == refund else { throw .amount(expected: refund, received: self.refund) }
        if let currency, !isSameText(currency, "CNY") { throw .currency(received: currency) }
    }
}

/// What a refund query found.
public enum WeChatPayRefundResult: Hashable, Sendable {
    /// A refund of that number.
    case found(WeChatPayRefund)
    /// None: WeChat Pay never accepted it. It may be sent again under the same number.
    case notExist
}

extension WeChatPayClient {
    /// Gives money back (`POST /v3/refund/domestic/refunds`).
    ///
    /// WeChat Pay takes at most 50 refunds of an order, at least a minute apart, within a year.
    ///
    /// - Parameters:
    ///   - amount: what to give back, in fen; more than zero and at most what is left.
    ///   - total: what the order was worth, in fen.
    ///   - outRefundNo: the merchant's number of this refund, 1 to 64 of `A-Z a-z 0-9 _ - | * @`.
    ///     The same number refunds once, however often it is sent; a new number refunds again.
    ///   - reason: shown to the payer; at most 80 bytes.
    ///   - notifyURL: where WeChat Pay posts what became of it.
    /// - Returns: mostly a refund that is still ``WeChatPayRefundStatus/processing``.
    /// - Throws: ``WeChatPayError``. If unknown, ask ``refundQuery(outRefundNo:)`` or send the same
    ///   again, never under a new number.
    public func refund(
        _ order: WeChatPayOrderReference, amount: Int64, total: Int64, outRefundNo: String,
        reason: String? = nil, notifyURL: String? = nil
    ) async throws(WeChatPayError) -> WeChatPayRefund {
        guard amount > 0, amount <= total else {
            throw .invalidRequest(
                parameter: "amount", reason: "must be more than zero and at most the total")
        }
        try WeChatPayRules.checkRefundNumber(outRefundNo)
        if let notifyURL { try WeChatPayRules.checkNotifyURL(notifyURL) }
        guard (reason?.utf8.count ?? 0) <= 80 else {
            throw .invalidRequest(parameter: "reason", reason: "may have 80 bytes")
        }
        let (name, value) = order.parameter
        var members: [(name: String, value: JSONText)] = [
            (name, .string(value)), ("out_refund_no", .string(outRefundNo)),
        ]
        if let reason { members.append(("reason", .string(reason))) }
        if let notifyURL { members.append(("notify_url", .string(notifyURL))) }
        members.append(
            (
                "amount",
                ["refund": .integer(amount), "total": .integer(total), "currency": "CNY"]
            ))
        let response = try await call("POST", "/v3/refund/domestic/refunds", .object(members))
        try response.require(name, value)
        return try response.refund(outRefundNo)
    }

    /// Asks for the state of a refund (`GET /v3/refund/domestic/refunds/{out_refund_no}`).
    ///
    /// - Throws: ``WeChatPayError``.
    public func refundQuery(
        outRefundNo: String
    ) async throws(WeChatPayError) -> WeChatPayRefundResult {
        try WeChatPayRules.checkRefundNumber(outRefundNo)
        do {
            let path = "/v3/refund/domestic/refunds/\(WebAddress.encoded(outRefundNo))"
            return .found(try await call("GET", path).refund(outRefundNo))
        } catch .refused(let fault) where fault.isOne(of: WeChatPayCode.noOrder) {
            return .notExist
        }
    }
}

extension WeChatPayClient.Response {
    fileprivate func refund(_ number: String) throws(WeChatPayError) -> WeChatPayRefund {
        try require("out_refund_no", number)
        do {
            return try WeChatPayRefund(object, statusName: "status")
        } catch {
            throw .unknown(.unverified(error))
        }
    }
}
