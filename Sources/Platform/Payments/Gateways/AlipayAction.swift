import Alipay
import Basics
import Foundation
import Money

extension Gateway.Channel {
    /// Alipay's: two cashiers, an order for its SDK, and a QR code, for which it is called.
    static let ofAlipay: [Gateway.Channel] = [
        "page", "wap", "app", Gateway.Channel("native", isCall: true),
    ]
}

/// How long the text of a QR code can be scanned.
private let codeLifetime = Duration.hours(2)

func alipayAction(_ payment: Payment, _ client: AlipayClient, _ publicURL: String) async throws
    -> PaymentAction
{
    do {
        return try await unsafeAction(payment, client, publicURL)
    } catch let error as AlipayError {
        throw ActionFailure(error)
    }
}

private func unsafeAction(_ payment: Payment, _ client: AlipayClient, _ publicURL: String)
    async throws -> PaymentAction
{
    let attempt = payment.attempt
    let order = AlipayOrder(
        outTradeNo: attempt.outTradeNo, amount: AlipayAmount(fen: attempt.amount.minorUnits),
        subject: payment.intent.title, expires: Date(attempt.timeExpire))
    let notifyURL = "\(publicURL)/api/v1/gateways/alipay/notify"
    let returnURL = "\(publicURL)/payments/alipay/return"
    // Signed at the attempt's own time: a repeated request gets the same address to the letter.
    let time = Date(attempt.createdAt)
    switch attempt.channel {
    case "native":
        let begun = Instant(client.now())
        let code = try await client.precreate(order, notifyURL: notifyURL)
        return .qr(code, expiresAt: begun + codeLifetime)
    case "app":
        var action = PaymentAction(kind: .app)
        action.orderString = try client.appOrder(order, notifyURL: notifyURL, at: time)
        return action
    case "wap":
        let url = try client.wapURL(
            order, notifyURL: notifyURL, returnURL: returnURL, quitURL: returnURL, at: time)
        return PaymentAction(kind: .redirect, url: url)
    default:
        let url = try client.pageURL(
            order, notifyURL: notifyURL, returnURL: returnURL, at: time)
        return PaymentAction(kind: .redirect, url: url)
    }
}

extension ActionFailure {
    fileprivate init(_ error: AlipayError) {
        let taken = [
            AlipaySubCode.tradeHasSuccess, AlipaySubCode.tradeHasFinished,
            AlipaySubCode.tradeHasClose, AlipaySubCode.tradeStatusError,
            AlipaySubCode.contextInconsistent,
        ]
        switch error {
        case .unknown(let why): self = .unknown("\(why)")
        case .refused(let fault) where taken.contains(fault.subCode ?? ""):
            self = .taken(fault.subCode ?? fault.code)
        case .refused(let fault) where fault.code == "40005": self = .busy(fault.code)
        case .refused(let fault): self = .refused(fault.subCode ?? fault.code)
        case .invalidRequest(let parameter, let reason): self = .refused("\(parameter) \(reason)")
        case .cannotSign(let why): self = .refused("\(why)")
        }
    }
}
