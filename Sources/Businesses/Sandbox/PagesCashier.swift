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
            let (trade, now) = try await database.read { snapshot in
                (try snapshot.trade(token: token), snapshot.now)
            }
            guard let trade else { throw Problem.notFound }
            let model = CashierModel(
                trade, returnAddress: try await alipay.returnAddress(trade, at: now),
                hasLeft: page.query("left") != nil)
            return page.fragment("sandbox-cashier", model)
        }
        // The token is what a payer needs, and no cookie is looked at.
        site.raw(.post, "/sandbox/alipay/cashier/{token}/pay") { [alipay] _, context in
            let token = context.parameters.get("token") ?? ""
            do {
                try await alipay.pay(token: token)
            } catch let problem as Problem where problem == .sandboxTradeClosed {
                // The page says so.
            }
            return .redirect(to: "/sandbox/alipay/cashier/\(token)")
        }
        // What a code shows: whoever scans it opens this.
        site.get("/sandbox/alipay/qr/{token}") { [alipay] page in
            let token = try await alipay.scan(try page.path("token"))
            return page.redirect(to: "/sandbox/alipay/cashier/\(token)")
        }
        site.get("/sandbox/alipay/phone") { page in page.fragment("sandbox-phone") }
        site.raw(.post, "/sandbox/alipay/phone") { [alipay] request, _ in
            let body = Array(try await request.bytes(upTo: BodyLimits.form).readableBytesView)
            guard let text = (try? AlipayForm(decoding: body))?["content"] else {
                throw Problem.unreadable
            }
            return .redirect(to: try await alipay.pageOnPhone(text))
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

extension SandboxAlipay {
    /// Where a payer's phone goes with what it has scanned, or been given by a shop's app.
    fileprivate func pageOnPhone(_ text: String) async throws -> String {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        if let code = text.firstMatch(of: /\/sandbox\/alipay\/qr\/([0-9a-z]+)$/) {
            return "/sandbox/alipay/cashier/\(try await scan(String(code.1)))"
        }
        switch try await answer(query: text, body: [], only: .app) {
        case .cashier(let token): return "/sandbox/alipay/cashier/\(token)"
        case .refused(let call): return "/sandbox/alipay/refused/\(call)"
        case .json, .lost, .unavailable: throw Problem.sandboxNothingToPay
        }
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
    let isPaid: Bool
    let isClosed: Bool
    let hasLeft: Bool
    let refunded: Amount
    let hasRefund: Bool
    let returnAddress: String?
    let quitAddress: String

    init(_ trade: SandboxTrade, returnAddress: String?, hasLeft: Bool) {
        isWeChat = false
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
        isWaiting = trade.state == .waiting && !hasLeft
        self.hasLeft = trade.state == .waiting && hasLeft
        refunded = Amount(trade.refunded.fen)
        hasRefund = trade.refunded.fen > 0
        self.returnAddress = returnAddress
        quitAddress = trade.quitURL ?? "\(address)?left=1"
    }

    /// - Parameter back: where the browser goes afterwards.
    init(_ order: WeChatOrder, back: String?, hasLeft: Bool) {
        let query = back.map {
            "redirect_url=\($0.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "")"
        }
        isWeChat = true
        here = order.page + (query.map { "?\($0)" } ?? "")
        payAction = "\(order.page)/pay" + (query.map { "?\($0)" } ?? "")
        subject = order.description
        amount = Amount(order.total)
        outTradeNo = order.outTradeNo
        tradeNo = order.state == .paid ? order.transactionID : nil
        expiresAt = order.expiresAt
        isPaid = order.state == .paid
        isClosed = order.state == .closed
        isWaiting = order.state == .waiting && !hasLeft
        self.hasLeft = order.state == .waiting && hasLeft
        refunded = Amount(order.refunded)
        hasRefund = order.refunded > 0
        returnAddress = back
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
