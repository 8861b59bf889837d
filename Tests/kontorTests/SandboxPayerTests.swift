import Alipay
import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

/// A payer who cannot pay, and faults that single out a trade or a call.
@Suite struct SandboxPayerTests {
    @Test(arguments: TestEngine.available)
    func `a wrong password or an empty purse pays nothing`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let alipay = try await world.open(try world.address("K1"))
            let code = try await world.wechat.nativePrepay(world.order("KT0001"))
            let scanned = try await world.scanOnPage(code)
            let phone = try await world.send("GET", try #require(scanned.header("Location")))
            for (gateway, number, page) in [
                ("alipay", "K1", alipay), ("wechatpay", "KT0001", phone),
            ] {
                let told = world.merchant.letters.count
                func shown(_ pressed: LocalAnswer) async throws -> String {
                    let location = try #require(pressed.header("Location"))
                    return try await world.send("GET", "\(location)&lang=en").text
                }
                for password in ["111112", ""] {
                    let wrong = try await shown(world.press(page, password: password))
                    #expect(wrong.contains("cashier-failed") && wrong.contains("cashier-pay"))
                    #expect(wrong.contains("Wrong payment password"))
                }
                try await world.fault(#"{"poorPayer":true}"#, at: gateway)
                let poor = try await shown(world.press(page))
                #expect(poor.contains("balance is not enough") && poor.contains("cashier-pay"))
                let json = try await world.send("POST", "/sandbox/\(gateway)/trades/\(number)/pay")
                #expect(json.status == 409 && json.text.contains("sandbox-payer-short"))
                #expect(world.merchant.letters.count == told)

                try await world.fault(#"{"poorPayer":false}"#, at: gateway)
                let paid = try await world.press(page)
                #expect(paid.header("Location")?.contains("failed") == false)
                #expect(world.merchant.letters.count == told + 1)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a faulty cashier has a button for what is paid, and for what is closed`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let address = try world.address("K1")
            _ = try await world.open(address)
            let code = try await world.wechat.nativePrepay(world.order("KT0001"))
            let scanned = try await world.scanOnPage(code)
            let phone = try #require(scanned.header("Location"))
            func pages() async throws -> [LocalAnswer] {
                [try await world.open(address), try await world.send("GET", phone)]
            }
            _ = try await world.client.close(.outTradeNo("K1"))
            _ = try await world.wechat.close(outTradeNo: "KT0001")
            let closed = try await pages().map { $0.text.contains("cashier-pay\"") }
            #expect(closed == [false, false])
            for gateway in ["alipay", "wechatpay"] {
                try await world.fault(#"{"payAfterClose":true,"doublePay":true}"#, at: gateway)
            }
            for count in [2, 4] {
                for page in try await pages() { _ = try await world.press(page) }
                #expect(world.merchant.letters.count == count)
            }
            let statuses = try await pages().map { $0.text.contains("cashier-paid") }
            #expect(statuses == [true, true])
        }
    }

    @Test(arguments: TestEngine.available)
    func `an app is told that its payer has not enough`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let order = try world.appOrder("K1")
            try await world.fault(#"{"outTradeNo":"K1","poorPayer":true}"#)
            #expect(try await world.app(order)["resultStatus"] as? String == "4000")
            #expect(world.merchant.letters.isEmpty)
            try await world.fault(#"{"outTradeNo":"K1","poorPayer":false}"#)
            #expect(try await world.app(order)["resultStatus"] as? String == "9000")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a trade's own faults hold whatever number a call names it by`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            for number in ["KT0001", "KT0002"] { try await world.wechatPaid(number) }
            _ = try await world.refund("KT0001", 100, "R1")
            guard case .found(let order) = try await world.wechat.query(.outTradeNo("KT0001"))
            else {
                Issue.record("no order")
                return
            }
            let id = try #require(order.transactionID)
            try await world.fault(
                #"{"outTradeNo":"KT0001","systemError":true}"#, at: "wechatpay")
            let answers = [
                await wechatCode { _ = try await world.wechat.query(.transactionID(id)) },
                await wechatCode { _ = try await world.wechat.refundQuery(outRefundNo: "R1") },
                await wechatCode {
                    _ = try await world.wechat.refund(
                        .transactionID(id), amount: 1, total: 36_100, outRefundNo: "R2")
                },
            ]
            #expect(answers == Array(repeating: WeChatPayCode.systemError, count: 3))
            #expect(try await world.state("KT0002") == .success)
            let calls = try await world.send("GET", "/sandbox/wechatpay/calls?outTradeNo=KT0001")
            let items = try world.object(calls)["items"] as? [[String: Any]] ?? []
            let methods = items.compactMap { $0["method"] as? String }
            #expect(methods.contains("GET /v3/refund/domestic/refunds/R1"))

            for number in ["K1", "K2"] { try await world.paid(number) }
            guard case .found(let trade) = try await world.client.query(.outTradeNo("K1"))
            else {
                Issue.record("no trade")
                return
            }
            try await world.fault(#"{"outTradeNo":"K1","unavailable":1}"#)
            await #expect(throws: AlipayError.unknown(.httpStatus(503))) {
                _ = try await world.client.query(.tradeNo(trade.tradeNo))
            }
            #expect(try await world.client.query(.tradeNo(trade.tradeNo)) == .found(trade))
        }
    }

    @Test(arguments: TestEngine.available)
    func `an answer may be late, or a system error`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            try await world.wechatPaid("KT0001")
            try await world.fault(#"{"systemError":1}"#)
            let failed = await subCode { _ = try await world.client.query(.outTradeNo("K1")) }
            #expect(failed == "isp.unknow-error")
            for gateway in ["alipay", "wechatpay"] {
                try await world.fault(#"{"stallSeconds":1}"#, at: gateway)
                for json in [#"{"stallSeconds":601}"#, #"{"stallSeconds":true}"#] {
                    let path = "/sandbox/\(gateway)/faults"
                    #expect(try await world.send("POST", path, json: json).status == 400)
                }
            }
            // What was asked for has been done before the answer comes: whoever looks sees it.
            async let refund: Void = world.giveBack("K1", 100, "R1")
            let began = ContinuousClock.now
            try await world.eventually { try await world.refunded("K1") == 100 }
            try await refund
            #expect(ContinuousClock.now - began >= .milliseconds(900))
            let again = ContinuousClock.now
            _ = try await world.refund("KT0001", 100, "R1")
            #expect(ContinuousClock.now - again >= .seconds(1))
            try await world.fault(#"{"stallSeconds":0}"#)
            guard case .found = try await world.client.query(.outTradeNo("K1")) else {
                Issue.record("no trade")
                return
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a notice may name any sum, and be of yesterday`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            for gateway in ["alipay", "wechatpay"] {
                try await world.fault(#"{"wrongAmount":7}"#, at: gateway)
            }
            try await world.fault(#"{"staleTimestamp":1}"#)
            try await world.paid("K1")
            let notice = try #require(try world.notices.last)
            #expect(notice.total.fen == 7)
            let sent = try #require(notice.notifyTime)
            #expect(world.now.timeIntervalSince(sent) >= 86_399)

            world.merchant.forget()
            try await world.wechatPaid("KT0001")
            _ = try await world.refund("KT0001", 100, "R1")
            try await world.advance(6)
            let events = try await world.wechatNotices().map(\.event)
            guard case .paid(let paid)? = events.first, case .refund(let refund)? = events.last
            else {
                Issue.record("\(events.count) notices")
                return
            }
            #expect(paid.total == 7 && refund.refund == 7)
            // The gateway's own word stays right.
            #expect(try await world.refunded("KT0001", at: "wechatpay") == 100)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund that was made is told again, whatever refuses new ones`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            try await world.giveBack("K1", 100, "R1")
            for fault in ["refuseRefunds", "emptySeller"] {
                try await world.fault(#"{"\#(fault)":true}"#)
                let same = try await world.client.refund(
                    .outTradeNo("K1"), amount: AlipayAmount(fen: 100), outRequestNo: "R1")
                #expect(!same.fundChange)
                let refused = await subCode { try await world.giveBack("K1", 100, "R2") }
                #expect(refused != nil)
                try await world.fault(#"{"\#(fault)":false}"#)
            }
            try await world.giveBack("K1", 100, "R2")
            #expect(try await world.refunded("K1") == 200)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a NUL names nothing at either gateway`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            for path in [
                "/sandbox/alipay/cashier/a%00b", "/sandbox/alipay/qr/%00",
                "/sandbox/wechatpay/cashier/%00",
            ] {
                let status = try await world.send("GET", path).status
                #expect(status == 404, "\(path)")
            }
            let program = world.sandbox.wechatpay.miniProgram(
                SandboxWorld.wechatTransport(world.web))
            await #expect(throws: WeChatLoginError.refused(code: 40029)) {
                _ = try await program.session(code: "a\u{0}b")
            }
        }
    }

    /// Kontor's own client would not send them.
    @Test(arguments: TestEngine.available)
    func `sums beyond what Alipay takes, and none at all, are refused`(_ engine: TestEngine)
        async throws
    {
        try await withSandbox(engine) { world in
            func order(_ yuan: String) -> String {
                #"{"out_trade_no":"K1","subject":"s","total_amount":"\#(yuan)"}"#
            }
            let dear = try await world.ask("alipay.trade.precreate", order("100000000.01"))
            #expect(dear.contains(AlipaySubCode.totalFeeExceed))
            let most = try await world.ask("alipay.trade.precreate", order("100000000.00"))
            #expect(most.contains("qr_code"))
            try await world.paid("K2")
            for yuan in ["0.00", "-1.00", "1.001"] {
                let refund = #"""
                    {"out_trade_no":"K2","out_request_no":"R1","refund_amount":"\#(yuan)"}
                    """#
                let refused = try await world.ask("alipay.trade.refund", refund)
                let code = yuan == "0.00" ? AlipaySubCode.refundFeeError : "ACQ.INVALID_PARAMETER"
                #expect(refused.contains(code), "\(yuan): \(refused)")
            }
            #expect(try await world.refunded("K2") == 0)
        }
    }
}

extension SandboxWorld {
    /// What the gateway has given back, in fen.
    fileprivate func refunded(_ number: String, at gateway: String = "alipay") async throws -> Int?
    {
        let view = try object(await send("GET", "/sandbox/\(gateway)/trades/\(number)"))
        return view["refunded"] as? Int
    }

    /// Alipay's answer to what a merchant signs and no client checks.
    fileprivate func ask(_ method: String, _ content: String) async throws -> String {
        let form = try AlipayForm([
            ("app_id", SandboxAlipay.appID), ("method", method), ("charset", "utf-8"),
            ("sign_type", "RSA2"), ("version", "1.0"), ("biz_content", content),
            ("timestamp", BusinessCalendar.localText(database.clock.now)),
        ]).signedAsRequest(with: AlipayPrivateKey(TestKeys.app))
        return try await web.answer(
            LocalCall("POST", "/sandbox/alipay/gateway.do", body: Array(form.encoded.utf8))
        ).text
    }

    /// Waits, five seconds at most, for what another task does.
    fileprivate func eventually(_ isTrue: () async throws -> Bool) async throws {
        for _ in 0..<500 {
            if try await isTrue() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not happen")
    }
}
