import Alipay
import Basics
import Foundation
import Hummingbird
import Money
import Store
import Web

extension SandboxModule {
    /// The pages of the gateway, which are not the shop's: without its layout, in colours of its own.
    func addCashier(to site: Site) {
        site.get("/sandbox/alipay/cashier/{token}") { [self] page in
            let token = try page.path("token")
            let (trade, faults, now) = try await database.read { snapshot in
                let trade = try snapshot.trade(token: token)
                let faults = try snapshot.faults(of: trade?.outTradeNo, at: .alipay)
                return (trade, faults, snapshot.now)
            }
            guard let trade else { throw Problem.notFound }
            let model = CashierModel(
                trade, returnAddress: try await alipay.returnAddress(trade, at: now),
                CashierVisit(page, faults))
            return page.fragment("sandbox-cashier", model)
        }
        // The token is what a payer needs, and no cookie is looked at.
        site.raw(.post, "/sandbox/alipay/cashier/{token}/pay") { [alipay] request, context in
            let token = context.parameters.get("token") ?? ""
            let password = try await request.typed("password")
            let failure = try await CashierFailure.pressing {
                try await alipay.pay(token: token, password: password)
            }
            let query = failure?.query ?? CashierVisit.paid
            return .redirect(to: "/sandbox/alipay/cashier/\(token)?\(query)")
        }
        // What a code shows: whoever scans it opens this.
        site.get("/sandbox/alipay/qr/{token}") { [alipay] page in
            let token = try await alipay.scan(try page.path("token"))
            return page.redirect(to: "/sandbox/alipay/cashier/\(token)")
        }
        site.get("/sandbox/alipay/refused/{call}") { [database] page in
            let id = try page.id(ID<GatewayCall>.self, "call")
            guard let call = try await database.read({ try $0.call(id) }), call.subCode != nil
            else { throw Problem.notFound }
            return page.fragment(
                "sandbox-refused",
                RefusedModel(
                    subCode: call.subCode ?? call.code, message: call.message,
                    outTradeNo: call.outTradeNo, isWeChat: false))
        }
    }
}

extension SandboxAlipay {
    /// Where the payer's browser goes after paying: the merchant's address with signed parameters.
    /// nil if the merchant named none, or nothing was paid.
    func returnAddress(_ trade: SandboxTrade, at now: Instant) async throws -> String? {
        guard let address = trade.returnURL, trade.paidAt != nil else { return nil }
        let voice = try await shelf.voice(to: trade.app)
        var form = trade.returnForm(sellerID: Self.sellerID, at: now)
        form["alipay_cert_sn"] = voice.serial
        form = try form.signedAsNotification(with: voice.key)
        return "\(address)\(address.contains("?") ? "&" : "?")\(form.encoded)"
    }
}

extension CashierFailure {
    /// What the cashier's address says of it.
    var query: String { "failed=\(rawValue)" }

    /// Presses the button. What the payer did wrong is returned, for the page to say; that a trade is
    /// closed it says by itself.
    static func pressing(_ pay: () async throws -> Void) async throws -> CashierFailure? {
        do {
            try await pay()
            return nil
        } catch let problem as Problem where problem == .sandboxTradeClosed {
            return nil
        } catch let problem as Problem {
            guard let failure = CashierFailure(problem) else { throw problem }
            return failure
        }
    }
}

extension Request {
    /// A field of a form that needs no guard against forgery; nil if it was not sent.
    func typed(_ name: String) async throws -> String? {
        let body = Array(try await bytes(upTo: BodyLimits.form).readableBytesView)
        return (try? AlipayForm(decoding: body))?[name]
    }
}

/// How a payer comes to the cashier.
struct CashierVisit {
    /// Whether they have given up.
    let hasLeft: Bool
    /// Why the button, pressed, has paid nothing.
    let failure: String?
    /// Whether the button has just been pressed, and paid.
    let hasJustPaid: Bool
    /// What is wrong with the cashier: it may take more than it should.
    private let faults: FaultSettings

    init(_ page: SiteRequest, _ faults: FaultSettings) {
        self.faults = faults
        hasLeft = page.query("left") != nil
        hasJustPaid = page.query("paid") != nil
        failure = page.query("failed").flatMap(CashierFailure.init(rawValue:)).map {
            page.text("sandbox.cashier.failed.\($0.rawValue)")
        }
    }

    /// What the cashier's address says of it.
    static let paid = "paid=1"

    /// Whether there is a button to pay.
    func canPay(isWaiting: Bool, isPaid: Bool) -> Bool {
        isWaiting ? !hasLeft : faults.has(isPaid ? .doublePay : .payAfterClose)
    }
}

/// What a cashier shows.
struct CashierModel {
    let isWeChat: Bool
    /// Where the button posts to, and where one comes back to.
    let payAction: String
    let here: String
    let subject: String
    let amount: Amount
    let outTradeNo: String
    /// nil before the payment, where the gateway has none until then.
    let tradeNo: String?
    let expiresAt: Instant
    let isWaiting: Bool
    let canPay: Bool
    let isPaid: Bool
    let isClosed: Bool
    let hasLeft: Bool
    let refunded: Amount
    let hasRefund: Bool
    let returnAddress: String?
    /// Where the browser goes by itself, once, a moment after the payment; nil for nowhere.
    let nextAddress: String?
    let quitAddress: String
    let failure: String?
    let password = SandboxPayer.password

    init(_ trade: SandboxTrade, returnAddress: String?, _ visit: CashierVisit) {
        isWeChat = false
        failure = visit.failure
        let address = "/sandbox/alipay/cashier/\(trade.token)"
        here = address
        payAction = "\(address)/pay"
        subject = trade.subject
        amount = Amount(trade.total.fen)
        outTradeNo = trade.outTradeNo
        tradeNo = trade.tradeNo
        expiresAt = trade.expiresAt
        isPaid = trade.paidAt != nil
        isClosed = trade.state == .closed && trade.paidAt == nil
        isWaiting = trade.state == .waiting && !visit.hasLeft
        canPay = visit.canPay(isWaiting: trade.state == .waiting, isPaid: trade.paidAt != nil)
        hasLeft = trade.state == .waiting && visit.hasLeft
        refunded = Amount(trade.refunded.fen)
        hasRefund = trade.refunded.fen > 0
        self.returnAddress = returnAddress
        nextAddress = visit.hasJustPaid && isPaid ? returnAddress : nil
        quitAddress = trade.quitURL ?? "\(address)?left=1"
    }

    /// - Parameter back: where the browser goes afterwards.
    init(_ order: WeChatOrder, back: String?, _ visit: CashierVisit) {
        let query = back.map {
            "redirect_url=\($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        isWeChat = true
        failure = visit.failure
        here = order.page + (query.map { "?\($0)" } ?? "")
        payAction = "\(order.page)/pay" + (query.map { "?\($0)" } ?? "")
        subject = order.description
        amount = Amount(order.total)
        outTradeNo = order.outTradeNo
        tradeNo = order.state == .paid ? order.transactionID : nil
        expiresAt = order.expiresAt
        isPaid = order.state == .paid
        isClosed = order.state == .closed
        isWaiting = order.state == .waiting && !visit.hasLeft
        canPay = visit.canPay(isWaiting: order.state == .waiting, isPaid: order.state == .paid)
        hasLeft = order.state == .waiting && visit.hasLeft
        refunded = Amount(order.refunded)
        hasRefund = order.refunded > 0
        returnAddress = back
        nextAddress = visit.hasJustPaid && isPaid ? back : nil
        quitAddress = "\(order.page)?left=1" + (query.map { "&\($0)" } ?? "")
    }
}

/// Why the cashier did not open.
struct RefusedModel {
    let subCode: String
    let message: String
    let outTradeNo: String
    let isWeChat: Bool
}
