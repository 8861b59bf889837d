import Alipay
import Foundation
import Synchronization
import Testing

/// Methods that have no function of their own.
@Suite struct CallTests {
    @Test func `any method is called, signed and verified`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.pay")
            #expect(call.content == ["auth_code": "28", "scene": "bar_code"])
            return #"{"code":"10000","trade_no":"22","fund_bill_list":[{"amount":"1"}]}"#
        }.client()
        let answer = try await client.call(
            "alipay.trade.pay", json: #"{"scene":"bar_code","auth_code":"28"}"#)
        #expect(answer["trade_no"] == "22")
        #expect(String(decoding: answer.signedText, as: UTF8.self).hasSuffix(#"[{"amount":"1"}]}"#))
    }

    @Test(arguments: [
        ("40004", "ACQ.PAYMENT_AUTH_CODE_INVALID", false), ("10003", "", true),
        ("20000", "", true),
    ])
    func `a fault is refused or unknown, as everywhere`(
        code: String, subCode: String, isUnknown: Bool
    ) async throws {
        let client = try Gateway { _ in "{\"code\":\"\(code)\",\"sub_code\":\"\(subCode)\"}" }
            .client()
        let fault = AlipayFault(code: code, subCode: subCode)
        let error = await #expect(throws: AlipayError.self) {
            try await client.call("alipay.trade.pay", json: "{}")
        }
        let expected: AlipayError = isUnknown ? .unknown(.gateway(fault)) : .refused(fault)
        #expect(error == expected)
    }

    @Test func `an address for a browser carries what it is given`() throws {
        let client = try Gateway { _ in "{}" }.client()
        let json = #"{"out_trade_no":"KT_7","extend_params":{"hb_fq_num":"3"}}"#
        let url = try client.url(
            "alipay.trade.page.pay", json: json, notifyURL: "https://k.example/n",
            at: Sample.moment)
        let form = try Gateway.verifiedQuery(of: url)
        #expect(form["method"] == "alipay.trade.page.pay")
        #expect(form["biz_content"] == json)
        #expect(form["notify_url"] == "https://k.example/n")
        #expect(form["return_url"] == nil)
    }

    @Test(arguments: ["", "[]", "{\"a\":1,\"a\":2}", "{}x"])
    func `what is no JSON object is not sent`(json: String) async throws {
        let client = try Gateway { _ in
            Issue.record("sent")
            return "{}"
        }.client()
        let error = AlipayError.invalidRequest(
            parameter: "biz_content", reason: "is no JSON object")
        await #expect(throws: error) { try await client.call("alipay.trade.pay", json: json) }
        #expect(throws: error) {
            try client.url("alipay.trade.page.pay", json: json, at: Sample.moment)
        }
    }

    @Test func `the checks take the account from the configuration`() async throws {
        let configuration = try Gateway.configuration()
        let amount = AlipayAmount(fen: 8880)
        let notice = try Sample.received(
            Sample.notification([("receipt_amount", "88.00"), ("buyer_open_id", "074a")]))
        try notice.check(configuration, outTradeNo: "KT_7", amount: amount)
        #expect(throws: AlipayMismatch.outTradeNo(received: "KT_7")) {
            try notice.check(configuration, outTradeNo: "KT_8", amount: amount)
        }
        #expect(notice.received == AlipayAmount(fen: 8800))
        #expect(notice.buyerOpenID == "074a")
        // What decides nothing does not make a notification unreadable.
        let odd = try Sample.received(Sample.notification([("receipt_amount", "")]))
        #expect(odd.received == nil)
        let foreign = try Sample.received(Sample.notification([("seller_id", "2099")]))
        #expect(throws: AlipayMismatch.sellerID(received: "2099")) {
            try foreign.check(configuration, outTradeNo: "KT_7", amount: amount)
        }

        let client = try Gateway { _ in
            #"{"code":"10000","out_trade_no":"KT_7","trade_no":"22","trade_status":"#
                + #""TRADE_SUCCESS","total_amount":"88.80","receipt_amount":"88.00","#
                + #""buyer_open_id":"074a"}"#
        }.client()
        guard case .found(let trade) = try await client.query(.outTradeNo("KT_7")) else {
            Issue.record("not found")
            return
        }
        try trade.check(outTradeNo: "KT_7", amount: amount)
        #expect(trade.received == AlipayAmount(fen: 8800))
        #expect(trade.buyerOpenID == "074a")
        let mismatch = AlipayMismatch.amount(expected: AlipayAmount(fen: 1), received: amount)
        #expect(throws: mismatch) {
            try trade.check(outTradeNo: "KT_7", amount: AlipayAmount(fen: 1))
        }
    }

    @Test func `a mark before the first letter of a key is no part of it`() throws {
        let pem = Keys.alipay.publicKey.pemRepresentation
        let base64 = Keys.alipay.publicKey.base64Representation
        for text in [pem, base64] {
            #expect(try AlipayPublicKey("\u{FEFF}" + text) == Keys.alipay.publicKey)
        }
        #expect(throws: AlipayKeyError.unreadable) { try AlipayPublicKey("x\u{FEFF}" + base64) }
    }
}
