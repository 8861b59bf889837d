import Basics
import Foundation
import Money
import Store
import TestKit
import Testing
import WeChatPay
import Web

@testable import Payments

/// WeChat Pay's words, as Payments understands them.
@Suite struct WeChatPayGatewayTests {
    let clock = TestClock()
    let fake: FakeWeChat

    init() { fake = FakeWeChat(clock) }

    private func payment(_ channel: String, _ title: String = "两门课") -> Payment {
        let member = ID<Member>(rawValue: 7)
        let end = clock.now + .minutes(30)
        let intent = PaymentIntent(
            id: .make(), purpose: "pledge", subject: 1, member: member, title: title,
            amount: Amount(1_000), status: .open, createdAt: clock.now, expiresAt: end)
        let attempt = PaymentAttempt(
            id: .make(), intentID: intent.id, gateway: "wechatpay", channel: channel,
            amount: Amount(1_000), outTradeNo: "K0123456789", status: .created, disposition: nil,
            tradeNo: nil, received: nil, createdAt: clock.now, timeExpire: end)
        return Payment(intent: intent, attempt: attempt)
    }

    private func action(_ channel: String, _ payer: PayerContext = PayerContext()) async throws
        -> PaymentAction
    {
        try await fake.gateway().action(payment(channel), payer)
    }

    private func refund(_ status: PaymentRefund.Status = .requested) -> PaymentRefund {
        PaymentRefund(
            id: ID(rawValue: 5), attemptID: ID(rawValue: 6), amount: Amount(400),
            reason: String(repeating: "退", count: 40), origin: .business, status: status,
            detail: nil, createdAt: clock.now, settledAt: nil)
    }

    // MARK: What payers do

    @Test func `native is a code, good for two hours`() async throws {
        fake.answers((200, #"{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuK"}"#))
        let action = try await action("native")
        #expect(action.kind == .qr)
        #expect(action.code == "weixin://wxpay/bizpayurl?pr=p4lpSuK")
        #expect(action.expiresAt == Instant(seconds: clock.now.secondsSinceEpoch) + .hours(2))
        #expect(fake.calls == ["POST /v3/pay/transactions/native"])
        let body = fake.body(0)
        #expect(body["out_trade_no"] as? String == "K0123456789")
        #expect(
            body["notify_url"] as? String == "https://shop.example/api/v1/gateways/wechatpay/notify"
        )
        #expect((body["amount"] as? [String: Any])?["total"] as? Int == 1_000)
        // Renewing is to post exactly the same.
        fake.answers((200, #"{"code_url":"weixin://wxpay/bizpayurl?pr=other"}"#))
        _ = try await self.action("native")
        #expect(fake.asked[0].body == fake.asked[1].body)
    }

    @Test func `h5 needs the payer's address, and leads back to us`() async throws {
        fake.answers((200, #"{"h5_url":"https://wx.tenpay.com/checkmweb?prepay_id=wx1"}"#))
        let action = try await action("h5", PayerContext(address: "203.0.113.7"))
        #expect(action.kind == .redirect)
        let back =
            "https%3A%2F%2Fshop%2Eexample%2Fpayments%2Fwechatpay%2Freturn"
            + "%3Fout%5Ftrade%5Fno%3DK0123456789"
        #expect(
            action.url == "https://wx.tenpay.com/checkmweb?prepay_id=wx1&redirect_url=\(back)")
        #expect(action.expiresAt == Instant(seconds: clock.now.secondsSinceEpoch) + .minutes(5))
        let scene = fake.body(0)["scene_info"] as? [String: Any]
        #expect(scene?["payer_client_ip"] as? String == "203.0.113.7")
    }

    @Test func `jsapi and app get what they hand on`() async throws {
        fake.answers((200, #"{"prepay_id":"wx201410272009395522657a690389285100"}"#))
        let jsapi = try await action("jsapi", PayerContext(account: "oUpF8uMuAJO"))
        #expect(jsapi.kind == .jsapi)
        #expect(jsapi.appId == FakeWeChat.appID)
        #expect(jsapi.package == "prepay_id=wx201410272009395522657a690389285100")
        #expect(jsapi.signType == "RSA")
        #expect(jsapi.timeStamp == String(clock.now.secondsSinceEpoch))
        #expect(jsapi.nonceStr?.isEmpty == false)
        #expect(jsapi.paySign?.isEmpty == false)
        let payer = fake.body(0)["payer"] as? [String: Any]
        #expect(payer?["openid"] as? String == "oUpF8uMuAJO")

        fake.answers((200, #"{"prepay_id":"wx2014"}"#))
        let app = try await action("app")
        #expect(app.kind == .app)
        #expect(app.appid == FakeWeChat.appID)
        #expect(app.partnerid == FakeWeChat.mchID)
        #expect(app.prepayid == "wx2014")
        #expect(app.package == "Sign=WXPay")
        #expect(app.sign?.isEmpty == false)
        #expect(app.noncestr != nil)
        #expect(app.timestamp != nil)
        #expect(app.paySign == nil)
    }

    @Test(arguments: [
        (400, "PARAM_ERROR", ActionFailure.refused("PARAM_ERROR")),
        (403, "NO_AUTH", .refused("NO_AUTH")),
        (401, "SIGN_ERROR", .refused("SIGN_ERROR")),
        (403, "OUT_TRADE_NO_USED", .taken("OUT_TRADE_NO_USED")),
        (400, "ORDERPAID", .taken("ORDERPAID")),
        (400, "ORDER_CLOSED", .taken("ORDER_CLOSED")),
        (429, "FREQUENCY_LIMITED", .busy("FREQUENCY_LIMITED")),
    ])
    func `each refusal means what it says`(_ status: Int, _ code: String, _ failure: ActionFailure)
        async throws
    {
        fake.answers((status, #"{"code":"\#(code)","message":"no"}"#))
        await #expect(throws: failure) { _ = try await action("native") }
    }

    @Test func `no answer, a failure and a wrong signature are unknown, never failed`()
        async throws
    {
        func outcome() async -> String {
            do {
                _ = try await action("native")
                return "done"
            } catch ActionFailure.unknown {
                return "unknown"
            } catch {
                return "\(error)"
            }
        }
        fake.answers(nil)
        #expect(await outcome() == "unknown")
        fake.answers((500, #"{"code":"SYSTEM_ERROR","message":""}"#))
        #expect(await outcome() == "unknown")
        fake.answers((502, "<html>"))
        #expect(await outcome() == "unknown")
    }

    // MARK: The questions

    @Test(arguments: [
        ("NOTPAY", Gateway.TradeState.waiting), ("USERPAYING", .waiting), ("PAYERROR", .waiting),
        ("CLOSED", .closed), ("REVOKED", .closed),
        ("SUCCESS", .paid(tradeNo: "4200001", amount: Amount(1_000))),
    ])
    func `a query is answered`(_ word: String, _ state: Gateway.TradeState) async throws {
        fake.answers((200, FakeWeChat.order("K0123456789", word)))
        #expect(try await fake.gateway().query(payment("native").attempt) == state)
    }

    @Test func `what has gone back before we knew of it buys nothing yet`() async throws {
        fake.answers((200, FakeWeChat.order("K0123456789", "REFUND")))
        let state = try await fake.gateway().query(payment("native").attempt)
        guard case .unknown = state else {
            Issue.record("\(state)")
            return
        }
    }

    @Test func `another currency is no money of ours`() async throws {
        fake.answers((200, FakeWeChat.order("K0123456789", currency: "USD")))
        let state = try await fake.gateway().query(payment("native").attempt)
        #expect(state == .paid(tradeNo: "4200001", amount: .zero))
    }

    @Test func `what is not there, and what nobody can tell`() async throws {
        let gateway = try fake.gateway()
        let attempt = payment("native").attempt
        fake.answers((404, #"{"code":"ORDER_NOT_EXIST","message":""}"#))
        #expect(await gateway.query(attempt) == .notExist)
        fake.answers((204, ""))
        #expect(await gateway.close(attempt) == .closed)
        fake.answers((400, #"{"code":"ORDERPAID","message":""}"#))
        #expect(await gateway.close(attempt) == .paid)
        fake.answers((404, #"{"code":"ORDER_NOT_EXIST","message":""}"#))
        #expect(await gateway.close(attempt) == .notExist)
        fake.answers(nil, nil)
        guard case .unknown = await gateway.close(attempt) else {
            Issue.record("a lost answer is unknown")
            return
        }
        guard case .unknown = await gateway.query(attempt) else {
            Issue.record("a lost answer is unknown")
            return
        }
    }

    // MARK: Refunds

    @Test(arguments: [
        ("SUCCESS", Gateway.RefundResult.succeeded), ("PROCESSING", .processing),
        ("CLOSED", .refused("CLOSED")), ("ABNORMAL", .abnormal("ABNORMAL")),
    ])
    func `a refund is sent once, and asked about afterwards`(
        _ word: String, _ result: Gateway.RefundResult
    ) async throws {
        let gateway = try fake.gateway()
        let attempt = payment("native").attempt
        let number = refund().outRequestNo
        let answer = FakeWeChat.refund(number, of: "K0123456789", word, amount: 400)
        fake.answers((200, answer), (200, answer))
        #expect(await gateway.refund(attempt, refund()) == result)
        #expect(await gateway.refund(attempt, refund(.submitted)) == result)
        #expect(
            fake.calls == [
                "POST /v3/refund/domestic/refunds", "GET /v3/refund/domestic/refunds/\(number)",
            ])
        let body = fake.body(0)
        #expect(body["out_refund_no"] as? String == number)
        #expect((body["reason"] as? String)?.utf8.count == 78)
        #expect((body["amount"] as? [String: Any])?["refund"] as? Int == 400)
    }

    @Test func `a refund that was lost on its way is sent again under its number`() async throws {
        let gateway = try fake.gateway()
        let attempt = payment("native").attempt
        let number = refund().outRequestNo
        fake.answers(nil)
        guard case .unknown = await gateway.refund(attempt, refund()) else {
            Issue.record("a lost answer is unknown")
            return
        }
        let done = FakeWeChat.refund(number, of: "K0123456789", "PROCESSING", amount: 400)
        fake.answers((404, #"{"code":"RESOURCE_NOT_EXISTS","message":""}"#), (200, done))
        #expect(await gateway.refund(attempt, refund(.unknown)) == .processing)
        #expect(
            fake.body(0)["out_refund_no"] as? String == fake.body(2)["out_refund_no"] as? String)
    }

    @Test(arguments: [
        (403, "NOT_ENOUGH"), (429, "FREQUENCY_LIMITED"), (401, "SIGN_ERROR"), (403, "NO_AUTH"),
        (500, "SYSTEM_ERROR"),
    ])
    func `what says nothing about a refund is tried again`(_ status: Int, _ code: String)
        async throws
    {
        fake.answers((status, #"{"code":"\#(code)","message":""}"#))
        let result = try await fake.gateway().refund(payment("native").attempt, refund())
        guard case .unknown(let why) = result else {
            Issue.record("\(code) is \(result)")
            return
        }
        // An operator can see what to do about it.
        #expect(status == 500 ? why.contains(code) : why == code)
    }

    @Test func `a refusal is looked behind before it is believed`() async throws {
        let gateway = try fake.gateway()
        let attempt = payment("native").attempt
        let refused = (400, #"{"code":"INVALID_REQUEST","message":""}"#)
        let missing = (404, #"{"code":"RESOURCE_NOT_EXISTS","message":""}"#)
        fake.answers(refused, missing)
        #expect(await gateway.refund(attempt, refund()) == .refused("INVALID_REQUEST"))
        let done = FakeWeChat.refund(
            refund().outRequestNo, of: "K0123456789", "SUCCESS", amount: 400)
        fake.answers(refused, (200, done))
        #expect(await gateway.refund(attempt, refund()) == .succeeded)
    }
}
