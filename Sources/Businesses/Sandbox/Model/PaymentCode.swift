import Alipay
import Basics

/// What a code to be scanned stands for (`alipay.trade.precreate`). There is no trade before somebody
/// has scanned it.
struct PaymentCode: Hashable, Sendable {
    /// How long a code can be scanned, if its order does not end sooner.
    static let lifetime = Duration.hours(2)

    let outTradeNo: String
    /// Unguessable: the code's address is all that a payer needs.
    var token: String
    let app: SandboxApp
    let subject: String
    let total: AlipayAmount
    let notifyURL: String?
    let passback: String?
    /// When the order ends.
    var expiresAt: Instant
    var scannableUntil: Instant
}

extension PaymentCode {
    init(_ offer: TradeOffer, token: String, at now: Instant) {
        self.init(
            outTradeNo: offer.outTradeNo, token: token, app: offer.app, subject: offer.subject,
            total: offer.total, notifyURL: offer.notifyURL, passback: offer.passback,
            expiresAt: offer.expiresAt,
            scannableUntil: min(offer.expiresAt, now + Self.lifetime))
    }

    /// Whether an order asks for the same once more.
    func isFor(_ offer: TradeOffer) -> Bool { total == offer.total && subject == offer.subject }

    /// The same order, asked for once more: the same code, or a new one if it cannot be scanned any
    /// longer.
    /// - Parameter token: makes another token, if need be.
    mutating func renew(
        _ offer: TradeOffer, at now: Instant, token: () throws -> String
    ) rethrows {
        expiresAt = offer.expiresAt
        guard now >= scannableUntil else { return }
        self.token = try token()
        scannableUntil = min(offer.expiresAt, now + Self.lifetime)
    }

    /// The trade that the first scan brings into being.
    func trade(_ id: ID<SandboxTrade>, token: String, at now: Instant) -> SandboxTrade {
        SandboxTrade(
            id: id, outTradeNo: outTradeNo, token: token, app: app, product: .precreate,
            subject: subject, total: total, notifyURL: notifyURL, returnURL: nil, quitURL: nil,
            passback: passback, state: .waiting, refunded: AlipayAmount(fen: 0), createdAt: now,
            expiresAt: expiresAt, paidAt: nil, refundedAt: nil, closedAt: nil)
    }
}
