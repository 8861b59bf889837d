import Alipay
import Foundation
import Testing

/// The client against a gateway that is a function.
@Suite struct ClientTests {
    @Test func `the cashier's address is deterministic, signed and complete`() throws {
        let client = try Gateway { _ in "{}" }.client()
        let url = try client.pageURL(
            Sample.order, notifyURL: "https://k.example/n", returnURL: "https://k.example/r",
            at: Sample.moment)
        let again = try client.pageURL(
            Sample.order, notifyURL: "https://k.example/n", returnURL: "https://k.example/r",
            at: Sample.moment)
        #expect(url == again)

        let form = try Gateway.verifiedQuery(of: url)
        #expect(form["method"] == "alipay.trade.page.pay")
        #expect(form["timestamp"] == "2025-03-01 10:47:16")
        #expect(form["notify_url"] == "https://k.example/n")
        #expect(form["return_url"] == "https://k.example/r")
        #expect(
            form["biz_content"]
                == #"{"out_trade_no":"KT_7","product_code":"FAST_INSTANT_TRADE_PAY","#
                + #""subject":"Swift & 课程 \"A/B\"","time_expire":"2025-03-01 11:17:16","#
                + #""total_amount":"88.80"}"#)
    }

    @Test func `the phone's cashier has its own product and a way out`() throws {
        let client = try Gateway { _ in "{}" }.client()
        let url = try client.wapURL(
            Sample.order, notifyURL: "https://k.example/n", quitURL: "https://k.example/q",
            at: Sample.moment)
        let form = try Gateway.verifiedQuery(of: url)
        let content = try content(form)
        #expect(form["method"] == "alipay.trade.wap.pay")
        #expect(form["return_url"] == nil)
        #expect(content["product_code"] == "QUICK_WAP_WAY")
        #expect(content["quit_url"] == "https://k.example/q")
    }

    struct BrokenOrder: Sendable {
        let parameter: String
        let change: @Sendable (inout AlipayOrder) -> Void
    }

    @Test(arguments: [
        BrokenOrder(parameter: "out_trade_no") { $0.outTradeNo = "KT-7" },
        BrokenOrder(parameter: "out_trade_no") { $0.outTradeNo = "" },
        BrokenOrder(parameter: "out_trade_no") {
            $0.outTradeNo = String(repeating: "7", count: 65)
        },
        BrokenOrder(parameter: "total_amount") { $0.amount = AlipayAmount(fen: 0) },
        BrokenOrder(parameter: "total_amount") { $0.amount = AlipayAmount(fen: 10_000_000_001) },
        BrokenOrder(parameter: "subject") { $0.subject = "" },
        BrokenOrder(parameter: "subject") { $0.subject = "a&total_amount=0.01" },
        BrokenOrder(parameter: "time_expire") { $0.expires = Sample.moment },
        BrokenOrder(parameter: "time_expire") { $0.expires += 16 * 86_400 },
    ])
    func `an order that breaks the rules is not signed`(broken: BrokenOrder) throws {
        let client = try Gateway { _ in "{}" }.client()
        var order = Sample.order
        broken.change(&order)
        let error = #expect(throws: AlipayError.self) {
            try client.pageURL(order, notifyURL: "https://k.example/n", at: Sample.moment)
        }
        guard case .invalidRequest(broken.parameter, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a query finds a trade`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.query")
            #expect(call.content == ["out_trade_no": "KT_7"])
            return #"{"code":"10000","msg":"Success","out_trade_no":"KT_7","trade_no":"22","#
                + #""trade_status":"TRADE_SUCCESS","total_amount":"88.80","#
                + #""send_pay_date":"2025-03-01 10:47:16"}"#
        }.client()
        guard case .found(let trade) = try await client.query(.outTradeNo("KT_7")) else {
            Issue.record("not found")
            return
        }
        #expect(trade.tradeNo == "22")
        #expect(trade.status.isPaid)
        #expect(trade.total == AlipayAmount(fen: 8880))
        #expect(trade.paidAt == Sample.moment)
    }

    @Test func `a trade that nobody opened does not exist`() async throws {
        let client = try Gateway { _ in
            #"{"code":"40004","msg":"Business Failed","sub_code":"ACQ.TRADE_NOT_EXIST"}"#
        }.client()
        #expect(try await client.query(.tradeNo("22")) == .notExist)
        #expect(try await client.close(.tradeNo("22")) == .notExist)
    }

    @Test func `a trade is closed`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.close")
            return #"{"code":"10000","msg":"Success","out_trade_no":"KT_7","trade_no":"22"}"#
        }.client()
        #expect(try await client.close(.outTradeNo("KT_7")) == .closed)
    }

    @Test(arguments: [("\"Y\"", true), ("\"N\"", false), ("null", false)])
    func `a refund tells whether money moved`(fundChange: String, moved: Bool) async throws {
        let client = try Gateway { call in
            #expect(call.method == "alipay.trade.refund")
            #expect(
                call.content == [
                    "out_trade_no": "KT_7", "refund_amount": "8.80", "out_request_no": "R1",
                    "refund_reason": "退 / 款",
                ])
            return #"{"code":"10000","out_trade_no":"KT_7","trade_no":"22","refund_fee":"10.00","#
                + "\"fund_change\":\(fundChange)}"
        }.client()
        let refund = try await client.refund(
            .outTradeNo("KT_7"), amount: AlipayAmount(fen: 880), outRequestNo: "R1",
            reason: "退 / 款")
        #expect(refund.fundChange == moved)
        #expect(refund.refundedTotal == AlipayAmount(fen: 1000))
    }

    @Test func `a refund query tells success from everything else`() async throws {
        let done =
            #"{"code":"10000","out_trade_no":"KT_7","out_request_no":"R1","#
            + #""refund_status":"REFUND_SUCCESS","refund_amount":"8.80"}"#
        let client = try Gateway { _ in done }.client()
        #expect(
            try await client.refundQuery(.outTradeNo("KT_7"), outRequestNo: "R1")
                == .succeeded(AlipayAmount(fen: 880)))
        await #expect(throws: AlipayError.unknown(.otherTrade(asked: "R2", received: "R1"))) {
            try await client.refundQuery(.outTradeNo("KT_7"), outRequestNo: "R2")
        }
        let silent = try Gateway { _ in #"{"code":"10000","msg":"Success"}"# }.client()
        #expect(
            try await silent.refundQuery(.outTradeNo("KT_7"), outRequestNo: "R1")
                == .notSucceeded(status: nil))
    }

    @Test(arguments: [
        ("40004", "ACQ.TRADE_HAS_SUCCESS"), ("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH"),
        ("40002", "isv.invalid-signature"),
    ])
    func `a signed refusal is a refusal`(code: String, subCode: String) async throws {
        let client = try Gateway { _ in
            "{\"code\":\"\(code)\",\"msg\":\"Failed\",\"sub_code\":\"\(subCode)\"}"
        }.client()
        let fault = AlipayFault(code: code, subCode: subCode, message: "Failed")
        await #expect(throws: AlipayError.refused(fault)) { try await refund(client) }
        await #expect(throws: AlipayError.refused(fault)) {
            try await client.query(.outTradeNo("KT_7"))
        }
    }

    @Test(arguments: [
        ("20000", "aop.unknow-error"), ("10003", ""), ("40004", "ACQ.SYSTEM_ERROR"),
        ("40004", "aop.ACQ.SYSTEM_ERROR"), ("99999", ""), ("", ""),
    ])
    func `a gateway that does not know leaves the outcome unknown`(
        code: String, subCode: String
    ) async throws {
        let client = try Gateway { _ in
            "{\"code\":\"\(code)\",\"msg\":\"?\",\"sub_code\":\"\(subCode)\"}"
        }.client()
        let fault = AlipayFault(code: code, subCode: subCode, message: "?")
        await #expect(throws: AlipayError.unknown(.gateway(fault))) { try await refund(client) }
    }

    @Test func `no answer, an HTTP error and a forged answer leave the outcome unknown`()
        async throws
    {
        struct TimedOut: Error {}
        let success = #"{"code":"10000","out_trade_no":"KT_7","trade_no":"22","fund_change":"Y"}"#
        let forged = try AlipayResponse.signed(
            success, method: "alipay.trade.refund", with: Keys.stranger)
        let error = #"{"code":"40004","sub_code":"ACQ.TRADE_HAS_CLOSE","msg":"m"}"#
        let fault = AlipayFault(code: "40004", subCode: "ACQ.TRADE_HAS_CLOSE", message: "m")
        let cases: [(@Sendable () throws -> AlipayTransport.Answer, AlipayUncertainty)] = [
            ({ throw TimedOut() }, .noAnswer("TimedOut()")),
            ({ .init(status: 502, body: []) }, .httpStatus(502)),
            ({ .init(body: Array("<html>".utf8)) }, .unverified(.json)),
            ({ .init(body: Array("{}".utf8)) }, .unverified(.missingResponse)),
            ({ .init(body: Array(forged.utf8)) }, .unverified(.badSignature)),
            (
                { .init(body: Array("{\"alipay_trade_refund_response\":\(success)}".utf8)) },
                .unverified(.missingSign)
            ),
            (
                { .init(body: Array("{\"alipay_trade_refund_response\":\(error)}".utf8)) },
                .unverified(.unsignedError(fault))
            ),
            (
                { .init(body: Array("{\"error_response\":\(error),\"sign\":\"x\"}".utf8)) },
                .unverified(.errorResponse(fault))
            ),
        ]
        for (answer, reason) in cases {
            let client = AlipayClient(
                try Gateway.configuration(), transport: AlipayTransport { _, _ in try answer() })
            await #expect(throws: AlipayError.unknown(reason)) { try await refund(client) }
        }
    }

    @Test(arguments: [#""out_trade_no":"KT_8","#, ""])
    func `a genuine answer about another trade is no answer`(member: String) async throws {
        let client = try Gateway { _ in
            "{\"code\":\"10000\",\(member)\"trade_no\":\"22\",\"trade_status\":\"TRADE_SUCCESS\","
                + "\"total_amount\":\"88.80\",\"fund_change\":\"Y\"}"
        }.client()
        let error = AlipayError.unknown(
            .otherTrade(asked: "KT_7", received: member.isEmpty ? nil : "KT_8"))
        await #expect(throws: error) { try await client.query(.outTradeNo("KT_7")) }
        await #expect(throws: error) { try await client.close(.outTradeNo("KT_7")) }
        await #expect(throws: error) { try await refund(client) }
    }

    @Test func `an answer to another method is no answer`() async throws {
        let body = try AlipayResponse.signed(
            #"{"code":"10000"}"#, method: "alipay.trade.query", with: Keys.alipay)
        let client = AlipayClient(
            try Gateway.configuration(),
            transport: AlipayTransport { _, _ in .init(body: Array(body.utf8)) })
        await #expect(throws: AlipayError.unknown(.unverified(.missingResponse))) {
            try await client.close(.outTradeNo("KT_7"))
        }
    }

    @Test func `the own key given as Alipay's is named at once`() {
        #expect(throws: AlipayKeyError.ownKeyGivenAsAlipays) {
            try AlipayCredentials.publicKeys(appKey: Keys.app, alipayKey: Keys.app.publicKey)
        }
    }

    private func refund(_ client: AlipayClient) async throws -> AlipayRefund {
        try await client.refund(
            .outTradeNo("KT_7"), amount: AlipayAmount(fen: 880), outRequestNo: "R1")
    }

    private func content(_ form: AlipayForm) throws -> [String: String] {
        try JSONDecoder().decode(
            [String: String].self, from: Data((form["biz_content"] ?? "").utf8))
    }
}

/// The gateway's side: verifies the request as Alipay does and signs what `answer` says.
struct Gateway: Sendable {
    struct Call {
        let method: String
        let content: [String: String]
    }

    let answer: @Sendable (Call) throws -> String

    init(_ answer: @escaping @Sendable (Call) throws -> String) {
        self.answer = answer
    }

    static func configuration() throws -> AlipayConfiguration {
        AlipayConfiguration(
            appID: "2021", sellerID: "2088", gatewayURL: "https://gateway.example/gateway.do",
            credentials: try .publicKeys(appKey: Keys.app, alipayKey: Keys.alipay.publicKey))
    }

    func client(
        get: @escaping @Sendable (String, Int) async throws -> AlipayTransport.Answer = { _, _ in
            throw AlipayTransport.NoDownloads()
        }
    ) throws -> AlipayClient {
        let post: @Sendable (String, AlipayForm) async throws -> AlipayTransport.Answer = {
            url, body in
            var form = try #require(try Self.query(of: url))
            #expect(form["biz_content"] == nil)
            #expect(form["charset"] == "utf-8")
            #expect(form["timestamp"] == "2025-03-01 10:47:16")
            form["biz_content"] = body["biz_content"]
            try form.verifyRequest(with: Keys.app.publicKey)
            let content = try JSONDecoder().decode(
                [String: String].self, from: Data((form["biz_content"] ?? "").utf8))
            let method = form["method"] ?? ""
            let text = try answer(Call(method: method, content: content))
            let signed = try AlipayResponse.signed(text, method: method, with: Keys.alipay)
            return .init(body: Array(signed.utf8))
        }
        return AlipayClient(
            try Self.configuration(), transport: AlipayTransport(post: post, get: get)
        ) { Sample.moment }
    }

    static func query(of url: String) throws -> AlipayForm? {
        let parts = url.split(separator: "?", maxSplits: 1)
        guard parts.count == 2, parts[0] == "https://gateway.example/gateway.do" else { return nil }
        return try AlipayForm(decoding: parts[1].utf8)
    }

    static func verifiedQuery(of url: String) throws -> AlipayForm {
        let form = try #require(try query(of: url))
        try form.verifyRequest(with: Keys.app.publicKey)
        return form
    }
}
