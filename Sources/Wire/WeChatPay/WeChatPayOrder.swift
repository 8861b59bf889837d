import Foundation
import WireKit

/// What the payer is asked to pay.
public struct WeChatPayOrder: Hashable, Sendable {
    /// The application that sells; one of the configuration's.
    public var appID: String
    /// The merchant's number: 6 to 32 of `A-Z a-z 0-9 _ - *`, never used again for another order.
    public var outTradeNo: String
    /// In fen, at least 1.
    public var total: Int64
    /// What the payer sees: 1 to 127 characters.
    public var description: String
    /// When the offer ends, at most seven days ahead; until then it can be paid, unless it is
    /// closed.
    public var expires: Date
    /// Where WeChat Pay posts notifications: an absolute address without a query.
    public var notifyURL: String
    /// Given back in queries, notifications and bills; at most 128 bytes.
    public var attach: String?

    /// An order.
    public init(
        appID: String, outTradeNo: String, total: Int64, description: String, expires: Date,
        notifyURL: String, attach: String? = nil
    ) {
        self.appID = appID
        self.outTradeNo = outTradeNo
        self.total = total
        self.description = description
        self.expires = expires
        self.notifyURL = notifyURL
        self.attach = attach
    }
}

extension WeChatPayClient {
    /// Orders a payment by QR code (`POST /v3/pay/transactions/native`).
    ///
    /// To repeat it with the same content renews the code; with other content it is refused with
    /// ``WeChatPayCode/outTradeNoUsed``.
    ///
    /// - Returns: the `code_url` (`weixin://…`) to show as a QR code; valid for two hours.
    /// - Throws: ``WeChatPayError``.
    public func nativePrepay(_ order: WeChatPayOrder) async throws(WeChatPayError) -> String {
        try await prepay(order, "native", answer: "code_url")
    }

    /// Orders a payment from a browser on a phone (`POST /v3/pay/transactions/h5`).
    ///
    /// - Parameters:
    ///   - payerIP: the payer's address as the merchant's server sees it.
    ///   - kind: `Wap`, `iOS` or `Android`.
    /// - Returns: the `h5_url` to send the browser to; valid for five minutes.
    /// - Throws: ``WeChatPayError``.
    public func h5Prepay(
        _ order: WeChatPayOrder, payerIP: String, kind: String = "Wap"
    ) async throws(WeChatPayError) -> String {
        guard (2...45).contains(payerIP.utf8.count),
            payerIP.utf8.allSatisfy({ hexDigit($0) != nil || ".:".utf8.contains($0) })
        else { throw .invalidRequest(parameter: "payer_client_ip", reason: "is no IP address") }
        return try await prepay(
            order, "h5", answer: "h5_url",
            adding: (
                "scene_info",
                ["payer_client_ip": .string(payerIP), "h5_info": ["type": .string(kind)]]
            ))
    }

    /// Orders a payment inside WeChat: mini program or official account
    /// (`POST /v3/pay/transactions/jsapi`).
    ///
    /// - Parameter openID: the payer in the order's application, from
    ///   ``WeChatMiniProgram/session(code:)``.
    /// - Returns: the `prepay_id` for ``miniProgramParameters(prepayID:appID:)`` or
    ///   ``jsapiParameters(prepayID:appID:)``; valid for two hours.
    /// - Throws: ``WeChatPayError``.
    public func jsapiPrepay(
        _ order: WeChatPayOrder, openID: WeChatPayOpenID
    ) async throws(WeChatPayError) -> String {
        guard (1...128).contains(openID.value.utf8.count) else {
            throw .invalidRequest(parameter: "openid", reason: "needs 1 to 128 characters")
        }
        return try await prepay(
            order, "jsapi", answer: "prepay_id",
            adding: ("payer", ["openid": .string(openID.value)]))
    }

    /// Orders a payment from an app (`POST /v3/pay/transactions/app`).
    ///
    /// - Returns: the `prepay_id` for ``appParameters(prepayID:appID:)``; valid for two hours.
    /// - Throws: ``WeChatPayError``.
    public func appPrepay(_ order: WeChatPayOrder) async throws(WeChatPayError) -> String {
        try await prepay(order, "app", answer: "prepay_id")
    }

    private func prepay(
        _ order: WeChatPayOrder, _ kind: String, answer: String,
        adding extra: (name: String, value: JSONText)? = nil
    ) async throws(WeChatPayError) -> String {
        try check(order)
        var members: [(name: String, value: JSONText)] = [
            ("appid", .string(order.appID)), ("mchid", .string(configuration.mchID)),
            ("description", .string(order.description)),
            ("out_trade_no", .string(order.outTradeNo)),
            ("time_expire", .string(WeChatPayTime.text(order.expires))),
            ("notify_url", .string(order.notifyURL)),
            ("amount", ["total": .integer(order.total), "currency": "CNY"]),
        ]
        if let attach = order.attach { members.append(("attach", .string(attach))) }
        if let extra { members.append(extra) }
        let response = try await call("POST", "/v3/pay/transactions/\(kind)", .object(members))
        return try response.text(answer)
    }

    /// The rules of WeChat Pay that a merchant can keep or break.
    private func check(_ order: WeChatPayOrder) throws(WeChatPayError) {
        guard configuration.appIDs.contains(where: { isSameText($0, order.appID) }) else {
            throw .invalidRequest(parameter: "appid", reason: "is not one of the configuration's")
        }
        try WeChatPayRules.checkOrderNumber(order.outTradeNo)
        guard order.total > 0 else {
            throw .invalidRequest(parameter: "amount", reason: "must be at least 1 fen")
        }
        guard (1...127).contains(order.description.unicodeScalars.count) else {
            throw .invalidRequest(parameter: "description", reason: "needs 1 to 127 characters")
        }
        guard (order.attach?.utf8.count ?? 0) <= 128 else {
            throw .invalidRequest(parameter: "attach", reason: "may have 128 bytes")
        }
        let validity = order.expires.timeIntervalSince(now())
        guard validity >= 1, validity <= 7 * 86_400 else {
            throw .invalidRequest(
                parameter: "time_expire", reason: "must lie within 7 days from now")
        }
        try WeChatPayRules.checkNotifyURL(order.notifyURL)
    }
}

/// What WeChat Pay API v3 says about numbers and addresses.
enum WeChatPayRules {
    static func checkOrderNumber(_ number: String) throws(WeChatPayError) {
        guard (6...32).contains(number.utf8.count), isMade(of: "_-*", number) else {
            throw .invalidRequest(
                parameter: "out_trade_no", reason: "needs 6 to 32 of A-Z a-z 0-9 _ - *")
        }
    }

    static func checkRefundNumber(_ number: String) throws(WeChatPayError) {
        guard (1...64).contains(number.utf8.count), isMade(of: "_-|*@", number) else {
            throw .invalidRequest(
                parameter: "out_refund_no", reason: "needs 1 to 64 of A-Z a-z 0-9 _ - | * @")
        }
    }

    static func checkNotifyURL(_ url: String) throws(WeChatPayError) {
        guard url.utf8.starts(with: "https://".utf8) || url.utf8.starts(with: "http://".utf8),
            url.utf8.count <= 255, WebAddress.isPlain(url), !url.utf8.contains(UInt8(ascii: "?"))
        else {
            throw .invalidRequest(
                parameter: "notify_url", reason: "must be an absolute address without a query")
        }
    }

    private static func isMade(of others: String, _ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: others.utf8.contains(byte)
            }
        }
    }
}

extension WeChatPayClient.Response {
    func text(_ name: String) throws(WeChatPayError) -> String {
        guard let text = object.text(name), !text.isEmpty else { throw .unknown(.unreadable(name)) }
        return text
    }

    /// The signature does not bind the answer to the question, so the numbers must.
    func require(_ name: String, _ asked: String) throws(WeChatPayError) {
        guard isSameText(object.text(name), asked) else {
            throw .unknown(.otherOrder(asked: asked, received: object.text(name)))
        }
    }
}
