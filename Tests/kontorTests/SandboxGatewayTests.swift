import Alipay
import Basics
import Foundation
import Store
import TestKit
import Testing
import Web

/// The gateway keeps Alipay's protocol (payments reference 1.1-1.5), seen through the real client.
@Suite struct SandboxGatewayTests {
    @Test(arguments: TestEngine.available)
    func `a trade begins when a payer opens the cashier`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let address = try world.address("K1")
            #expect(try await world.client.query(.outTradeNo("K1")) == .notExist)
            #expect(try await world.client.close(.outTradeNo("K1")) == .notExist)
            #expect(try await world.pay("K1").status == 404)
            #expect(try await world.send("GET", "/sandbox/alipay/trades/K1").status == 404)

            let cashier = try await world.open(address)
            #expect(cashier.status == 200)
            let amount = #"data-test="cashier-amount" data-amount="36100">¥361.00<"#
            #expect(cashier.text.contains(amount))
            #expect(cashier.text.contains("cashier-pay"))
            #expect(cashier.text.contains("两门课 &lt;b&gt;"))
            #expect(!cashier.text.contains("cashier-return"))
            #expect(cashier.text.contains(#"<html lang="en">"#))
            #expect(try await world.open(address, language: "zh").text.contains("确认付款"))
            #expect(!cashier.text.contains("sandbox.cashier"), "a text is missing")

            guard case .found(let trade) = try await world.client.query(.outTradeNo("K1")) else {
                Issue.record("no trade")
                return
            }
            #expect(trade.status == .waitBuyerPay)
            #expect(try await world.client.query(.tradeNo(trade.tradeNo)) == .found(trade))
        }
    }

    @Test(arguments: TestEngine.available)
    func `paying tells the merchant before it answers`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let page = try await world.open(try world.address("K1"))
            let token = try #require(
                page.text.firstMatch(of: /cashier\/([0-9a-z]+)\/pay/)?.output.1)
            let pressed = try await world.press(page)
            #expect(pressed.header("Location") == "/sandbox/alipay/cashier/\(token)?paid=1")
            let paid = try await world.send("GET", try #require(pressed.header("Location")))
            let next = try #require(
                paid.text.firstMatch(of: /http-equiv="refresh" content="3;url=([^"]+)"/)?.output.1)
            #expect(next.hasPrefix("\(SandboxWorld.publicURL)/payments/alipay/return?"))
            let notice = try #require(try world.notices.first)
            try notice.check(
                appID: "2021000000000000", sellerID: "2088000000000000", outTradeNo: "K1",
                amount: AlipayAmount(fen: 36_100))
            #expect(notice.event == .paid)

            let again = try await world.pay("K1")
            #expect(again.status == 200)
            let view = try world.object(again)
            #expect(view["status"] as? String == "TRADE_SUCCESS")
            let notifies = try #require(view["notifies"] as? [[String: Any]])
            #expect(notifies.count == 1)
            #expect(notifies.first?["status"] as? String == "acknowledged")
            #expect(world.merchant.bodies.count == 1)

            let done = try await world.send("GET", "/sandbox/alipay/cashier/\(token)?lang=en")
            // By itself it goes once: whoever looks at what was paid stays.
            #expect(!done.text.contains("http-equiv"))
            let link = try #require(
                done.text.firstMatch(of: /href="([^"]+)" data-test="cashier-return"/)?.output.1)
            let query = link.replacing("&amp;", with: "&").drop { $0 != "?" }.dropFirst()
            let back = try world.client.browserReturn(Array(query.utf8))
            #expect(back.outTradeNo == "K1" && back.total.fen == 36_100)
            #expect(!done.text.contains("cashier-pay"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a changed or foreign request is refused with the text that should have been signed`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let address = try world.address("K1")
            let forged = try await world.open(address.replacing("361.00", with: "0.01"))
            #expect(forged.text.contains("isv.invalid-signature"))
            #expect(forged.text.contains("&amp;method=alipay.trade.page.pay&amp;"))
            let other = AlipayClient(
                AlipayConfiguration(
                    appID: "2021999999999999", gatewayURL: "http://x/sandbox/alipay/gateway.do",
                    credentials: world.client.configuration.credentials),
                transport: AlipayTransport { url, form in
                    let answer = try await world.web.answer(
                        LocalCall(
                            "POST", String(url.dropFirst("http://x".count)),
                            body: Array(form.encoded.utf8)))
                    #expect(answer.text.contains("isv.invalid-app-id"))
                    return .init(status: answer.status, body: answer.body)
                }, now: { world.now })
            await #expect(throws: AlipayError.self) { try await other.query(.outTradeNo("K1")) }
            let nothing = try await world.send("POST", "/sandbox/alipay/gateway.do")
            #expect(nothing.text.contains(#"{"error_response":{"code":"40001""#))
            let calls = try await world.send("GET", "/sandbox/alipay/calls?outTradeNo=K1")
            #expect(calls.text.contains("isv.invalid-signature"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `the same number for another sum, and an offer that ran out`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            _ = try await world.open(try world.address("K1"))
            let other = try await world.open(try world.address("K1", 1))
            #expect(other.text.contains("ACQ.CONTEXT_INCONSISTENT"))
            let late = try world.address("K2", minutes: 5)
            try await world.advance(300)
            #expect(try await world.open(late).text.contains("cashier-refused"))
            #expect(try await world.client.query(.outTradeNo("K2")) == .notExist)
            let far = try world.address("K3", notify: "http://10.0.0.1/notify")
            #expect(try await world.open(far).text.contains("isv.invalid-notify-url"))
            let near = try world.address("K3", notify: "http://127.0.0.1.example.com/notify")
            #expect(try await world.open(near).text.contains("isv.invalid-notify-url"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `an unpaid trade closes by itself or when asked`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let address = try world.address("K1", wap: true)
            _ = try await world.open(address)
            #expect(try await world.client.close(.outTradeNo("K1")) == .closed)
            #expect(try await world.pay("K1").status == 409)
            #expect(try await world.open(address).text.contains("cashier-closed"))

            _ = try await world.open(try world.address("K2", wap: true))
            _ = try await world.open(try world.address("K3"))
            // By the clock alone, whether the job has run or not.
            world.clock.advance(by: .minutes(31))
            #expect(try await world.pay("K2").status == 409)
            try await world.advance(0)
            #expect(try world.notices.map(\.event) == [.closedUnpaid, .closedUnpaid])
            #expect(try world.notices.map(\.outTradeNo) == ["K1", "K2"])
            await #expect(throws: AlipayError.self) {
                try await world.client.close(.outTradeNo("K3"))
            }
            try await world.paid("K4")
            do {
                _ = try await world.client.close(.outTradeNo("K4"))
                Issue.record("closed a paid trade")
            } catch AlipayError.refused(let fault) {
                #expect(fault.subCode == AlipaySubCode.tradeStatusError)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `refunds add up and repeat safely`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            let trade = AlipayTradeReference.outTradeNo("K1")
            #expect(
                try await world.client.refundQuery(trade, outRequestNo: "R1")
                    == .notSucceeded(status: nil))
            let first = try await world.client.refund(
                trade, amount: AlipayAmount(fen: 6_663), outRequestNo: "R1", reason: "one line")
            #expect(first.fundChange && first.refundedTotal?.fen == 6_663)
            let same = try await world.client.refund(
                trade, amount: AlipayAmount(fen: 6_663), outRequestNo: "R1")
            #expect(!same.fundChange && same.refundedTotal?.fen == 6_663)
            #expect(
                try await world.client.refundQuery(trade, outRequestNo: "R1")
                    == .succeeded(AlipayAmount(fen: 6_663)))
            let refused: [(String, Int64, String)] = [
                ("R1", 1, "ACQ.DISCORDANT_REPEAT_REQUEST"),
                ("R2", 29_438, AlipaySubCode.refundAmountNotEqualTotal),
                ("R2", .max, AlipaySubCode.refundAmountNotEqualTotal),
            ]
            for (number, fen, code) in refused {
                do {
                    _ = try await world.client.refund(
                        trade, amount: AlipayAmount(fen: fen), outRequestNo: number)
                    Issue.record("refunded \(fen)")
                } catch AlipayError.refused(let fault) {
                    #expect(fault.subCode == code)
                }
            }
            let rest = try await world.client.refund(
                trade, amount: AlipayAmount(fen: 29_437), outRequestNo: "R2")
            #expect(rest.fundChange && rest.refundedTotal?.fen == 36_100)
            guard case .found(let after) = try await world.client.query(trade) else { return }
            #expect(after.status == .closed)
            try await world.advance(0)
            // A desktop cashier tells nothing of the full refund.
            #expect(try world.notices.map(\.event) == [.paid, .refunded(AlipayAmount(fen: 6_663))])
            #expect(try world.notices.map(\.outRequestNo) == [nil, "R1"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a phone's cashier tells of the full refund`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1", wap: true)
            _ = try await world.client.refund(
                .outTradeNo("K1"), amount: AlipayAmount(fen: 36_100), outRequestNo: "R1")
            try await world.advance(0)
            let last = try #require(try world.notices.last)
            #expect(last.event == .refunded(AlipayAmount(fen: 36_100)) && last.status == .closed)
            #expect(try await world.pay("K1").status == 200)
            #expect(try world.notices.count == 2)
        }
    }
}
