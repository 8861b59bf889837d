import Foundation
import WireKit

/// The state of an order at WeChat Pay.
public enum WeChatPayTradeState: String, Hashable, Sendable {
    /// Paid.
    case success = "SUCCESS"
    /// Paid, and at least a part was given back; what, the refunds say.
    case refund = "REFUND"
    /// Not paid yet.
    case notPaid = "NOTPAY"
    /// Closed unpaid.
    case closed = "CLOSED"
    /// Taken back by the merchant (payment by code only).
    case revoked = "REVOKED"
    /// The payer is entering the password (payment by code only).
    case userPaying = "USERPAYING"
    /// The payment failed; the order may still be paid (payment by code only).
    case payError = "PAYERROR"

    /// Whether the money arrived, given back later or not.
    public var isPaid: Bool { self == .success || self == .refund }
}

/// An order as WeChat Pay reports it, in a query or a notification.
public struct WeChatPayTransaction: Hashable, Sendable {
    /// The merchant.
    public let mchID: String
    /// The application.
    public let appID: String
    /// The merchant's number.
    public let outTradeNo: String
    /// WeChat Pay's number; nil before payment.
    public let transactionID: String?
    /// `JSAPI`, `NATIVE`, `APP`, `MWEB`, …
    public let tradeType: String?
    /// The state.
    public let state: WeChatPayTradeState
    /// What the order is worth, in fen. Compare this with the order's amount; nil if WeChat Pay
    /// did not say, which it does for whatever is paid.
    public let total: Int64?
    /// What the payer really paid after WeChat's own coupons, in fen. It may be less than
    /// ``total``, and the merchant receives ``total`` all the same.
    public let payerTotal: Int64?
    /// The currency of ``total``: `CNY`.
    public let currency: String?
    /// When it was paid.
    public let paidAt: Date?
    /// The payer in the application.
    public let openID: WeChatPayOpenID?
    /// The order's `attach`.
    public let attach: String?

    /// - Throws: ``WeChatPayVerificationError/unreadableField(_:)``.
    init(_ object: JSONObject) throws(WeChatPayVerificationError) {
        mchID = try object.required("mchid")
        appID = try object.required("appid")
        outTradeNo = try object.required("out_trade_no")
        guard let state = WeChatPayTradeState(rawValue: try object.required("trade_state")) else {
            throw .unreadableField("trade_state")
        }
        self.state = state
        transactionID = object.text("transaction_id")
        tradeType = object.text("trade_type")
        attach = object.text("attach")
        paidAt = object.text("success_time").flatMap(WeChatPayTime.moment)
        openID = object.object("payer")?.text("openid").map(WeChatPayOpenID.init)
        let amount = object.object("amount")
        total = try amount?.fen("total")
        payerTotal = try amount?.fen("payer_total")
        currency = amount?.text("currency")
        if state.isPaid {
            guard transactionID?.isEmpty == false else { throw .unreadableField("transaction_id") }
            guard total != nil else { throw .unreadableField("amount") }
        }
    }

    /// The merchant's own checks: is this payment the one that was ordered, and made?
    ///
    /// - Parameters:
    ///   - configuration: the merchant and its applications.
    ///   - outTradeNo: the merchant's number as it stands in the merchant's own records.
    ///   - total: the order's amount in the merchant's own records, in fen.
    ///   - currency: the order's currency.
    /// - Throws: ``WeChatPayMismatch`` for the first that differs.
    public func check(
        _ configuration: WeChatPayConfiguration, outTradeNo: String, total: Int64,
        currency: String = "CNY"
    ) throws(WeChatPayMismatch) {
        guard isSameText(mchID, configuration.mchID) else { throw .mchID(received: mchID) }
        guard configuration.appIDs.contains(where: { isSameText($0, appID) }) else {
            throw .appID(received: appID)
        }
        guard isSameText(self.outTradeNo, outTradeNo) else {
            throw .outTradeNo(received: self.outTradeNo)
        }
        guard state.isPaid else { throw .state(state) }
        guard self.total == total else { throw .amount(expected: total, received: self.total) }
        guard isSameText(self.currency, currency) else {
            throw .currency(received: self.currency)
        }
    }
}

/// A genuine message that is about something else than expected.
public enum WeChatPayMismatch: Error, Hashable, Sendable {
    /// Another merchant.
    case mchID(received: String)
    /// An application that is not the merchant's.
    case appID(received: String)
    /// Another order.
    case outTradeNo(received: String)
    /// Another refund.
    case outRefundNo(received: String)
    /// Not paid.
    case state(WeChatPayTradeState)
    /// Another sum, in fen. Sending it again will not change it: keep it and let a person look.
    case amount(expected: Int64, received: Int64?)
    /// Another currency.
    case currency(received: String?)
}

/// Who a person is to one application. Personal data: its description shows only the first
/// characters.
public struct WeChatPayOpenID: Hashable, Sendable {
    /// The whole text.
    public let value: String

    /// An openid.
    public init(_ value: String) {
        self.value = value
    }
}

extension WeChatPayOpenID: CustomStringConvertible, CustomReflectable {
    /// The first four characters.
    public var description: String { "\(value.prefix(4))…" }

    /// Empty, so that dumping a transaction cannot print the openid.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Which order is meant.
public enum WeChatPayOrderReference: Hashable, Sendable {
    /// By the merchant's number.
    case outTradeNo(String)
    /// By WeChat Pay's number.
    case transactionID(String)

    var parameter: (name: String, value: String) {
        switch self {
        case .outTradeNo(let value): ("out_trade_no", value)
        case .transactionID(let value): ("transaction_id", value)
        }
    }
}

/// What a query found.
public enum WeChatPayQueryResult: Hashable, Sendable {
    /// An order of that number.
    case found(WeChatPayTransaction)
    /// None: it was never ordered, or under another merchant.
    case notExist
}

/// What a close did.
public enum WeChatPayCloseResult: Hashable, Sendable {
    /// The order is closed, now or before, and cannot be paid any more.
    case closed
    /// There is none.
    case notExist
}

extension WeChatPayClient {
    /// Asks for the state of an order (`GET /v3/pay/transactions/out-trade-no/{…}` or `/id/{…}`).
    ///
    /// - Throws: ``WeChatPayError``.
    public func query(
        _ order: WeChatPayOrderReference
    ) async throws(WeChatPayError) -> WeChatPayQueryResult {
        let (name, value) = order.parameter
        let folder = name == "out_trade_no" ? "out-trade-no" : "id"
        guard !value.isEmpty else { throw .invalidRequest(parameter: name, reason: "is empty") }
        let merchant = WebAddress.encoded(configuration.mchID)
        let path = "/v3/pay/transactions/\(folder)/\(WebAddress.encoded(value))?mchid=\(merchant)"
        let response: Response
        do {
            response = try await call("GET", path)
        } catch .refused(let fault) where fault.isOne(of: WeChatPayCode.noOrder) {
            return .notExist
        }
        try response.require(name, value)
        try response.require("mchid", configuration.mchID)
        do {
            return .found(try WeChatPayTransaction(response.object))
        } catch {
            throw .unknown(.unverified(error))
        }
    }

    /// Closes an unpaid order (`POST /v3/pay/transactions/out-trade-no/{…}/close`). To repeat it
    /// has no effect. WeChat Pay advises against closing within five minutes of ordering.
    ///
    /// - Throws: ``WeChatPayError``; refused with ``WeChatPayCode/orderPaid`` if it has been paid.
    public func close(outTradeNo: String) async throws(WeChatPayError) -> WeChatPayCloseResult {
        try WeChatPayRules.checkOrderNumber(outTradeNo)
        let path = "/v3/pay/transactions/out-trade-no/\(WebAddress.encoded(outTradeNo))/close"
        do {
            _ = try await call("POST", path, ["mchid": .string(configuration.mchID)])
            return .closed
        } catch .refused(let fault) where fault.isOne(of: WeChatPayCode.closedOrder) {
            return .closed
        } catch .refused(let fault) where fault.isOne(of: WeChatPayCode.noOrder) {
            return .notExist
        }
    }
}

extension JSONObject {
    func required(_ name: String) throws(WeChatPayVerificationError) -> String {
        guard let value = text(name), !value.isEmpty else { throw .unreadableField(name) }
        return value
    }

    /// An amount in fen: a whole number, not below zero; nil if the member is absent.
    func fen(_ name: String) throws(WeChatPayVerificationError) -> Int64? {
        guard self[name] != nil else { return nil }
        guard let fen = integer(name), fen >= 0 else { throw .unreadableField(name) }
        return fen
    }
}
