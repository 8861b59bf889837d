import Basics
import Foundation
import Ledger
import Money
import Store
import TestKit
import Testing
import WeChatPay
import Web

@testable import Payments

/// A top-up by WeChat Pay in a browser, and its notify route.
private struct Till: WebTest {
    let world: World
    let fake: FakeWeChat
    let server: WebServer

    static func with(_ body: (Till) async throws -> Void) async throws {
        try await World.on(.sqlite) { world in
            let fake = FakeWeChat(world.clock)
            let payments = Payments(
                database: world.database, gateways: [try fake.gateway()], purposes: [])
            let module = PaymentsModule(
                payments: payments, alipay: nil, weChatPay: try fake.client(), shopName: "Shop")
            let people = [
                "alice": Session(id: ID(rawValue: 1), memberID: world.member, username: "alice"),
                "boss": Session(
                    id: ID(rawValue: 2), memberID: ID(rawValue: 9), username: "boss",
                    roles: [.member, .operator, .finance]),
            ]
            let server = try WebServer.make(module, people: people, database: world.database)
            try await body(Till(world: world, fake: fake, server: server))
        }
    }

    /// Where the top-up's page is.
    func topUp() async throws -> String {
        let sent = try await submit(
            "/wallet/top-ups", from: "/wallet", as: "alice",
            ["amount": "10.00", "gateway": "wechatpay"])
        #expect(sent.status == 303, "\(sent.text)")
        let address = try #require(sent.header("Location"))
        #expect(address.hasSuffix("/go"))
        return String(address.dropLast(3))
    }

    func outTradeNo() async throws -> String {
        let all = try await world.database.read { snapshot in
            try snapshot.attempts(page: PageRequest(limit: 1)).items
        }
        return try #require(all.first).outTradeNo
    }

    func notify(_ type: String, _ content: String) async throws -> LocalAnswer {
        let message = try fake.notify(type, content)
        let headers = message.headers.fields.map { (name: $0.name, value: $0.value) }
        return try await server.answer(
            LocalCall(
                "POST", "/api/v1/gateways/wechatpay/notify",
                headers: headers + [(name: "Content-Type", value: "application/json")],
                body: message.body))
    }
}

@Suite struct PageTests {
    private static let code = (200, #"{"code_url":"weixin://wxpay/bizpayurl?pr=p4lpSuK"}"#)

    @Test func `a code is shown, and the page moves on when it is paid`() async throws {
        try await Till.with { till in
            let wallet = try await till.open("/wallet", as: "alice")
            #expect(wallet.text.contains("data-test=\"top-up-wechatpay\""))
            #expect(!wallet.text.contains("top-up-alipay"))
            let page = try await till.topUp()
            till.fake.answers(Self.code)
            let went = try await till.open("\(page)/go", as: "alice")
            #expect(went.header("Location") == page)
            let shown = try await till.open(page, as: "alice")
            #expect(shown.text.contains("data-test=\"payment-qr\""))
            #expect(shown.text.contains("<path fill=\"#000\" d=\"M4 4h7v1h-7z"))
            #expect(shown.text.contains("Scan the code with WeChat Pay"))
            #expect(shown.text.contains("http-equiv=\"refresh\""))
            let chinese = try await till.open(page, as: "alice", in: "zh-Hans")
            #expect(chinese.text.contains("请用手机微信支付扫码付款"))
            // Neither looking nor waiting calls anybody again.
            let address = try #require(shown.text.firstMatch(of: /data-live="([^"]+)"/)?.output.1)
            let waiting = try await till.open(String(address), as: "alice")
            #expect(waiting.status == 200)
            #expect(till.fake.calls == ["POST /v3/pay/transactions/native"])
            // A page that shows another payment, or this one as it was, is led to what there is now.
            let outdated = try await till.open("\(page)/waiting?seen=none", as: "alice")
            #expect(outdated.header("X-Kontor-Location") == page)

            let paid = FakeWeChat.order(try await till.outTradeNo())
            let told = try await till.notify("TRANSACTION.SUCCESS", paid)
            #expect(told.status == 200)
            #expect(told.text == #"{"code":"SUCCESS"}"#)
            let moved = try await till.open("\(page)/waiting", as: "alice")
            #expect(moved.header("X-Kontor-Location") == page)
            let after = try await till.open(page, as: "alice")
            #expect(after.header("Location") == "/wallet")
        }
    }

    @Test(arguments: [("en", "Shop top-up"), ("zh-Hans", "Shop 充值")])
    func `who tops up reads at the gateway what for, in their language`(
        _ language: String, _ title: String
    ) async throws {
        try await Till.with { till in
            let made = try await till.server.answer(
                LocalCall(
                    "POST", "/api/v1/wallet/top-ups",
                    headers: [
                        ("Content-Type", "application/json"), ("Authorization", "Bearer alice"),
                        ("Idempotency-Key", "k"), ("Accept-Language", language),
                    ],
                    body: Array(
                        #"{"amount":1000,"gateway":"wechatpay","channel":"native"}"#.utf8)))
            #expect(made.status == 201, "\(made.text)")
            let titles = try await till.world.database.read { snapshot in
                try snapshot.intents(
                    of: till.world.member, purpose: "top-up", page: PageRequest(limit: 9)
                ).items.map(\.title)
            }
            #expect(titles == [title])
            // And on the page.
            _ = try await till.topUp()
            let all = try await till.world.database.read { snapshot in
                try snapshot.intents(
                    of: till.world.member, purpose: "top-up", page: PageRequest(limit: 9)
                ).items.map(\.title)
            }
            #expect(all.first == "Shop top-up")
        }
    }

    @Test func `a gateway that is away is told, and looking again tries again`() async throws {
        try await Till.with { till in
            let page = try await till.topUp()
            let away = try await till.open(page, as: "alice")
            #expect(away.text.contains("data-test=\"payment-problem\""))
            #expect(away.text.contains("cannot be reached"))
            #expect(away.text.contains("data-test=\"payment-again\""))
            #expect(!away.text.contains("payment-qr"))
            let fragment = try await till.open("\(page)/waiting", as: "alice")
            #expect(fragment.status == 200)
            #expect(till.fake.calls.count == 1)
            till.fake.answers(Self.code)
            let again = try await till.open(page, as: "alice")
            #expect(again.text.contains("data-test=\"payment-qr\""))
            #expect(!again.text.contains("payment-problem"))
        }
    }

    @Test func `a return names a trade, and the gateway is asked`() async throws {
        try await Till.with { till in
            let page = try await till.topUp()
            let number = try await till.outTradeNo()
            till.fake.answers((200, FakeWeChat.order(number)))
            let back = try await till.open("/payments/wechatpay/return?out_trade_no=\(number)")
            #expect(back.header("Location") == page)
            #expect(try await till.world.balance(.available(till.world.member)) == 1_000)
            let stranger = try await till.open("/payments/wechatpay/return?out_trade_no=K1")
            #expect(stranger.header("Location") == "/")
        }
    }

    @Test func `nobody makes us ask the gateway as fast as he likes`() async throws {
        try await Till.with { till in
            let page = try await till.topUp()
            let number = try await till.outTradeNo()
            func questions() -> Int {
                till.fake.calls.count { $0.hasPrefix("GET /v3/pay/transactions/out-trade-no/") }
            }
            for _ in 0..<60 {
                let back = try await till.open("/payments/wechatpay/return?out_trade_no=\(number)")
                #expect(back.header("Location") == page)
            }
            #expect((30..<60).contains(questions()))
            var statuses: [Int] = []
            for _ in 0..<60 {
                let sent = try await till.submit("\(page)/refresh", from: page, as: "alice")
                statuses.append(sent.status)
            }
            #expect(statuses.first == 303 && statuses.last == 429)
        }
    }

    @Test func `who forges a message learns nothing`() async throws {
        try await Till.with { till in
            let page = try await till.topUp()
            let message = try till.fake.notify(
                "TRANSACTION.SUCCESS", FakeWeChat.order(try await till.outTradeNo()),
                by: FakeWeChat.merchantKey)
            func send(_ headers: [(name: String, value: String)]) async throws -> LocalAnswer {
                try await till.server.answer(
                    LocalCall(
                        "POST", "/api/v1/gateways/wechatpay/notify",
                        headers: headers + [(name: "Content-Type", value: "application/json")],
                        body: message.body))
            }
            let forged = try await send(
                message.headers.fields.map { (name: $0.name, value: $0.value) })
            let bare = try await send([])
            for answer in [forged, bare] {
                #expect(answer.status == 400)
                #expect(answer.text.contains(#""code":"notify-refused""#))
            }
            let view = try await till.open("\(page)/waiting", as: "alice")
            #expect(view.status == 200)
        }
    }

    @Test func `an unknown number is to be told again, in WeChat Pay's words`() async throws {
        try await Till.with { till in
            let answer = try await till.notify("TRANSACTION.SUCCESS", FakeWeChat.order("KNOBODY"))
            #expect(answer.status == 500)
            #expect(answer.text == #"{"code":"FAIL","message":"not processed"}"#)
        }
    }

    @Test func `operators see what was given back at the gateway's console`() async throws {
        try await Till.with { till in
            _ = try await till.topUp()
            let number = try await till.outTradeNo()
            _ = try await till.notify("TRANSACTION.SUCCESS", FakeWeChat.order(number))
            let refund = FakeWeChat.refund(
                "console-1", of: number, "SUCCESS", amount: 300, in: true)
            let told = try await till.notify("REFUND.SUCCESS", refund)
            #expect(told.status == 200)
            let page = try await till.open("/operator/payments", as: "boss")
            #expect(page.text.contains("data-test=\"foreign-refund\""))
            let list = try await till.call("GET", "/admin/refunds?origin=gateway", as: "boss")
            #expect(list.items.map { $0["outRequestNo"] as? String } == ["console-1"])
            #expect(list.items.map { $0["status"] as? String } == ["succeeded"])
            let ours = try await till.call("GET", "/admin/refunds?origin=business", as: "boss")
            #expect(ours.items.isEmpty)

            // And why one of ours is not through.
            let attempt = try await till.world.database.read { snapshot in
                try snapshot.attempt(gateway: "wechatpay", outTradeNo: number)
            }
            let payment = try await till.world.database.read { snapshot in
                try attempt.flatMap { try snapshot.payment($0.id) }
            }
            let id = try await till.world.refund(try #require(payment), 100)
            try await till.world.database.write { tx in
                guard var refund = try tx.lockRefund(id) else { return }
                refund.status = .unknown
                refund.detail = "NOT_ENOUGH"
                try tx.save(refund)
            }
            let waiting = try await till.open("/operator/payments", as: "boss")
            #expect(waiting.text.contains("<code>NOT_ENOUGH</code>"))
        }
    }
}
