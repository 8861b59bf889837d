import Foundation

/// What a mini program hands to `wx.requestPayment`, and a page inside WeChat to
/// `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`. Encodes to exactly their fields.
public struct WeChatPayJSAPIParameters: Hashable, Sendable, Encodable {
    /// The application; nil for mini programs, which know their own.
    public let appId: String?
    /// Seconds since 1970, as text.
    public let timeStamp: String
    /// A random text.
    public let nonceStr: String
    /// `prepay_id=…`.
    public let package: String
    /// `RSA`.
    public let signType: String
    /// The merchant's signature, in base64.
    public let paySign: String
}

/// What an app hands to WeChat's SDK. Encodes to exactly its fields.
public struct WeChatPayAppParameters: Hashable, Sendable, Encodable {
    /// The application.
    public let appid: String
    /// The merchant's number.
    public let partnerid: String
    /// The `prepay_id`.
    public let prepayid: String
    /// `Sign=WXPay`.
    public let package: String
    /// A random text.
    public let noncestr: String
    /// Seconds since 1970, as text.
    public let timestamp: String
    /// The merchant's signature, in base64.
    public let sign: String
}

extension WeChatPayClient {
    /// Signs what a mini program needs to open the cashier.
    ///
    /// - Throws: ``WeChatPayError/cannotSign(_:)``.
    public func miniProgramParameters(
        prepayID: String, appID: String
    ) throws(WeChatPayError) -> WeChatPayJSAPIParameters {
        try jsapiParameters(prepayID: prepayID, appID: appID, namesApp: false)
    }

    /// Signs what a page inside WeChat needs to open the cashier.
    ///
    /// - Throws: ``WeChatPayError/cannotSign(_:)``.
    public func jsapiParameters(
        prepayID: String, appID: String
    ) throws(WeChatPayError) -> WeChatPayJSAPIParameters {
        try jsapiParameters(prepayID: prepayID, appID: appID, namesApp: true)
    }

    private func jsapiParameters(
        prepayID: String, appID: String, namesApp: Bool
    ) throws(WeChatPayError) -> WeChatPayJSAPIParameters {
        let timestamp = String(Int64(now().timeIntervalSince1970))
        let nonce = nonce()
        let package = "prepay_id=\(prepayID)"
        return WeChatPayJSAPIParameters(
            appId: namesApp ? appID : nil, timeStamp: timestamp, nonceStr: nonce,
            package: package, signType: "RSA",
            paySign: try paySign(appID, timestamp, nonce, package))
    }

    /// Signs what an app needs to open the cashier. Unlike inside WeChat, the signature covers the
    /// bare `prepay_id`.
    ///
    /// - Throws: ``WeChatPayError/cannotSign(_:)``.
    public func appParameters(
        prepayID: String, appID: String
    ) throws(WeChatPayError) -> WeChatPayAppParameters {
        let timestamp = String(Int64(now().timeIntervalSince1970))
        let nonce = nonce()
        return WeChatPayAppParameters(
            appid: appID, partnerid: configuration.mchID, prepayid: prepayID,
            package: "Sign=WXPay", noncestr: nonce, timestamp: timestamp,
            sign: try paySign(appID, timestamp, nonce, prepayID))
    }

    /// Four lines, each ended by a line feed, signed with the key that ordered the payment.
    private func paySign(
        _ appID: String, _ timestamp: String, _ nonce: String, _ last: String
    ) throws(WeChatPayError) -> String {
        do {
            return try WeChatPaySignature.sign(
                Array("\(appID)\n\(timestamp)\n\(nonce)\n\(last)\n".utf8),
                with: configuration.credentials.merchantKey)
        } catch {
            throw .cannotSign(error)
        }
    }
}
