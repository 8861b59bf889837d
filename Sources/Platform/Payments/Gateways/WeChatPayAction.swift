import Basics
import Foundation
import Money
import WeChatPay

extension Gateway.Channel {
    /// WeChat Pay's: it is told of each order before a payer can begin.
    static let ofWeChatPay: [Gateway.Channel] = [
        Gateway.Channel("native", isCall: true),
        Gateway.Channel("h5", isCall: true, need: .address),
        Gateway.Channel("jsapi", isCall: true, need: .account),
        Gateway.Channel("app", isCall: true),
    ]
}

extension WeChatPaySeller {
    private static let codeLifetime = Duration.hours(2)
    private static let h5Lifetime = Duration.minutes(5)

    /// Orders the payment, or once more with the same content, which renews what WeChat Pay gave.
    func action(_ payment: Payment, _ payer: PayerContext) async throws -> PaymentAction {
        do {
            return try await prepay(payment, payer)
        } catch let error as WeChatPayError {
            throw ActionFailure(error)
        }
    }

    private func prepay(_ payment: Payment, _ payer: PayerContext) async throws -> PaymentAction {
        let attempt = payment.attempt
        let begun = Instant(client.now())
        let order = WeChatPayOrder(
            appID: appID, outTradeNo: attempt.outTradeNo, total: attempt.amount.minorUnits,
            description: payment.intent.title.cut(to: 127), expires: Date(attempt.timeExpire),
            notifyURL: notifyURL)
        switch attempt.channel {
        case "h5":
            let url = try await client.h5Prepay(order, payerIP: payer.address ?? "")
            return PaymentAction(
                kind: .redirect, url: returning(url, attempt),
                expiresAt: begun + Self.h5Lifetime)
        case "jsapi":
            let id = try await client.jsapiPrepay(
                order, openID: WeChatPayOpenID(payer.account ?? ""))
            return try jsapi(id, expiresAt: begun + Self.codeLifetime)
        case "app":
            let id = try await client.appPrepay(order)
            return try app(id, expiresAt: begun + Self.codeLifetime)
        default:
            let code = try await client.nativePrepay(order)
            return .qr(code, expiresAt: begun + Self.codeLifetime)
        }
    }

    private func jsapi(_ prepayID: String, expiresAt: Instant) throws -> PaymentAction {
        let signed = try client.jsapiParameters(prepayID: prepayID, appID: appID)
        var action = PaymentAction(kind: .jsapi, expiresAt: expiresAt)
        action.appId = signed.appId
        action.timeStamp = signed.timeStamp
        action.nonceStr = signed.nonceStr
        action.package = signed.package
        action.signType = signed.signType
        action.paySign = signed.paySign
        return action
    }

    private func app(_ prepayID: String, expiresAt: Instant) throws -> PaymentAction {
        let signed = try client.appParameters(prepayID: prepayID, appID: appID)
        var action = PaymentAction(kind: .app, expiresAt: expiresAt)
        action.appid = signed.appid
        action.partnerid = signed.partnerid
        action.prepayid = signed.prepayid
        action.package = signed.package
        action.noncestr = signed.noncestr
        action.timestamp = signed.timestamp
        action.sign = signed.sign
        return action
    }

    /// The cashier's address, with where the browser goes afterwards.
    private func returning(_ url: String, _ attempt: PaymentAttempt) -> String {
        let place = "\(publicURL)/payments/wechatpay/return?out_trade_no=\(attempt.outTradeNo)"
        let plain = CharacterSet.alphanumerics.intersection(
            CharacterSet(charactersIn: Unicode.Scalar(0)...Unicode.Scalar(127)))
        let encoded = place.addingPercentEncoding(withAllowedCharacters: plain) ?? ""
        return "\(url)\(url.contains("?") ? "&" : "?")redirect_url=\(encoded)"
    }
}

extension ActionFailure {
    init(_ error: WeChatPayError) {
        switch error {
        case .unknown(let why): self = .unknown("\(why)")
        case .refused(let fault)
        where WeChatPayCode.isPaid(fault) || WeChatPayCode.isClosed(fault)
            || fault.code == WeChatPayCode.outTradeNoUsed:
            self = .taken(fault.code)
        case .refused(let fault) where WeChatPayCode.isTooOften(fault): self = .busy(fault.code)
        case .refused(let fault): self = .refused(fault.code)
        case .invalidRequest(let parameter, let reason): self = .refused("\(parameter) \(reason)")
        case .cannotSign(let why): self = .refused("\(why)")
        }
    }
}
