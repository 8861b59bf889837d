import Basics
import Foundation
import Synchronization
import TestKit
import WeChatPay

@testable import Payments

/// WeChat Pay as one transport: it answers what it was told to, signed, and keeps what it was asked.
final class FakeWeChat: Sendable {
    static let mchID = "1900000109"
    static let appID = "wx8888888888888888"
    static let keyID = "PUB_KEY_ID_0119000001092024"
    static let apiV3Key = "0123456789abcdef0123456789ABCDEF"
    static let merchantKey = try? WeChatPayPrivateKey.generate()
    static let platformKey = try? WeChatPayPrivateKey.generate()

    private struct State {
        var answers: [(status: Int, body: String)?] = []
        var asked: [WeChatPayTransport.Request] = []
    }
    private let state = Mutex(State())
    private let clock: TestClock

    init(_ clock: TestClock) { self.clock = clock }

    /// One answer after the other; nil is none at all.
    func answers(_ answers: (status: Int, body: String)?...) {
        state.withLock { $0.answers = answers }
    }

    var asked: [WeChatPayTransport.Request] { state.withLock { $0.asked } }

    /// `POST /v3/pay/transactions/native`, …
    var calls: [String] {
        asked.map { "\($0.method) \($0.url.dropFirst("https://wechat.example".count))" }
    }

    func body(_ index: Int) -> [String: Any] {
        let data = Data(asked[index].body)
        return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
    }

    func client() throws -> WeChatPayClient {
        guard let merchant = Self.merchantKey, let platform = Self.platformKey else {
            throw NoAnswer()
        }
        let configuration = WeChatPayConfiguration(
            mchID: Self.mchID, appIDs: [Self.appID],
            credentials: try WeChatPayCredentials(
                merchantKey: merchant, merchantSerial: "5157F09EFDC096DE15EBE81A47057A72",
                apiV3Key: WeChatPayAPIv3Key(Self.apiV3Key),
                publicKeys: [.init(id: Self.keyID, key: platform.publicKey)]),
            baseURLs: ["https://wechat.example"])
        return WeChatPayClient(
            configuration, transport: WeChatPayTransport { try self.answer($0, platform) },
            now: { self.now })
    }

    func gateway() throws -> Gateway {
        .weChatPay(try client(), appID: Self.appID, publicURL: "https://shop.example")
    }

    private struct NoAnswer: Error {}

    private var now: Date {
        Date(timeIntervalSince1970: Double(clock.now.secondsSinceEpoch))
    }

    private func answer(_ request: WeChatPayTransport.Request, _ key: WeChatPayPrivateKey) throws
        -> WeChatPayTransport.Answer
    {
        let answer = state.withLock { state in
            state.asked.append(request)
            return state.answers.isEmpty ? nil : state.answers.removeFirst()
        }
        guard let answer else { throw NoAnswer() }
        let body = Array(answer.body.utf8)
        return .init(status: answer.status, headers: try headers(body, key), body: body)
    }

    private func headers(_ body: [UInt8], _ key: WeChatPayPrivateKey) throws -> WeChatPayHeaders {
        try WeChatPaySignature.headers(
            for: body, serial: Self.keyID, timestamp: clock.now.secondsSinceEpoch,
            nonce: "593BEC0C930BF1AFEB40B4A08C8FB242", key: key)
    }

    // MARK: What it tells by itself

    /// A notify, as it is posted: sealed, and signed.
    func notify(
        _ type: String, _ content: String, id: String = "n1", by key: WeChatPayPrivateKey? = nil
    ) throws -> (body: [UInt8], headers: WeChatPayHeaders) {
        guard let signer = key ?? Self.platformKey else { throw NoAnswer() }
        let body = try WeChatPayNotification.sealed(
            id: id, createdAt: now, eventType: type,
            originalType: type.hasPrefix("REFUND") ? "refund" : "transaction",
            content: Array(content.utf8), nonce: "fdasfjihihi1",
            key: WeChatPayAPIv3Key(Self.apiV3Key))
        return (body, try headers(body, signer))
    }

    static func order(
        _ number: String, _ state: String = "SUCCESS", total: Int64 = 1_000,
        currency: String = "CNY", mchID: String = mchID, appID: String = appID
    ) -> String {
        """
        {"mchid":"\(mchID)","appid":"\(appID)","out_trade_no":"\(number)",\
        "transaction_id":"4200001","trade_type":"NATIVE","trade_state":"\(state)",\
        "success_time":"2026-01-01T00:00:00+08:00","payer":{"openid":"oUpF8uMuAJO"},\
        "amount":{"total":\(total),"payer_total":\(total),"currency":"\(currency)",\
        "payer_currency":"CNY"}}
        """
    }

    static func refund(
        _ number: String, of order: String, _ state: String, amount: Int64, in notify: Bool = false
    ) -> String {
        """
        {"mchid":"\(mchID)","refund_id":"50000\(number.count)","out_refund_no":"\(number)",\
        "transaction_id":"4200001","out_trade_no":"\(order)",\
        "\(notify ? "refund_status" : "status")":"\(state)",\
        "user_received_account":"card","amount":{"refund":\(amount),"total":1000}}
        """
    }
}
