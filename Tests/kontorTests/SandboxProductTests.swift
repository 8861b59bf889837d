import Alipay
import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

/// What Alipay has beside the browser's cashier (payments reference 1.3 to 1.5): codes, apps, cancel,
/// and what is told about each, seen through the real client.
@Suite struct SandboxProductTests {
    @Test(arguments: TestEngine.available)
    func `a code becomes a trade when it is scanned`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let code = try await world.precreate("K1")
            #expect(code.hasPrefix("\(SandboxWorld.publicURL)/sandbox/alipay/qr/"))
            #expect(try await world.client.query(.outTradeNo("K1")) == .notExist)
            #expect(try await world.client.close(.outTradeNo("K1")) == .notExist)
            #expect(try await world.pay("K1").status == 404)
            #expect(try await world.precreate("K1") == code)

            let first = try await world.scan(code)
            let cashier = try await world.send("GET", "\(first)?lang=en")
            #expect(cashier.text.contains("cashier-pay"))
            #expect(try await world.scan(code) == first)
            #expect(try await world.pay("K1").status == 200)
            let notice = try #require(try world.notices.last)
            #expect(notice.event == .paid && notice.total.fen == 36_100)
            let refused = await subCode { _ = try await world.precreate("K1") }
            #expect(refused == AlipaySubCode.tradeHasSuccess)
            // Like a desktop's cashier it tells of payments and no more.
            _ = try await world.client.refund(
                .outTradeNo("K1"), amount: AlipayAmount(fen: 100), outRequestNo: "R1")
            _ = try await world.client.refund(
                .outTradeNo("K1"), amount: AlipayAmount(fen: 36_000), outRequestNo: "R2")
            try await world.advance(0)
            #expect(
                try world.notices.map(\.event) == [.paid, .refunded(AlipayAmount(fen: 100))])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a code can be scanned for two hours, and is for one sum`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            let code = try await world.precreate("K1", minutes: 600)
            let other = await subCode { _ = try await world.precreate("K1", 1) }
            #expect(other == AlipaySubCode.contextInconsistent)
            try await world.advance(7_199)
            #expect(try await world.precreate("K1", minutes: 600) == code)
            try await world.advance(2)
            let late = try await world.send(
                "GET", "\(code.dropFirst(SandboxWorld.publicURL.count))")
            #expect(late.status == 409)
            #expect(try await world.client.query(.outTradeNo("K1")) == .notExist)
            let fresh = try await world.precreate("K1", minutes: 600)
            #expect(fresh != code)
            _ = try await world.scan(fresh)
            #expect(try await world.pay("K1").status == 200)
            // An order that ends sooner ends its code as well.
            let short = try await world.precreate("K2", minutes: 5)
            try await world.advance(301)
            let gone = try await world.send(
                "GET", "\(short.dropFirst(SandboxWorld.publicURL.count))")
            #expect(gone.status == 409)
            let never = try await world.send("GET", "/sandbox/alipay/qr/nothing")
            #expect(never.status == 404)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an app's order string is paid on the phone`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let order = try world.appOrder("K1")
            let given = try await world.app(order, confirm: false)
            #expect(given["resultStatus"] as? String == "6001")
            guard case .found(let trade) = try await world.client.query(.outTradeNo("K1")) else {
                Issue.record("no trade")
                return
            }
            #expect(trade.status == .waitBuyerPay && world.merchant.bodies.isEmpty)

            let paid = try await world.app(order)
            #expect(paid["resultStatus"] as? String == "9000")
            let result = try #require(paid["result"] as? String)
            let answer = try AlipayResponse(
                verifying: Array(result.utf8), method: "alipay.trade.app.pay",
                with: AlipayPrivateKey(TestKeys.alipay).publicKey)
            #expect(answer["out_trade_no"] == "K1" && answer["total_amount"] == "361.00")
            #expect(try world.notices.map(\.event) == [.paid])

            let forged = try await world.app(order.replacing("361.00", with: "0.01"))
            #expect(forged["resultStatus"] as? String == "4000")
            #expect(forged["memo"] as? String == "isv.invalid-signature")
            let page = try world.address("K2").split(separator: "?")[1]
            let foreign = try await world.app(String(page))
            #expect(foreign["resultStatus"] as? String == "4000")

            // An app hears of everything, as a phone's browser does.
            _ = try await world.client.refund(
                .outTradeNo("K1"), amount: AlipayAmount(fen: 36_100), outRequestNo: "R1")
            try await world.advance(0)
            let last = try #require(try world.notices.last)
            #expect(last.status == .closed && last.event == .refunded(AlipayAmount(fen: 36_100)))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a person scans on a page`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let page = try await world.send("GET", "/sandbox/phone?lang=en")
            #expect(page.status == 200 && page.text.contains("phone-scan"))
            #expect(!page.text.contains("sandbox.phone"), "a text is missing")
            for text in [try await world.precreate("K1"), try world.appOrder("K2")] {
                let answer = try await world.scanOnPage(text)
                #expect(answer.status == 303)
                let location = try #require(answer.header("Location"))
                #expect(location.hasPrefix("/sandbox/alipay/cashier/"))
            }
            for text in ["https://example.com", "weixin://wxpay/other", ""] {
                #expect(try await world.scanOnPage(text).status == 422)
            }
            let code = try await world.wechat.nativePrepay(world.order("KT0001"))
            _ = try await world.precreate("K3")
            // What is shown at this moment can be picked instead: K1 was scanned, K2 is an app's.
            let list = try await world.send("GET", "/sandbox/phone?lang=en")
            let shown = list.text.matches(
                of: /href="([^"]+)" data-test="phone-code" data-id="(\w+)"/)
            #expect(shown.map { String($0.output.2) } == ["KT0001", "K3"])
            for match in shown {
                let address = String(match.output.1).replacing("&amp;", with: "&")
                let first = try await world.send("GET", address)
                let page =
                    first.status == 303
                    ? try await world.send("GET", try #require(first.header("Location"))) : first
                #expect(page.text.contains("cashier-pay") && page.text.contains(match.output.2))
            }
            let scanned = try await world.scanOnPage("\(code)\n")
            let cashier = try await world.send("GET", try #require(scanned.header("Location")))
            #expect(cashier.text.contains("cashier-pay") && cashier.text.contains("KT0001"))
            let unknown = try await world.scanOnPage("\(code)0")
            let refused = try await world.send("GET", try #require(unknown.header("Location")))
            #expect(refused.text.contains("cashier-refused"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a cancel closes what is unpaid and gives back what is paid`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            #expect(try await world.client.cancel(.outTradeNo("K0")) == .nothing)
            _ = try await world.open(try world.address("K1", wap: true))
            for _ in 0..<2 {
                #expect(try await world.client.cancel(.outTradeNo("K1")) == .closed)
            }
            #expect(try await world.pay("K1").status == 409)

            try await world.paid("K2", wap: true)
            let trade = AlipayTradeReference.outTradeNo("K2")
            _ = try await world.client.refund(
                trade, amount: AlipayAmount(fen: 100), outRequestNo: "R1")
            try await world.fault(#"{"retryCancel": 1, "outTradeNo": "K2"}"#)
            let again = await #expect(throws: AlipayError.self) {
                try await world.client.cancel(trade)
            }
            guard case .unknown = again else {
                Issue.record("\(String(describing: again))")
                return
            }
            for _ in 0..<2 {
                #expect(try await world.client.cancel(trade) == .refunded)
            }
            let view = try world.object(
                await world.send("GET", "/sandbox/alipay/trades/K2"))
            #expect(view["refunded"] as? Int == 36_100)
            #expect(view["status"] as? String == "TRADE_CLOSED")
            try await world.advance(0)
            // What is due at the same time is told in any order.
            let told = try world.notices.map(\.event)
            #expect(told.count == 4 && told.contains(.refunded(AlipayAmount(fen: 36_100))))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a year after the payment a trade is finished, and phones are told`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            try await world.paid("K1", wap: true)
            try await world.paid("K2")
            _ = try await world.app(try world.appOrder("K3"))
            _ = try await world.scan(try await world.precreate("K4"))
            try await world.pay("K4")
            try await world.advance(365 * 86_400 + 1)
            let finished = try world.notices.filter { $0.event == .finished }
            #expect(finished.map(\.outTradeNo).sorted() == ["K1", "K3"])
            for number in ["K1", "K2", "K3", "K4"] {
                let refused = await subCode {
                    _ = try await world.client.cancel(.outTradeNo(number))
                }
                #expect(refused == AlipaySubCode.tradeHasFinished)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a seller without money cannot give any back`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            let trade = AlipayTradeReference.outTradeNo("K1")
            try await world.fault(#"{"emptySeller": true}"#)
            let cancelled = await subCode { _ = try await world.client.cancel(trade) }
            let refunded = await subCode {
                _ = try await world.client.refund(
                    trade, amount: AlipayAmount(fen: 1), outRequestNo: "R1")
            }
            #expect(cancelled == AlipaySubCode.sellerBalanceNotEnough)
            #expect(refunded == AlipaySubCode.sellerBalanceNotEnough)
            try await world.fault(#"{"emptySeller": false}"#)
            #expect(try await world.client.cancel(trade) == .refunded)
        }
    }
}

extension SandboxWorld {
    private func order(_ number: String, _ fen: Int64, _ minutes: Double) -> AlipayOrder {
        AlipayOrder(
            outTradeNo: number, amount: AlipayAmount(fen: fen), subject: "两门课 <b>",
            expires: now.addingTimeInterval(minutes * 60))
    }

    func precreate(_ number: String, _ fen: Int64 = 36_100, minutes: Double = 30) async throws
        -> String
    {
        try await client.precreate(
            order(number, fen, minutes), notifyURL: "http://127.0.0.1:8080/notify")
    }

    /// A payer scans a code: the cashier's path.
    func scan(_ code: String) async throws -> String {
        let answer = try await send("GET", String(code.dropFirst(Self.publicURL.count)))
        #expect(answer.status == 303, "\(answer.text)")
        return try #require(answer.header("Location"))
    }

    func scanOnPage(_ text: String) async throws -> LocalAnswer {
        let form = AlipayForm([("content", text)]).encoded
        return try await web.answer(
            LocalCall(
                "POST", "/sandbox/phone",
                headers: [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
                body: Array(form.utf8)))
    }

    func appOrder(_ number: String) throws -> String {
        try client.appOrder(
            order(number, 36_100, 30), notifyURL: "http://127.0.0.1:8080/notify", at: now)
    }

    /// What the SDK on a phone hands back.
    func app(_ orderString: String, confirm: Bool = true) async throws -> [String: Any] {
        let command: [String: Any] = ["orderString": orderString, "confirm": confirm]
        let json = try JSONSerialization.data(withJSONObject: command)
        let answer = try await send(
            "POST", "/sandbox/alipay/app", json: String(decoding: json, as: UTF8.self))
        #expect(answer.status == 200, "\(answer.text)")
        return try object(answer)
    }
}
