import Alipay
import Basics
import Foundation

/// What a merchant asks a payer to pay: the content of `page.pay`, `wap.pay`, `app.pay` and
/// `precreate`, checked.
struct TradeOffer: Hashable, Sendable {
    /// 100,000,000 yuan.
    private static let most: Int64 = 10_000_000_000

    let outTradeNo: String
    let app: SandboxApp
    let product: SandboxTrade.Product
    let subject: String
    let total: AlipayAmount
    let expiresAt: Instant
    let notifyURL: String?
    let returnURL: String?
    let quitURL: String?
    let passback: String?

    init(
        _ request: GatewayRequest, _ product: SandboxTrade.Product, _ app: SandboxApp,
        targets: NotifyTargets
    ) throws(GatewayRefusal) {
        self.app = app
        outTradeNo = try request.required("out_trade_no")
        guard outTradeNo.utf8.count <= 64, outTradeNo.utf8.allSatisfy(Self.isWord) else {
            throw .invalidParameter("out_trade_no")
        }
        // A code to be scanned is for one product only, which need not be named.
        if product.isCashier || request.content["product_code"] != nil {
            guard try request.required("product_code") == product.code else {
                throw .invalidParameter("product_code")
            }
        }
        self.product = product
        subject = try request.required("subject")
        guard subject.unicodeScalars.count <= 256 else { throw .invalidParameter("subject") }
        total = try request.amount("total_amount")
        guard total.fen > 0 else { throw .invalidParameter("total_amount") }
        guard total.fen <= Self.most else { throw .totalFeeExceed }
        expiresAt = try Self.expiry(request)
        notifyURL = request.form["notify_url"]
        returnURL = request.form["return_url"]
        quitURL = request.content["quit_url"]
        passback = request.content["passback_params"]
        if let notifyURL, !targets.allow(notifyURL) { throw .invalidNotifyURL }
        // These become links on the cashier page.
        guard [returnURL, quitURL].allSatisfy({ $0.map(Self.isWebAddress) ?? true }) else {
            throw .invalidReturnURL
        }
    }

    /// The end the merchant named, by a time or by a span from the request; without one, fifteen days
    /// from the request.
    private static func expiry(_ request: GatewayRequest) throws(GatewayRefusal) -> Instant {
        let stamp = request.form["timestamp"].flatMap(AlipayTime.moment)
        if let text = request.content["time_expire"] {
            guard let moment = AlipayTime.moment(text) else {
                throw .invalidParameter("time_expire")
            }
            return Instant(seconds: Int64(moment.timeIntervalSince1970))
        }
        let span = request.content["timeout_express"].map(seconds) ?? longest
        guard let stamp, let span else { throw .invalidParameter("timeout_express") }
        return Instant(seconds: Int64(stamp.timeIntervalSince1970) + span)
    }

    private static let longest: Int64? = 15 * 86_400

    /// The seconds of "30m", "2h" or "1d", from one minute to fifteen days; nil for anything else.
    private static func seconds(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400]
        guard text.utf8.count <= 6, let unit = text.last.flatMap({ units[$0] }),
            let count = Int64(text.dropLast()), count > 0, count * unit <= 15 * 86_400
        else { return nil }
        return count * unit
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let url = URLComponents(string: text), let host = url.host else { return false }
        return (url.scheme == "http" || url.scheme == "https") && !host.isEmpty
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    /// The trade that the first payer to open it brings into being.
    func trade(_ id: ID<SandboxTrade>, token: String, at now: Instant) -> SandboxTrade {
        SandboxTrade(
            id: id, outTradeNo: outTradeNo, token: token, app: app, product: product,
            subject: subject, total: total, notifyURL: notifyURL, returnURL: returnURL,
            quitURL: quitURL,
            passback: passback, state: .waiting, refunded: AlipayAmount(fen: 0), createdAt: now,
            expiresAt: expiresAt, paidAt: nil, refundedAt: nil, closedAt: nil)
    }

    func isSame(as trade: SandboxTrade) -> Bool {
        trade.total == total && trade.subject == subject && trade.product == product
    }
}
