import Alipay
import Basics
import Foundation
import Hummingbird
import Money
import Store
import Web

extension SandboxModule {
    /// Of each gateway.
    private static let mostCodes = 20

    /// The payer's phone. It sees the codes that shops show at this moment, and scans what is pasted
    /// into it: codes of both gateways, and what a shop's app hands to Alipay.
    func addPhone(to site: Site) {
        site.get("/sandbox/phone") { [self] page in
            let (codes, orders) = try await database.read { snapshot in
                (
                    try snapshot.openCodes(limit: Self.mostCodes),
                    try snapshot.wechatOrders(limit: Self.mostCodes)
                        .filter { $0.isShown(at: snapshot.now) }
                )
            }
            return page.fragment(
                "sandbox-phone",
                PhoneModel(codes: orders.map(ShownCode.init) + codes.map(ShownCode.init)))
        }
        site.raw(.post, "/sandbox/phone") { [self] request, _ in
            guard let text = try await request.typed("content") else { throw Problem.unreadable }
            return .redirect(to: try await page(for: text))
        }
    }

    /// Where the phone goes with what it has scanned, or been given.
    private func page(for content: String) async throws -> String {
        let text = content.trimmingCharacters(in: .whitespacesAndNewlines)
        if text.wholeMatch(of: /weixin:\/\/wxpay\/bizpayurl\?pr=[0-9a-z]+/) != nil {
            return WeChatOrder.scanPage(of: text)
        }
        if let code = text.firstMatch(of: /\/sandbox\/alipay\/qr\/([0-9a-z]+)$/) {
            return "/sandbox/alipay/cashier/\(try await alipay.scan(String(code.1)))"
        }
        switch try await alipay.answer(query: text, body: [], only: .app) {
        case .cashier(let token): return "/sandbox/alipay/cashier/\(token)"
        case .refused(let call): return "/sandbox/alipay/refused/\(call)"
        case .json, .lost, .unavailable: throw Problem.sandboxNothingToPay
        }
    }
}

extension WeChatOrder {
    /// Whether a shop may show its code to be scanned.
    fileprivate func isShown(at now: Instant) -> Bool {
        product == .native && state == .waiting && isReachable(at: now)
    }

    /// Where scanning a code leads.
    fileprivate static func scanPage(of code: String) -> String {
        let text = code.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
        return "\(SandboxWeChatPay.folder)/scan?code_url=\(text ?? "")"
    }
}

/// What the phone's page lists.
private struct PhoneModel {
    let codes: [ShownCode]
}

/// A code on a shop's screen.
private struct ShownCode {
    let outTradeNo: String
    let subject: String
    let amount: Amount
    let isWeChat: Bool
    /// Where scanning it leads.
    let address: String

    init(_ code: PaymentCode) {
        outTradeNo = code.outTradeNo
        subject = code.subject
        amount = Amount(code.total.fen)
        isWeChat = false
        address = "/sandbox/alipay/qr/\(code.token)"
    }

    init(_ order: WeChatOrder) {
        outTradeNo = order.outTradeNo
        subject = order.description
        amount = Amount(order.total)
        isWeChat = true
        address = WeChatOrder.scanPage(of: order.codeURL)
    }
}
