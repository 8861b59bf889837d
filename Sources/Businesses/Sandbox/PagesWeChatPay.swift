import Basics
import Hummingbird
import Store
import WeChatPay
import Web
import WireKit

extension SandboxModule {
    /// What the payer's phone shows, and the ways that lead there: a code that was scanned, an address
    /// for a browser, and the parameters that a mini program, a page inside WeChat or an app hands
    /// over.
    func addWeChatCashier(to site: Site) {
        let folder = SandboxWeChatPay.folder
        site.get("\(folder)/cashier/{token}") { [self] page in
            let (order, faults, _) = try await look(at: try page.path("token"))
            guard let order else { throw Problem.notFound }
            return show(order, faults, page)
        }
        // The token is what a payer needs, and no cookie is looked at.
        site.raw(.post, "\(folder)/cashier/{token}/pay") { [wechatpay] request, context in
            let token = context.parameters.get("token") ?? ""
            let password = try await request.typed("password")
            let failure = try await CashierFailure.pressing {
                try await wechatpay.pay(token: token, password: password)
            }
            let query = [failure?.query ?? CashierVisit.paid, request.uri.query].compactMap { $0 }
                .joined(separator: "&")
            return .redirect(to: "\(folder)/cashier/\(token)?\(query)")
        }
        site.get("\(folder)/scan") { [self] page in
            let prefix = WeChatOrder.codePrefix
            let code = page.query("code_url") ?? ""
            return try await open(
                code.hasPrefix(prefix) ? String(code.dropFirst(prefix.count)) : "", page, "code-url"
            ) { $0.product == .native }
        }
        site.get("\(folder)/h5") { [self] page in
            let mark = page.query("package") ?? ""
            return try await open(Self.token(page.query("prepay_id")), page, "h5") {
                $0.product == .h5 && mark == String($0.preparedAt.secondsSinceEpoch)
            }
        }
        for (path, parameters) in [("jsapi", PayerParameters.jsapi), ("app", .app)] {
            site.get("\(folder)/\(path)") { [self] page in
                let isSigned = parameters.areSigned(page, by: wechatpay.keys)
                let token = Self.token(parameters.prepayID(page))
                return try await open(token, page, "pay-sign") {
                    isSigned && $0.product.rawValue == path
                }
            }
        }
    }

    private static func token(_ prepayID: String?) -> String {
        guard let prepayID, prepayID.hasPrefix("wx") else { return "" }
        return String(prepayID.dropFirst(2))
    }

    /// Shows the order if what leads here is still valid, and otherwise why not.
    private func open(
        _ token: String, _ page: SiteRequest, _ reason: String,
        _ isRight: (WeChatOrder) -> Bool
    ) async throws -> Response {
        let (order, faults, now) = try await look(at: token)
        // What was paid may be looked at again.
        guard let order, isRight(order), order.state == .paid || order.isReachable(at: now) else {
            return page.fragment(
                "sandbox-refused",
                RefusedModel(
                    subCode: reason.uppercased(), message: page.text("sandbox.refused.\(reason)"),
                    outTradeNo: order?.outTradeNo ?? "", isWeChat: true))
        }
        return show(order, faults, page)
    }

    /// The order that a payer has come for, and what is wrong with its cashier.
    private func look(at token: String) async throws -> (WeChatOrder?, FaultSettings, Instant) {
        try await database.read { snapshot in
            let order = try snapshot.wechatOrder(token: token)
            let faults = try snapshot.faults(of: order?.outTradeNo, at: .wechatpay)
            return (order, faults, snapshot.now)
        }
    }

    private func show(
        _ order: WeChatOrder, _ faults: FaultSettings, _ page: SiteRequest
    ) -> Response {
        page.fragment(
            "sandbox-cashier",
            CashierModel(
                order, back: back(page), CashierVisit(page, faults)))
    }

    /// Where the browser goes afterwards, if that is this server or this machine: a page that sent
    /// people anywhere would be a tool for luring them.
    private func back(_ page: SiteRequest) -> String? {
        page.query("redirect_url").flatMap { wechatpay.targets.allow($0) ? $0 : nil }
    }
}

/// What the merchant's client hands to WeChat, signed by the merchant.
private struct PayerParameters {
    let names: (app: String, time: String, nonce: String, prepay: String, sign: String)

    static let jsapi = PayerParameters(
        names: ("appId", "timeStamp", "nonceStr", "package", "paySign"))
    static let app = PayerParameters(
        names: ("appid", "timestamp", "noncestr", "prepayid", "sign"))

    func prepayID(_ page: SiteRequest) -> String? {
        let value = page.query(names.prepay)
        guard let value, value.hasPrefix("prepay_id=") else { return value }
        return String(value.dropFirst("prepay_id=".count))
    }

    func areSigned(_ page: SiteRequest, by keys: SandboxWeChatKeys) -> Bool {
        // A mini program knows its own application and does not send it.
        let app = page.query(names.app) ?? SandboxWeChatPay.appID
        guard app == SandboxWeChatPay.appID, let time = page.query(names.time),
            let nonce = page.query(names.nonce), let prepay = page.query(names.prepay),
            let sign = page.query(names.sign),
            let key = try? RSAKeys.publicKey(keys.merchant.publicKey.pemRepresentation)
        else { return false }
        return RSASignature.isValid(
            Array(sign.utf8), of: Array("\(app)\n\(time)\n\(nonce)\n\(prepay)\n".utf8), with: key)
    }
}
