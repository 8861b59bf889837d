import Alipay
import AsyncHTTPClient
import Foundation
import Synchronization
import Testing
import WireTestKit

@testable import AlipayExample

/// The guide for adopters says what was compiled and run here.
@Suite struct GuideTests {
    @Test func `every line of Swift in the guide is compiled`() throws {
        let guide = try Guide("alipay", example: "AlipayExample")
        #expect(guide.strays == [])
        #expect(guide.blocks.count >= 5)
        // And the shop is there as a whole.
        let shop = try #require(guide.files["Shop.swift"])
        #expect(guide.blocks.contains(shop))
    }

    /// What the example's shop remembers.
    private final class Memory: ShopOrders {
        let order: ShopOrder
        private let lines = Mutex<[String]>([])
        var all: [String] { lines.withLock { $0 } }

        init(_ order: ShopOrder) { self.order = order }

        func order(_ number: String) -> ShopOrder? { number == order.number ? order : nil }
        func markPaid(_ number: String, tradeNo: String) {
            lines.withLock { $0.append("paid \(tradeNo)") }
        }
        func flag(_ number: String, _ why: String) { lines.withLock { $0.append(why) } }
    }

    private let order = ShopOrder(
        number: "KT_7", amount: AlipayAmount(fen: 8880), title: "Swift",
        expires: Sample.moment.addingTimeInterval(900))

    @Test func `the example is made of texts`() throws {
        let shop = try ShopPayments.make(
            appID: "2021", sellerID: "2088", appKey: Keys.app.pemRepresentation,
            alipayKey: Keys.alipay.publicKey.base64Representation, http: .shared,
            orders: Memory(order))
        #expect(shop.alipay.configuration.gatewayURL == AlipayConfiguration.productionGateway)
    }

    @Test func `the example takes payments and nothing else`() async throws {
        let memory = Memory(order)
        let shop = ShopPayments(alipay: try Gateway { _ in "{}" }.client(), orders: memory)
        let url = try shop.cashier(for: order, onPhone: false, at: Sample.moment)
        #expect(try Gateway.verifiedQuery(of: url)["notify_url"] == "\(shop.site)/alipay/notify")
        let phone = try shop.cashier(for: order, onPhone: true, at: Sample.moment)
        #expect(try Gateway.verifiedQuery(of: phone)["method"] == "alipay.trade.wap.pay")

        func told(_ changes: [(String, String?)]) async throws -> String {
            let form = try Sample.notification(changes).signedAsNotification(with: Keys.alipay)
            return try await shop.notified(Array(form.encoded.utf8))
        }
        #expect(try await told([]) == "success")
        #expect(try await told([("total_amount", "88.81")]) == "success")
        #expect(try await told([("app_id", "2022")]) == "fail")
        #expect(try await told([("seller_id", nil)]) == "fail")
        #expect(try await told([("out_trade_no", "KT_8")]) == "fail")
        #expect(try await told([("refund_fee", "1.00")]) == "success")
        #expect(try await shop.notified(Array("total_amount=88.80".utf8)) == "fail")
        #expect(
            memory.all == ["paid 2025030122", "88.81 came instead of 88.80", "paid 2025030122"])
    }

    @Test func `the example asks when the browser is back`() async throws {
        let memory = Memory(order)
        let total = Mutex("88.80")
        let gateway = Gateway { _ in
            #"{"code":"10000","out_trade_no":"KT_7","trade_no":"22","#
                + #""trade_status":"TRADE_SUCCESS","total_amount":"\#(total.withLock { $0 })"}"#
        }
        let shop = ShopPayments(alipay: try gateway.client(), orders: memory)
        #expect(try await shop.isPaid(order))
        total.withLock { $0 = "0.01" }
        #expect(try await !shop.isPaid(order))
        #expect(memory.all == ["paid 22", "0.01 came instead of 88.80"])
        let none = Gateway { _ in #"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"# }
        #expect(try await !ShopPayments(alipay: none.client(), orders: memory).isPaid(order))
    }

    @Test func `the example refunds once, and asks where it does not know`() async throws {
        let calls = Mutex<[String]>([])
        let gateway = Gateway { call in
            calls.withLock { $0.append("\(call.method) \(call.content["out_request_no"] ?? "")") }
            if call.method == "alipay.trade.refund" {
                return #"{"code":"20000","sub_code":"isp.unknow-error"}"#
            }
            return #"{"code":"10000","out_trade_no":"KT_7","out_request_no":"R1","#
                + #""refund_status":"REFUND_SUCCESS","refund_amount":"8.80"}"#
        }
        let shop = ShopPayments(alipay: try gateway.client(), orders: Memory(order))
        #expect(try await shop.refund(order, AlipayAmount(fen: 880), number: "R1"))
        #expect(
            calls.withLock { $0 } == [
                "alipay.trade.refund R1", "alipay.trade.fastpay.refund.query R1",
            ])
    }

    @Test func `a return is checked as a notification is`() throws {
        let form = try AlipayForm([
            ("app_id", "2021"), ("seller_id", "2088"), ("trade_no", "22"), ("out_trade_no", "KT_7"),
            ("total_amount", "88.80"), ("method", "alipay.trade.page.pay.return"),
        ]).signedAsNotification(with: Keys.alipay)
        let back = try Gateway { _ in "{}" }.client().browserReturn(form.encoded.utf8)
        try back.check(
            appID: "2021", sellerID: "2088", outTradeNo: "KT_7", amount: AlipayAmount(fen: 8880))
        #expect(throws: AlipayMismatch.outTradeNo(received: "KT_7")) {
            try back.check(
                appID: "2021", sellerID: nil, outTradeNo: "KT_8", amount: AlipayAmount(fen: 8880))
        }
        #expect(throws: AlipayMismatch.sellerID(received: "2088")) {
            try back.check(
                appID: "2021", sellerID: "2099", outTradeNo: "KT_7",
                amount: AlipayAmount(fen: 8880))
        }
    }

    @Test func `a message in GBK is verified as bytes and read as text`() throws {
        var form = Sample.notification([("charset", "GBK")])
        let gbk = try #require(
            "爱家租房".data(using: String.Encoding(rawValue: 0x8000_0632)))
        form["subject"] = "@"
        let signed = try AlipayForm(
            decoding: form.encoded.replacing(
                "%40", with: gbk.map { "%" + String($0, radix: 16) }.joined()
            ).utf8
        ).signedAsNotification(with: Keys.alipay)
        let notice = try AlipayNotification(
            verifying: signed.encoded.utf8, with: Keys.alipay.publicKey)
        #expect(notice.form["subject"] == nil)
        #expect(notice.form.text("subject") == "爱家租房")
        #expect(notice.form.text("nothing") == nil)
    }

    @Test(arguments: ["UTF-7", "utf-16", "iso-8859-1", "", "\u{FF47}bk"])
    func `a message in a charset that Alipay does not write is not believed`(_ charset: String)
        throws
    {
        let signed = try Sample.notification([("charset", charset)])
            .signedAsNotification(with: Keys.alipay)
        #expect(throws: AlipayVerificationError.unreadableField("charset")) {
            try AlipayNotification(verifying: signed.encoded.utf8, with: Keys.alipay.publicKey)
        }
    }
}
