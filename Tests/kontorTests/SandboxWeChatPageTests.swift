import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

@testable import kontor

/// What a payer's phone shows, what a bill lists, who logs in; and all of it over sockets.
@Suite struct SandboxWeChatPageTests {
    @Test(arguments: TestEngine.available)
    func `a scanned code leads to a page that pays`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let code = try await world.wechat.nativePrepay(world.order("KT0001"))
            let scan = "/sandbox/wechatpay/scan?code_url=\(Self.encoded(code))"
            let phone = try await world.send("GET", "\(scan)&lang=en")
            #expect(phone.status == 200 && phone.text.contains("cashier-pay"))
            #expect(
                phone.text.contains(#"data-test="cashier-amount" data-amount="36100">¥361.00<"#))
            #expect(phone.text.contains("两门课 &lt;b&gt;") && !phone.text.contains("sandbox.cashier"))
            #expect(try await world.send("GET", "\(scan)&lang=zh").text.contains("微信支付"))
            #expect(try await world.press(phone).status == 303)
            #expect(world.merchant.letters.count == 1)
            #expect(try await world.send("GET", scan).text.contains("cashier-paid"))

            let other = try await world.wechat.nativePrepay(world.order("KT0002", minutes: 600))
            try await world.advance(7_201)
            let late = try await world.send(
                "GET", "/sandbox/wechatpay/scan?code_url=\(Self.encoded(other))&lang=en")
            #expect(late.text.contains("cashier-refused") && late.text.contains("two hours"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a browser comes with an address for five minutes and goes back`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let url = try await world.wechat.h5Prepay(world.order("KT0001"), payerIP: "127.0.0.1")
            let path = String(url.dropFirst(SandboxWorld.publicURL.count))
            let back = "\(SandboxWorld.publicURL)/orders/1?a=b"
            let page = try await world.send(
                "GET", "\(path)&redirect_url=\(Self.encoded(back))&lang=en")
            #expect(page.text.contains("cashier-pay"))
            let pressed = try await world.press(page)
            let paid = try await world.send("GET", try #require(pressed.header("Location")))
            #expect(paid.text.contains("href=\"\(back)\" data-test=\"cashier-return\""))
            #expect(paid.text.contains("http-equiv=\"refresh\" content=\"3;url=\(back)\""))
            let away = try await world.send(
                "GET", "\(path)&paid=1&redirect_url=\(Self.encoded("https://example.com/"))")
            #expect(away.text.contains("cashier-paid"))
            #expect(!away.text.contains("example.com") && !away.text.contains("http-equiv"))

            let second = try await world.wechat.h5Prepay(
                world.order("KT0002"), payerIP: "127.0.0.1")
            try await world.advance(301)
            let late = try await world.send(
                "GET", String(second.dropFirst(SandboxWorld.publicURL.count)))
            #expect(late.text.contains("cashier-refused"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a mini program and an app hand over signed parameters`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let openID = WeChatPayOpenID("oSomebody")
            let prepayID = try await world.wechat.jsapiPrepay(
                world.order("KT0001"), openID: openID)
            let jsapi = try world.wechat.miniProgramParameters(
                prepayID: prepayID, appID: SandboxWeChatPay.appID)
            let query = [
                ("timeStamp", jsapi.timeStamp), ("nonceStr", jsapi.nonceStr),
                ("package", jsapi.package), ("signType", jsapi.signType),
                ("paySign", jsapi.paySign),
            ].map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
            let path = "/sandbox/wechatpay/jsapi?\(query)"
            #expect(try await world.send("GET", path).text.contains("cashier-pay"))
            let forged = path.replacing(jsapi.nonceStr, with: "other")
            #expect(try await world.send("GET", forged).text.contains("cashier-refused"))

            let appID = try await world.wechat.appPrepay(world.order("KT0002"))
            let app = try world.wechat.appParameters(
                prepayID: appID, appID: SandboxWeChatPay.appID)
            let appQuery = [
                ("appid", app.appid), ("partnerid", app.partnerid), ("prepayid", app.prepayid),
                ("package", app.package), ("noncestr", app.noncestr),
                ("timestamp", app.timestamp), ("sign", app.sign),
            ].map { "\($0)=\(Self.encoded($1))" }.joined(separator: "&")
            let appPage = try await world.send("GET", "/sandbox/wechatpay/app?\(appQuery)")
            #expect(appPage.text.contains("cashier-pay"))

            try await world.payWeChat("KT0001")
            guard case .paid(let paid)? = try await world.wechatNotices().last?.event else {
                Issue.record("no payment")
                return
            }
            #expect(paid.openID == openID && paid.tradeType == "JSAPI")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a bill lists the day's trades from ten the next morning`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            try await world.wechatPaid("KT0002")
            _ = try await world.refund("KT0001", 6_663, "R1")
            try await world.advance(6)
            let day = BusinessCalendar.date(of: world.database.clock.now)
            func code(_ date: String) async -> String? {
                do {
                    _ = try await world.wechat.tradeBill(date)
                    return nil
                } catch WeChatPayBillError.call(.refused(let fault)) {
                    return fault.code
                } catch { return "\(error)" }
            }
            #expect(await code(day.description) == WeChatPayCode.paramError)
            let morning = BusinessCalendar.end(of: day) + .hours(10)
            let wait = (morning - world.database.clock.now).microseconds / 1_000_000
            try await world.advance(wait - 5)
            #expect(await code(day.description) == "STATEMENT_CREATING")
            try await world.advance(6)

            let bill = try await world.wechat.tradeBill(day.description)
            #expect(bill.unreadableLines.isEmpty)
            #expect(bill.rows.map(\.outTradeNo) == ["KT0001", "KT0002", "KT0001"])
            #expect(bill.rows.map(\.state) == ["SUCCESS", "SUCCESS", "REFUND"])
            #expect(bill.rows.map(\.settled) == [36_100, 36_100, 0])
            #expect(bill.rows.map(\.fee) == [217, 217, -40])
            #expect(bill.rows[2].outRefundNo == "R1" && bill.rows[2].refund == 6_663)
            #expect(bill.totals.settled == 72_200 && bill.totals.refund == 6_663)
            #expect(bill.totals.fee == 394)
            let refunds = try await world.wechat.tradeBill(day.description, kind: .refund)
            #expect(refunds.rows.count == 1)
            let empty = CalendarDate(dayNumber: day.dayNumber - 1)
            #expect(await code(empty.description) == WeChatPayCode.noStatementExist)
            #expect(await code("2020-01-01") == WeChatPayCode.paramError)

            let ticket = try await world.wechat.tradeBillTicket(day.description)
            try await world.advance(301)
            await #expect(throws: WeChatPayBillError.self) {
                _ = try await world.wechat.billFile(ticket)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a code of the mini program works once and for five minutes`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let program = world.sandbox.wechatpay.miniProgram(
                SandboxWorld.wechatTransport(world.web))
            func code(_ json: String = "{}") async throws -> String {
                let answer = try await world.send("POST", "/sandbox/wechatpay/login", json: json)
                return try #require(try world.object(answer)["code"] as? String)
            }
            let first = try await code(#"{"openid":"oSomebody"}"#)
            #expect(try await program.session(code: first).openID.value == "oSomebody")
            await #expect(throws: WeChatLoginError.refused(code: 40163)) {
                _ = try await program.session(code: first)
            }
            await #expect(throws: WeChatLoginError.refused(code: 40029)) {
                _ = try await program.session(code: "nonsense")
            }
            let late = try await code()
            try await world.advance(301)
            await #expect(throws: WeChatLoginError.refused(code: 40029)) {
                _ = try await program.session(code: late)
            }
            let stranger = WeChatMiniProgram(
                appID: SandboxWeChatPay.appID, secret: "wrong",
                baseURL: "\(SandboxWorld.publicURL)/sandbox/wechatpay",
                transport: SandboxWorld.wechatTransport(world.web))
            await #expect(throws: WeChatLoginError.refused(code: 40125)) {
                _ = try await stranger.session(code: late)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `the dashboard shows both gateways and how merchants answered`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            world.merchant.answer("not this time", status: 500)
            try await world.wechatPaid("KT0001")
            try await world.paid("K1")
            let page = try await world.send("GET", "/sandbox?lang=en")
            for number in ["K1", "KT0001"] {
                #expect(page.text.contains(#"data-test="sandbox-trade" data-id="\#(number)""#))
                let delivery =
                    #"data-test="sandbox-delivery" data-id="\#(number)" data-status="refused""#
                #expect(page.text.contains(delivery))
                #expect(page.text.contains(#"data-test="sandbox-resend" data-id="\#(number)""#))
            }
            #expect(page.text.contains("not this time") && !page.text.contains(">sandbox."))
            let probe = #"data-gateway="wechatpay" data-id="signatureProbe""#
            #expect(page.text.contains(probe))
            #expect(!page.text.contains(#"data-gateway="alipay" data-id="signatureProbe""#))
        }
    }

    /// Through a listening server and the network, as Kontor's own payments do it.
    @Test(arguments: TestEngine.available)
    func `over sockets it is the same`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let sandbox = try #require(shop.server.sandbox)
            let clock = shop.server.database.clock
            @Sendable func now() -> Date {
                Date(timeIntervalSince1970: Double(clock.now.secondsSinceEpoch))
            }
            let client = WeChatPayClient(
                sandbox.wechatpay.configuration, transport: .live(Shop.client), now: now)
            let order = WeChatPayOrder(
                appID: SandboxWeChatPay.appID, outTradeNo: "KT-0001*", total: 36_100,
                description: "两门课", expires: now().addingTimeInterval(1_800),
                notifyURL: "\(shop.base)/nobody")
            let code = try await client.nativePrepay(order)
            #expect(code.hasPrefix("weixin://"))
            let paid = try await shop.call("POST", "/sandbox/wechatpay/trades/KT-0001*/pay")
            #expect(paid.status == 200 && paid.text("status") == "SUCCESS")
            // Nobody is at that address.
            #expect(paid.text.contains("\"refused\"") || paid.text.contains("\"failed\""))
            let refund = try await client.refund(
                .outTradeNo("KT-0001*"), amount: 100, total: 36_100, outRefundNo: "R|1@*")
            #expect(refund.status == .processing)
            try await shop.advance(6)
            guard case .found(let done) = try await client.refundQuery(outRefundNo: "R|1@*") else {
                Issue.record("no refund")
                return
            }
            #expect(done.status == .success)
            #expect(try await client.fetchCertificates().count == 1)
        }
    }

    private static func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }
}
