import Foundation
import Sandbox
import Testing
import WeChatPay
import Web

/// The sandbox's WeChat Pay, seen through the real client.
extension SandboxWorld {
    /// Requests that reach the server as the client has signed them.
    static func wechatTransport(_ web: WebServer) -> WeChatPayTransport {
        WeChatPayTransport { request in
            let answer = try await web.answer(
                LocalCall(
                    request.method, String(request.url.dropFirst(publicURL.count)),
                    headers: request.headers.fields.map { (name: $0.name, value: $0.value) },
                    body: request.body))
            return .init(
                status: answer.status, headers: WeChatPayHeaders(answer.headers), body: answer.body)
        }
    }

    /// The notices that came, verified and decrypted.
    func wechatNotices() async throws -> [WeChatPayNotification] {
        var notices: [WeChatPayNotification] = []
        for letter in merchant.letters {
            notices.append(
                try await wechat.notification(letter.body, WeChatPayHeaders(letter.headers)))
        }
        return notices
    }

    func order(_ number: String, _ fen: Int64 = 36_100, minutes: Double = 30) -> WeChatPayOrder {
        WeChatPayOrder(
            appID: SandboxWeChatPay.appID, outTradeNo: number, total: fen,
            description: "两门课 <b>", expires: now.addingTimeInterval(minutes * 60),
            notifyURL: "\(Self.publicURL)/notify")
    }

    @discardableResult
    func payWeChat(_ number: String) async throws -> LocalAnswer {
        try await send("POST", "/sandbox/wechatpay/trades/\(number)/pay")
    }

    /// An order that was placed and paid.
    func wechatPaid(_ number: String) async throws {
        _ = try await wechat.nativePrepay(order(number))
        #expect(try await payWeChat(number).status == 200)
    }

    func state(_ number: String) async throws -> WeChatPayTradeState? {
        guard case .found(let trade) = try await wechat.query(.outTradeNo(number)) else {
            return nil
        }
        return trade.state
    }

    /// A refund of an order of 361 yuan.
    func refund(
        _ number: String, _ fen: Int64, _ refundNo: String, total: Int64 = 36_100
    ) async throws -> WeChatPayRefund {
        try await wechat.refund(
            .outTradeNo(number), amount: fen, total: total, outRefundNo: refundNo, reason: "一课",
            notifyURL: "\(Self.publicURL)/notify")
    }

    func refundStatus(_ refundNo: String) async throws -> WeChatPayRefundStatus? {
        guard case .found(let refund) = try await wechat.refundQuery(outRefundNo: refundNo) else {
            return nil
        }
        return refund.status
    }
}

/// What WeChat Pay, by its own word, did not do; nil if it did.
func wechatCode(_ call: () async throws -> Void) async -> String? {
    do {
        try await call()
        return nil
    } catch WeChatPayError.refused(let fault) {
        return fault.code
    } catch WeChatPayError.unknown(.gateway(let fault)) {
        return fault.code
    } catch {
        return "\(error)"
    }
}
