import Alipay
import Foundation
import Testing

/// Ways to pay without the cashier's address, and the way out when nobody knows.
@Suite struct TradeTests {
    @Test func `an app's order string is signed, complete and the same each time`() throws {
        let client = try Gateway { _ in "{}" }.client()
        let order = try client.appOrder(
            Sample.order, notifyURL: "https://k.example/n", at: Sample.moment)
        let again = try client.appOrder(
            Sample.order, notifyURL: "https://k.example/n", at: Sample.moment)
        #expect(order == again)
        let form = try AlipayForm(decoding: order.utf8)
        try form.verifyRequest(with: Keys.app.publicKey)
        #expect(form["method"] == "alipay.trade.app.pay")
        #expect(form["notify_url"] == "https://k.example/n")
        let content = try JSONDecoder().decode(
            [String: String].self, from: Data((form["biz_content"] ?? "").utf8))
        #expect(content["product_code"] == "QUICK_MSECURITY_PAY")
        #expect(content["total_amount"] == "88.80")
        var free = Sample.order
        free.amount = AlipayAmount(fen: 0)
        #expect(throws: AlipayError.self) {
            try client.appOrder(free, notifyURL: "https://k.example/n", at: Sample.moment)
        }
    }

    @Test func `a code to be scanned belongs to its order`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.precreate")
            #expect(call.content["total_amount"] == "88.80")
            #expect(call.content["time_expire"] == "2025-03-01 11:17:16")
            return #"{"code":"10000","out_trade_no":"KT_7","qr_code":"https:\/\/qr.alipay.com\/b"}"#
        }.client()
        let code = try await client.precreate(Sample.order, notifyURL: "https://k.example/n")
        #expect(code == "https://qr.alipay.com/b")
        let other = try Gateway { _ in
            #"{"code":"10000","out_trade_no":"KT_8","qr_code":"https://qr.alipay.com/b"}"#
        }.client()
        await #expect(
            throws: AlipayError.unknown(.otherTrade(asked: "KT_7", received: "KT_8"))
        ) {
            try await other.precreate(Sample.order, notifyURL: "https://k.example/n")
        }
        let without = try Gateway { _ in #"{"code":"10000","out_trade_no":"KT_7"}"# }.client()
        await #expect(throws: AlipayError.unknown(.unreadable("qr_code"))) {
            try await without.precreate(Sample.order, notifyURL: "https://k.example/n")
        }
    }

    @Test(arguments: [
        (#""action":"close","retry_flag":"N""#, AlipayCancelResult.closed),
        (#""action":"refund","retry_flag":"N""#, .refunded), (#""retry_flag":"N""#, .nothing),
        (#""action":"""#, .nothing),
    ])
    func `a cancel tells what it did`(members: String, result: AlipayCancelResult) async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.cancel")
            return #"{"code":"10000","out_trade_no":"KT_7",\#(members)}"#
        }.client()
        #expect(try await client.cancel(.outTradeNo("KT_7")) == result)
    }

    @Test func `a cancel that is to be repeated, or says something new, is unknown`() async throws {
        for members in [#""action":"close","retry_flag":"Y""#, #""action":"other""#] {
            let client = try Gateway { _ in
                #"{"code":"10000","out_trade_no":"KT_7",\#(members)}"#
            }.client()
            let error = await #expect(throws: AlipayError.self) {
                try await client.cancel(.outTradeNo("KT_7"))
            }
            guard case .unknown = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
        let none = try Gateway { _ in
            #"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#
        }.client()
        #expect(try await none.cancel(.tradeNo("22")) == .nothing)
    }
}
