import Basics
import Foundation
import WeChatPay

/// What a merchant orders: the content of `POST /v3/pay/transactions/…`, checked.
struct WeChatOffer: Sendable {
    let product: WeChatOrder.Product
    let outTradeNo: String
    let description: String
    let attach: String?
    let total: Int64
    let notifyURL: String
    let openID: String
    let terms: String
    /// nil: seven days from the order.
    let expiresAt: Instant?

    init(
        _ content: WeChatContent, _ product: WeChatOrder.Product, targets: NotifyTargets
    ) throws(WeChatRefusal) {
        self.product = product
        guard content.text("mchid") == SandboxWeChatPay.mchID else { throw .unknownMerchant }
        guard content.text("appid") == SandboxWeChatPay.appID else { throw .appMismatch }
        outTradeNo = try content.required("out_trade_no", longest: 32)
        guard outTradeNo.utf8.count >= 6, outTradeNo.utf8.allSatisfy({ isLetter($0, or: "_-*") })
        else { throw .invalid("out_trade_no") }
        description = try content.required("description", longest: 127)
        attach = try content.optional("attach", longest: 128)
        total = try content.fen("amount/total")
        guard content.text("amount/currency") ?? "CNY" == "CNY" else {
            throw .invalid("amount/currency")
        }
        notifyURL = try content.required("notify_url", longest: 255)
        guard !notifyURL.contains("?"), targets.allow(notifyURL) else {
            throw .invalid("notify_url")
        }
        expiresAt = try Self.expiry(content)
        openID = try Self.payer(content, product)
        terms = content.canonical
    }

    private static func expiry(_ content: WeChatContent) throws(WeChatRefusal) -> Instant? {
        guard let text = try content.optional("time_expire", longest: 64) else { return nil }
        guard let moment = WeChatPayTime.moment(text) else { throw .invalid("time_expire") }
        return Instant(seconds: Int64(moment.timeIntervalSince1970))
    }

    /// Who will pay, where the merchant has to know it; and the payer's address, for a browser.
    private static func payer(
        _ content: WeChatContent, _ product: WeChatOrder.Product
    ) throws(WeChatRefusal) -> String {
        switch product {
        case .jsapi: return try content.required("payer/openid", longest: 128)
        case .h5:
            _ = try content.required("scene_info/payer_client_ip", longest: 45)
            _ = try content.required("scene_info/h5_info/type", longest: 32)
        case .app, .native: break
        }
        return SandboxWeChatPay.openID
    }

    func order(
        _ id: ID<WeChatOrder>, token: String, at now: Instant
    ) throws(WeChatRefusal) -> WeChatOrder {
        let last = now + WeChatOrder.longest
        let end = expiresAt.map { min($0, last) } ?? last
        guard now < end else { throw .invalid("time_expire") }
        return WeChatOrder(
            id: id, outTradeNo: outTradeNo, token: token, product: product,
            description: description, attach: attach, total: total, notifyURL: notifyURL,
            openID: openID, terms: terms, state: .waiting, refunded: 0, createdAt: now,
            expiresAt: end, preparedAt: now, paidAt: nil, closedAt: nil)
    }
}

extension WeChatRefundWish {
    /// The content of `POST /v3/refund/domestic/refunds`, checked.
    init(_ content: WeChatContent, targets: NotifyTargets) throws(WeChatRefusal) {
        number = try content.required("out_refund_no", longest: 64)
        guard number.utf8.allSatisfy({ isLetter($0, or: "_-|*@") }) else {
            throw .invalid("out_refund_no")
        }
        fen = try content.fen("amount/refund")
        total = try content.fen("amount/total")
        guard content.text("amount/currency") == "CNY" else { throw .invalid("amount/currency") }
        reason = try content.optional("reason", longest: 80)
        notifyURL = try content.optional("notify_url", longest: 255)
        if let notifyURL, notifyURL.contains("?") || !targets.allow(notifyURL) {
            throw .invalid("notify_url")
        }
    }
}

/// A letter or digit, or one of these.
private func isLetter(_ byte: UInt8, or others: String) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: others.utf8.contains(byte)
    }
}
