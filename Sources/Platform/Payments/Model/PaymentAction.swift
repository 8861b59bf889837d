import Basics
import Web

/// What the payer has to do next. Which fields there are depends on `kind`.
package struct PaymentAction: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, CaseIterable, Sendable {
        /// The browser goes to `url`.
        case redirect
        /// A phone scans `code`.
        case qr
        /// A page or mini program inside WeChat hands `appId` to `paySign` to WeChat.
        case jsapi
        /// An app hands `orderString` to Alipay's SDK, or `appid` to `sign` to WeChat's.
        case app
    }

    package var kind: Kind
    /// Where to go; of a QR code, its text.
    package var url: String?
    /// The text to show as a QR code.
    package var code: String?
    /// For Alipay's SDK, as it is.
    package var orderString: String?

    /// For `wx.requestPayment` and `WeixinJSBridge`, under the names they want.
    package var appId: String?
    package var timeStamp: String?
    package var nonceStr: String?
    package var package: String?
    package var signType: String?
    package var paySign: String?

    /// For WeChat's SDK in an app, with `package`, under the names it wants.
    package var appid: String?
    package var partnerid: String?
    package var prepayid: String?
    package var noncestr: String?
    package var timestamp: String?
    package var sign: String?

    /// From then on it may not work any more; the payment, asked for again, has a fresh one.
    package var expiresAt: Instant?

    package init(kind: Kind, url: String? = nil, expiresAt: Instant? = nil) {
        self.kind = kind
        self.url = url
        self.expiresAt = expiresAt
    }

    package static func qr(_ code: String, expiresAt: Instant?) -> PaymentAction {
        var action = PaymentAction(kind: .qr, url: code, expiresAt: expiresAt)
        action.code = code
        return action
    }

    /// Whether a payer who gets it now has time to use it.
    func isFresh(at now: Instant) -> Bool {
        expiresAt.map { now + .seconds(30) < $0 } ?? true
    }
}

extension PaymentAction: SchemaNarrowing {
    package static var narrower: [String: JSONSchema] {
        func told(_ text: String) -> JSONSchema { JSONSchema([:]).described(text) }
        let jsapi = "`jsapi`: handed to `wx.requestPayment` as it is."
        let app = "`app` at WeChat Pay: handed to WeChat's SDK as it is."
        var all = [
            "url": told("`redirect`: where the browser goes. `qr`: the same as `code`."),
            "code": told("`qr`: the text to show as a QR code."),
            "orderString": told("`app` at Alipay: handed to Alipay's SDK as it is."),
            "package": told("`jsapi` and `app` at WeChat Pay: handed on as it is."),
            "expiresAt": told(
                "From then on it may not work; ask for the payment again to get a fresh one."),
        ]
        for name in ["appId", "timeStamp", "nonceStr", "signType", "paySign"] {
            all[name] = told(jsapi)
        }
        for name in ["appid", "partnerid", "prepayid", "noncestr", "timestamp", "sign"] {
            all[name] = told(app)
        }
        return all
    }
}

/// Why there is no action although the payment is open.
package enum ActionProblem: String, Codable, CaseIterable, Sendable {
    /// Nobody can tell yet. To ask for the payment once more tries again.
    case gatewayUnreachable = "gateway-unreachable"
    /// The gateway said no. Another way to pay may do.
    case gatewayRefused = "gateway-refused"
}
