import Foundation

/// What the payer is asked to pay.
public struct AlipayOrder: Hashable, Sendable {
    /// The merchant's number: 1 to 64 of `A-Z a-z 0-9 _`, never used again for another amount.
    public var outTradeNo: String
    /// 0.01 to 100,000,000.00 yuan.
    public var amount: AlipayAmount
    /// The title the payer sees: 1 to 256 characters.
    public var subject: String
    /// When the offer ends. Until a payer opens the cashier there is no trade to close, so this
    /// moment is the only thing that ends the validity of an address once handed out.
    public var expires: Date

    /// An order.
    public init(outTradeNo: String, amount: AlipayAmount, subject: String, expires: Date) {
        self.outTradeNo = outTradeNo
        self.amount = amount
        self.subject = subject
        self.expires = expires
    }
}

extension AlipayClient {
    /// The address of the cashier for a desktop browser (`alipay.trade.page.pay`).
    ///
    /// Nothing is sent: give the address to the payer's browser. The same arguments give the
    /// same address.
    ///
    /// - Parameters:
    ///   - notifyURL: where Alipay posts notifications.
    ///   - returnURL: where Alipay sends the browser afterwards.
    ///   - timestamp: the present moment.
    /// - Throws: ``AlipayError/invalidRequest(parameter:reason:)`` if the order breaks Alipay's
    ///   rules, ``AlipayError/cannotSign(_:)``.
    public func pageURL(
        _ order: AlipayOrder, notifyURL: String, returnURL: String? = nil, at timestamp: Date
    ) throws(AlipayError) -> String {
        var content = try content(of: order, at: timestamp)
        content["product_code"] = "FAST_INSTANT_TRADE_PAY"
        return try cashierURL(
            "alipay.trade.page.pay", content, notifyURL, returnURL, at: timestamp)
    }

    /// The address of the cashier for a browser on a phone (`alipay.trade.wap.pay`).
    ///
    /// - Parameters:
    ///   - notifyURL: where Alipay posts notifications.
    ///   - returnURL: where Alipay sends the browser afterwards.
    ///   - quitURL: where the browser goes if the payer gives up.
    ///   - timestamp: the present moment.
    /// - Throws: ``AlipayError/invalidRequest(parameter:reason:)`` if the order breaks Alipay's
    ///   rules, ``AlipayError/cannotSign(_:)``.
    public func wapURL(
        _ order: AlipayOrder, notifyURL: String, returnURL: String? = nil, quitURL: String? = nil,
        at timestamp: Date
    ) throws(AlipayError) -> String {
        var content = try content(of: order, at: timestamp)
        content["product_code"] = "QUICK_WAP_WAY"
        content["quit_url"] = quitURL
        return try cashierURL("alipay.trade.wap.pay", content, notifyURL, returnURL, at: timestamp)
    }

    /// The order string for Alipay's SDK in an app on a phone (`alipay.trade.app.pay`): the app hands
    /// it to the SDK as it is. Nothing is sent, and the same arguments give the same string.
    ///
    /// What the SDK tells the app afterwards is a hint, like a browser's return: ask
    /// ``query(_:)``.
    ///
    /// - Parameters:
    ///   - notifyURL: where Alipay posts notifications.
    ///   - timestamp: the present moment.
    /// - Throws: ``AlipayError/invalidRequest(parameter:reason:)`` if the order breaks Alipay's
    ///   rules, ``AlipayError/cannotSign(_:)``.
    public func appOrder(
        _ order: AlipayOrder, notifyURL: String, at timestamp: Date
    ) throws(AlipayError) -> String {
        var content = try content(of: order, at: timestamp)
        content["product_code"] = "QUICK_MSECURITY_PAY"
        let form = try request(
            "alipay.trade.app.pay", content, at: timestamp, notifyURL: notifyURL)
        return try signed(form).encoded
    }

    private func cashierURL(
        _ method: String, _ content: [String: String], _ notifyURL: String, _ returnURL: String?,
        at timestamp: Date
    ) throws(AlipayError) -> String {
        let form = try request(
            method, content, at: timestamp, notifyURL: notifyURL, returnURL: returnURL)
        return "\(configuration.gatewayURL)?\(try signed(form).encoded)"
    }

    func content(
        of order: AlipayOrder, at timestamp: Date
    ) throws(AlipayError) -> [String: String] {
        let number = order.outTradeNo.utf8
        guard (1...64).contains(number.count), number.allSatisfy(isWordByte) else {
            throw .invalidRequest(
                parameter: "out_trade_no", reason: "needs 1 to 64 of A-Z a-z 0-9 _")
        }
        guard (1...10_000_000_000).contains(order.amount.fen) else {
            throw .invalidRequest(
                parameter: "total_amount", reason: "must lie between 0.01 and 100000000.00 yuan")
        }
        guard (1...256).contains(order.subject.unicodeScalars.count) else {
            throw .invalidRequest(parameter: "subject", reason: "needs 1 to 256 characters")
        }
        // Alipay would take it, and the payment's notification would then be refused as ambiguous.
        guard
            AlipayForm.hiddenName(in: order.subject.utf8, among: AlipayNotification.names) == nil
        else {
            throw .invalidRequest(parameter: "subject", reason: "looks like a signed parameter")
        }
        let validity = order.expires.timeIntervalSince(timestamp)
        guard validity >= 1, validity <= 15 * 86_400 else {
            throw .invalidRequest(
                parameter: "time_expire", reason: "must lie within 15 days from now")
        }
        return [
            "out_trade_no": order.outTradeNo,
            "total_amount": order.amount.yuan,
            "subject": order.subject,
            "time_expire": AlipayTime.text(order.expires),
        ]
    }
}

private func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
        true
    default: false
    }
}
