import Alipay
import Basics
import Store

/// What Alipay's SDK hands back to the app that gave it an order string.
struct AppPayment: Codable, Sendable, Hashable {
    /// `9000` paid, `6001` given up by the payer, `4000` refused.
    let resultStatus: String
    let memo: String
    /// Signed JSON if it was paid, else empty. A hint: the shop asks the gateway.
    let result: String
}

extension SandboxAlipay {
    /// A phone takes an order string, as Alipay's SDK in the shop's app does, and its owner pays or
    /// gives up. The trade exists from here on.
    func takeAppOrder(_ orderString: String, confirms: Bool) async throws -> AppPayment {
        let token: String
        switch try await answer(query: orderString, body: [], only: .app) {
        case .cashier(let opened): token = opened
        case .refused(let id):
            let call = try await database.read { try $0.call(id) }
            return AppPayment(
                resultStatus: "4000", memo: call?.subCode ?? "", result: call?.message ?? "")
        case .json(let text): return AppPayment(resultStatus: "4000", memo: "", result: text)
        case .lost, .unavailable: return AppPayment(resultStatus: "4000", memo: "", result: "")
        }
        guard confirms else {
            return AppPayment(resultStatus: "6001", memo: "用户中途取消", result: "")
        }
        do {
            try await pay(token: token, password: SandboxPayer.password)
        } catch let problem as Problem where problem == .sandboxPayerShort {
            return AppPayment(resultStatus: "4000", memo: "余额不足", result: "")
        }
        let (trade, now) = try await database.read { (try $0.trade(token: token), $0.now) }
        guard let trade else { throw Problem.notFound }
        let voice = try await shelf.voice(to: trade.app)
        let answer = try AlipayJSON.object(trade.appAnswer(sellerID: Self.sellerID, at: now))
        return AppPayment(
            resultStatus: "9000", memo: "",
            result: try AlipayResponse.signed(
                answer, method: SandboxTrade.Product.app.method, with: voice.key,
                certificateSerial: voice.serial))
    }
}
