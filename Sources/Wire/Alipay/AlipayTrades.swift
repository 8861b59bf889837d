import Foundation
import WireKit

/// What a query found.
public enum AlipayQueryResult: Hashable, Sendable {
    /// A trade of that number.
    case found(AlipayTrade)
    /// None: the payer has not opened the cashier yet. The address stays payable until it expires.
    case notExist
}

/// A trade as the gateway reports it.
public struct AlipayTrade: Hashable, Sendable {
    /// Alipay's number.
    public let tradeNo: String
    /// The merchant's number.
    public let outTradeNo: String
    /// The state.
    public let status: AlipayTradeStatus
    /// What the trade is worth. Compare it with the order's amount before believing in payment.
    public let total: AlipayAmount
    /// What the seller gets of it, less what the seller's own promotions took; nil if the gateway
    /// does not say.
    public let received: AlipayAmount?
    /// The payer's Alipay user id (2088…). Newer applications are told ``buyerOpenID`` instead.
    public let buyerID: String?
    /// Who the payer is to this application.
    public let buyerOpenID: String?
    /// When it was paid.
    public let paidAt: Date?

    /// The merchant's own checks: is this the order, with its amount? The application and the seller
    /// need none: the gateway answers about the account that asked.
    ///
    /// - Parameters:
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - amount: the amount of the order in the merchant's own records.
    /// - Throws: ``AlipayMismatch`` for the first that differs.
    public func check(
        outTradeNo: String, amount: AlipayAmount
    ) throws(AlipayMismatch) {
        try AlipayMismatch.check(
            ("", nil, self.outTradeNo, total), against: ("", nil, outTradeNo, amount))
    }
}

/// What a close did.
public enum AlipayCloseResult: Hashable, Sendable {
    /// The trade is closed and cannot be paid any more.
    case closed
    /// There is none yet, so nothing was closed: the address stays payable until it expires.
    case notExist
}

/// What a cancel did.
public enum AlipayCancelResult: Hashable, Sendable {
    /// The trade was not paid and is closed now.
    case closed
    /// It was paid, and all of it has been given back.
    case refunded
    /// There was no trade, or none that could still be paid. Nothing was done.
    case nothing
}

/// The gateway's answer to a refund: accepted, and perhaps done.
public struct AlipayRefund: Hashable, Sendable {
    /// Alipay's number of the trade.
    public let tradeNo: String
    /// The merchant's number of the trade.
    public let outTradeNo: String
    /// Whether money moved by this very call (`fund_change=Y`). If not, the refund may have been
    /// done before or be pending: ask ``AlipayClient/refundQuery(_:outRequestNo:)``.
    public let fundChange: Bool
    /// What has been refunded so far, all refunds of the trade together.
    public let refundedTotal: AlipayAmount?
}

/// What a refund query found.
public enum AlipayRefundState: Hashable, Sendable {
    /// The money of this refund has been given back; the amount of this refund alone.
    case succeeded(AlipayAmount)
    /// Not done: never received, failed, or still pending. The gateway's word, if it gave one.
    /// The same refund may be sent again under the same number.
    case notSucceeded(status: String?)
}

extension AlipayClient {
    /// Asks for the state of a trade (`alipay.trade.query`).
    ///
    /// - Throws: ``AlipayError``.
    public func query(_ trade: AlipayTradeReference) async throws(AlipayError) -> AlipayQueryResult
    {
        let (name, value) = trade.parameter
        let answer = try await call("alipay.trade.query", [name: value])
        if let fault = answer.fault {
            guard isSameText(fault.subCode, AlipaySubCode.tradeNotExist) else {
                throw fault.asError
            }
            return .notExist
        }
        try answer.require(name, value)
        guard let status = AlipayTradeStatus(rawValue: try answer.text("trade_status")) else {
            throw .unknown(.unreadable("trade_status"))
        }
        return .found(
            AlipayTrade(
                tradeNo: try answer.text("trade_no"), outTradeNo: try answer.text("out_trade_no"),
                status: status, total: try answer.amount("total_amount"),
                received: answer["receipt_amount"].flatMap { try? AlipayAmount(yuan: $0) },
                buyerID: answer["buyer_user_id"], buyerOpenID: answer["buyer_open_id"],
                paidAt: answer["send_pay_date"].flatMap(AlipayTime.moment)))
    }

    /// Closes an unpaid trade (`alipay.trade.close`).
    ///
    /// - Throws: ``AlipayError``; refused with ``AlipaySubCode/tradeHasSuccess`` or
    ///   ``AlipaySubCode/tradeStatusError`` if it has been paid.
    public func close(_ trade: AlipayTradeReference) async throws(AlipayError) -> AlipayCloseResult
    {
        let (name, value) = trade.parameter
        let answer = try await call("alipay.trade.close", [name: value])
        if let fault = answer.fault {
            guard isSameText(fault.subCode, AlipaySubCode.tradeNotExist) else {
                throw fault.asError
            }
            return .notExist
        }
        try answer.require(name, value)
        return .closed
    }

    /// Makes a trade that is paid by scanning a code (`alipay.trade.precreate`).
    ///
    /// The code can be scanned for two hours, or until the order expires if that is sooner. As with
    /// the cashier there is no trade to find or to close before somebody has scanned it.
    ///
    /// - Parameter notifyURL: where Alipay posts notifications.
    /// - Returns: the text that the code has to show: `https://qr.alipay.com/…`.
    /// - Throws: ``AlipayError``.
    public func precreate(
        _ order: AlipayOrder, notifyURL: String
    ) async throws(AlipayError) -> String {
        let content = try content(of: order, at: now())
        let answer = try await call("alipay.trade.precreate", content, notifyURL: notifyURL)
        if let fault = answer.fault { throw fault.asError }
        try answer.require("out_trade_no", order.outTradeNo)
        return try answer.text("qr_code")
    }

    /// Undoes a trade of which nobody knows how it ended (`alipay.trade.cancel`): closes it if it is
    /// unpaid, and **gives all of the money back if it is paid**. A trade that is known to be unpaid is
    /// closed by ``close(_:)``; money that is known to have come is given back by
    /// ``refund(_:amount:outRequestNo:reason:)``.
    ///
    /// - Throws: ``AlipayError``. If unknown, as it also is when the gateway asks to be called again
    ///   (`retry_flag=Y`), send the same again.
    public func cancel(
        _ trade: AlipayTradeReference
    ) async throws(AlipayError) -> AlipayCancelResult {
        let (name, value) = trade.parameter
        let answer = try await call("alipay.trade.cancel", [name: value])
        if let fault = answer.fault {
            guard isSameText(fault.subCode, AlipaySubCode.tradeNotExist) else {
                throw fault.asError
            }
            return .nothing
        }
        try answer.require(name, value)
        guard !isSameText(answer["retry_flag"], "Y") else {
            throw .unknown(.gateway(AlipayFault(code: "10000", message: "retry_flag=Y")))
        }
        switch answer["action"] {
        case "close": return .closed
        case "refund": return .refunded
        case nil, "": return .nothing
        case _?: throw .unknown(.unreadable("action"))
        }
    }

    /// Gives money back (`alipay.trade.refund`).
    ///
    /// - Parameters:
    ///   - amount: what to refund, more than zero and at most what is left.
    ///   - outRequestNo: the merchant's number of this refund, 1 to 64 bytes. The same number
    ///     refunds once, however often it is sent; a new number refunds again.
    ///   - reason: shown to the payer.
    /// - Throws: ``AlipayError``. If unknown, ask ``refundQuery(_:outRequestNo:)`` or send the
    ///   same again, never under a new number.
    public func refund(
        _ trade: AlipayTradeReference, amount: AlipayAmount, outRequestNo: String,
        reason: String? = nil
    ) async throws(AlipayError) -> AlipayRefund {
        guard amount.fen > 0 else {
            throw .invalidRequest(parameter: "refund_amount", reason: "must be more than zero")
        }
        try checkRefundNumber(outRequestNo)
        let (name, value) = trade.parameter
        var content = [name: value]
        content["refund_amount"] = amount.yuan
        content["out_request_no"] = outRequestNo
        content["refund_reason"] = reason
        let answer = try await call("alipay.trade.refund", content)
        if let fault = answer.fault { throw fault.asError }
        try answer.require(name, value)
        return AlipayRefund(
            tradeNo: try answer.text("trade_no"), outTradeNo: try answer.text("out_trade_no"),
            fundChange: isSameText(answer["fund_change"], "Y"),
            refundedTotal: answer["refund_fee"].flatMap { try? AlipayAmount(yuan: $0) })
    }

    /// Asks for the state of a refund (`alipay.trade.fastpay.refund.query`).
    ///
    /// - Throws: ``AlipayError``.
    public func refundQuery(
        _ trade: AlipayTradeReference, outRequestNo: String
    ) async throws(AlipayError) -> AlipayRefundState {
        try checkRefundNumber(outRequestNo)
        let (name, value) = trade.parameter
        let answer = try await call(
            "alipay.trade.fastpay.refund.query", [name: value, "out_request_no": outRequestNo])
        if let fault = answer.fault { throw fault.asError }
        guard isSameText(answer["refund_status"], "REFUND_SUCCESS") else {
            // An answer about a refund that was never received names neither number.
            try answer.compare(name, value)
            try answer.compare("out_request_no", outRequestNo)
            return .notSucceeded(status: answer["refund_status"])
        }
        try answer.require(name, value)
        try answer.require("out_request_no", outRequestNo)
        return .succeeded(try answer.amount("refund_amount"))
    }

    private func checkRefundNumber(_ number: String) throws(AlipayError) {
        guard (1...64).contains(number.utf8.count) else {
            throw .invalidRequest(parameter: "out_request_no", reason: "needs 1 to 64 bytes")
        }
    }
}

extension AlipayResponse {
    /// The signature does not bind the answer to the question, so the numbers must.
    func require(_ name: String, _ asked: String) throws(AlipayError) {
        guard isSameText(self[name], asked) else {
            throw .unknown(.otherTrade(asked: asked, received: self[name]))
        }
    }

    fileprivate func compare(_ name: String, _ asked: String) throws(AlipayError) {
        if self[name] != nil { try require(name, asked) }
    }

    func text(_ name: String) throws(AlipayError) -> String {
        guard let text = self[name], !text.isEmpty else { throw .unknown(.unreadable(name)) }
        return text
    }

    fileprivate func amount(_ name: String) throws(AlipayError) -> AlipayAmount {
        guard let amount = try? AlipayAmount(yuan: try text(name)) else {
            throw .unknown(.unreadable(name))
        }
        return amount
    }
}
