import Foundation
import Testing
import WeChatPay

/// The client against a WeChat Pay that is a function.
@Suite struct ClientTests {
    @Test func `the four ways to order send what they should`() async throws {
        let amount = #""amount":{"total":8880,"currency":"CNY"}"#
        let common =
            #"{"appid":"wx1","mchid":"1900000109","description":"Swift & 课程 \"A/B\"","#
            + #""out_trade_no":"KT_000007","time_expire":"2025-03-01T11:17:16+08:00","#
            + #""notify_url":"https://k.example/n",\#(amount)"#
        let client = try Gateway { call in
            #expect(call.method == "POST")
            switch call.path {
            case "/v3/pay/transactions/native":
                #expect(call.body == common + "}")
                return .init(body: #"{"code_url":"weixin:\/\/wxpay\/x"}"#)
            case "/v3/pay/transactions/h5":
                #expect(
                    call.body == common
                        + #","scene_info":{"payer_client_ip":"10.0.0.1","h5_info":{"type":"Wap"}}}"#
                )
                return .init(body: #"{"h5_url":"https://wx.tenpay.com/x?y=z"}"#)
            case "/v3/pay/transactions/jsapi":
                #expect(call.body == common + #","payer":{"openid":"oUpF"}}"#)
            default:
                #expect(call.path == "/v3/pay/transactions/app")
                #expect(call.body == common + "}")
            }
            return .init(body: #"{"prepay_id":"wx1522"}"#)
        }.client()
        let order = Sample.order
        #expect(try await client.nativePrepay(order) == "weixin://wxpay/x")
        let h5 = try await client.h5Prepay(order, payerIP: "10.0.0.1")
        #expect(h5 == "https://wx.tenpay.com/x?y=z")
        let prepayID = try await client.jsapiPrepay(order, openID: WeChatPayOpenID("oUpF"))
        #expect(prepayID == "wx1522")
        #expect(try await client.appPrepay(order) == "wx1522")
    }

    struct BrokenOrder: Sendable {
        let parameter: String
        let change: @Sendable (inout WeChatPayOrder) -> Void
    }

    @Test(arguments: [
        BrokenOrder(parameter: "appid") { $0.appID = "wx9" },
        BrokenOrder(parameter: "out_trade_no") { $0.outTradeNo = "KT_07" },
        BrokenOrder(parameter: "out_trade_no") { $0.outTradeNo = "KT/00007" },
        BrokenOrder(parameter: "out_trade_no") {
            $0.outTradeNo = String(repeating: "7", count: 33)
        },
        BrokenOrder(parameter: "amount") { $0.total = 0 },
        BrokenOrder(parameter: "amount") { $0.total = .min },
        BrokenOrder(parameter: "description") { $0.description = "" },
        BrokenOrder(parameter: "description") {
            $0.description = String(repeating: "课", count: 128)
        },
        BrokenOrder(parameter: "attach") { $0.attach = String(repeating: "a", count: 129) },
        BrokenOrder(parameter: "time_expire") { $0.expires = Sample.moment },
        BrokenOrder(parameter: "time_expire") { $0.expires += 8 * 86_400 },
        BrokenOrder(parameter: "notify_url") { $0.notifyURL = "https://k.example/n?a=1" },
        BrokenOrder(parameter: "notify_url") { $0.notifyURL = "/n" },
        BrokenOrder(parameter: "notify_url") { $0.notifyURL = "https://k.example/\n" },
    ])
    func `an order that breaks the rules is not sent`(broken: BrokenOrder) async throws {
        let client = try Gateway { _ in
            Issue.record("sent")
            return .init()
        }.client()
        var order = Sample.order
        broken.change(&order)
        let changed = order
        let error = await #expect(throws: WeChatPayError.self) {
            try await client.nativePrepay(changed)
        }
        guard case .invalidRequest(broken.parameter, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `a query finds an order by either number`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "GET")
            #expect(call.body.isEmpty)
            let isOwn =
                call.path == "/v3/pay/transactions/out-trade-no/KT_000007?mchid=1900000109"
            #expect(isOwn || call.path == "/v3/pay/transactions/id/42?mchid=1900000109")
            return .init(body: String(decoding: Sample.transaction(), as: UTF8.self))
        }.client()
        for reference in [
            WeChatPayOrderReference.outTradeNo("KT_000007"), .transactionID("42"),
        ] {
            guard case .found(let order) = try await client.query(reference) else {
                Issue.record("not found")
                continue
            }
            #expect(order.total == 8880)
            #expect(order.payerTotal == 8000)
            #expect(order.state == .success)
            #expect(order.paidAt == Sample.moment.addingTimeInterval(-1))
            #expect("\(order.openID.map(\.description) ?? "")" == "oUpF…")
        }
    }

    @Test func `an unpaid order needs no amount, a paid one does`() async throws {
        let bare = Sample.transaction([
            ("trade_state", "\"NOTPAY\""), ("transaction_id", nil), ("amount", nil),
        ])
        let unpaid = try Gateway { _ in .init(body: String(decoding: bare, as: UTF8.self)) }
            .client()
        guard case .found(let order) = try await unpaid.query(.outTradeNo("KT_000007")) else {
            Issue.record("not found")
            return
        }
        #expect(order.state == .notPaid)
        #expect(order.total == nil)
        for (changes, field) in [
            ([("amount", nil)], "amount"), ([("transaction_id", nil)], "transaction_id"),
            ([("trade_state", "\"PAID\"")], "trade_state"),
            ([("amount", #"{"total":88.80}"#)], "total"),
            ([("amount", #"{"total":-1}"#)], "total"),
            ([("amount", #"{"total":9223372036854775808}"#)], "total"),
        ] as [([(String, String?)], String)] {
            let body = String(decoding: Sample.transaction(changes), as: UTF8.self)
            let client = try Gateway { _ in .init(body: body) }.client()
            await #expect(throws: WeChatPayError.unknown(.unverified(.unreadableField(field)))) {
                try await client.query(.outTradeNo("KT_000007"))
            }
        }
    }

    @Test(arguments: [("ORDER_NOT_EXIST", 404), ("ORDERNOTEXIST", 404)])
    func `an order that is not there is an answer`(code: String, status: Int) async throws {
        let client = try Gateway { _ in
            .init(status: status, body: "{\"code\":\"\(code)\",\"message\":\"?\"}")
        }.client()
        #expect(try await client.query(.outTradeNo("KT_000007")) == .notExist)
        #expect(try await client.close(outTradeNo: "KT_000007") == .notExist)
        #expect(try await client.refundQuery(outRefundNo: "R1") == .notExist)
    }

    @Test func `an order is closed, once or again`() async throws {
        let client = try Gateway { call in
            #expect(call.path == "/v3/pay/transactions/out-trade-no/KT_000007/close")
            #expect(call.body == #"{"mchid":"1900000109"}"#)
            return .init(status: 204, body: "")
        }.client()
        #expect(try await client.close(outTradeNo: "KT_000007") == .closed)
        let closed = try Gateway { _ in
            .init(status: 400, body: #"{"code":"ORDER_CLOSED","message":"订单已关闭"}"#)
        }.client()
        #expect(try await closed.close(outTradeNo: "KT_000007") == .closed)
    }

    @Test func `a refund is accepted and asked about`() async throws {
        let client = try Gateway { call in
            if call.method == "POST" {
                #expect(call.path == "/v3/refund/domestic/refunds")
                #expect(
                    call.body
                        == #"{"out_trade_no":"KT_000007","out_refund_no":"R1","reason":"退","#
                        + #""notify_url":"https://k.example/r","#
                        + #""amount":{"refund":880,"total":8880,"currency":"CNY"}}"#)
                let body = Sample.refund(status: "PROCESSING", name: "status")
                return .init(body: String(decoding: body, as: UTF8.self))
            }
            #expect(call.path == "/v3/refund/domestic/refunds/R1")
            return .init(body: String(decoding: Sample.refund(name: "status"), as: UTF8.self))
        }.client()
        let accepted = try await client.refund(
            .outTradeNo("KT_000007"), amount: 880, total: 8880, outRefundNo: "R1", reason: "退",
            notifyURL: "https://k.example/r")
        #expect(accepted.status == .processing)
        guard case .found(let done) = try await client.refundQuery(outRefundNo: "R1") else {
            Issue.record("not found")
            return
        }
        #expect(done.status == .success)
        #expect(done.refund == 880)
        try done.check(
            client.configuration, outTradeNo: "KT_000007", outRefundNo: "R1", refund: 880)
        #expect(throws: WeChatPayMismatch.amount(expected: 881, received: 880)) {
            try done.check(
                client.configuration, outTradeNo: "KT_000007", outRefundNo: "R1", refund: 881)
        }
    }

    @Test(arguments: [
        (0, 10, "R1", "amount"), (11, 10, "R1", "amount"), (-1, 10, "R1", "amount"),
        (1, 10, "", "out_refund_no"), (1, 10, "R 1", "out_refund_no"),
    ])
    func `a refund that breaks the rules is not sent`(
        amount: Int64, total: Int64, number: String, parameter: String
    ) async throws {
        let client = try Gateway { _ in
            Issue.record("sent")
            return .init()
        }.client()
        let error = await #expect(throws: WeChatPayError.self) {
            try await client.refund(
                .outTradeNo("KT_000007"), amount: amount, total: total, outRefundNo: number)
        }
        guard case .invalidRequest(parameter, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test(arguments: [
        (400, "PARAM_ERROR"), (401, "SIGN_ERROR"), (403, "NOT_ENOUGH"), (403, "OUT_TRADE_NO_USED"),
        (404, "MCH_NOT_EXISTS"), (429, "FREQUENCY_LIMITED"),
    ])
    func `a refusal is a refusal, signed or not`(status: Int, code: String) async throws {
        let fault = WeChatPayFault(status: status, code: code, message: "m")
        for serial in [Sample.publicKeyID, nil] {
            let client = try Gateway { _ in
                .init(
                    status: status, body: "{\"code\":\"\(code)\",\"message\":\"m\"}",
                    serial: serial)
            }.client()
            await #expect(throws: WeChatPayError.refused(fault)) { try await refund(client) }
        }
    }

    @Test(arguments: [
        (500, "SYSTEM_ERROR"), (500, "OPENID_MISMATCH"), (503, "X"), (400, "SYSTEM_ERROR"),
        (202, "USER_PAYING"), (302, "MOVED"),
    ])
    func `whoever does not know leaves the outcome unknown`(
        status: Int, code: String
    ) async throws {
        let client = try Gateway { _ in
            .init(status: status, body: "{\"code\":\"\(code)\",\"message\":\"m\"}", serial: nil)
        }.client()
        let fault = WeChatPayFault(status: status, code: code, message: "m")
        await #expect(throws: WeChatPayError.unknown(.gateway(fault))) {
            try await refund(client)
        }
    }

    @Test func `an answer that proves nothing leaves the outcome unknown`() async throws {
        let done = String(decoding: Sample.refund(name: "status"), as: UTF8.self)
        let refused = #"{"code":"NOT_ENOUGH","message":"m"}"#
        let cases: [(Gateway.Answer, WeChatPayUncertainty)] = [
            // Done, and then signed by nobody, a stranger, an unknown key: it may be done.
            (.init(body: done, serial: nil), .unverified(.missingHeader("Wechatpay-Timestamp"))),
            (.init(body: done, key: Keys.stranger), .unverified(.badSignature)),
            (
                .init(body: done, serial: "PUB_KEY_ID_9"),
                .unverified(.unknownSerial("PUB_KEY_ID_9"))
            ),
            (.init(body: done, serial: Sample.serial), .unverified(.unknownSerial(Sample.serial))),
            (.init(status: 403, body: refused, key: Keys.stranger), .unverified(.badSignature)),
            (.init(status: 502, body: "<html>", serial: nil), .httpStatus(502)),
            (.init(status: 403, body: "<html>", serial: nil), .httpStatus(403)),
            (.init(body: "[]"), .unreadable("body")),
            (.init(body: "{}"), .otherOrder(asked: "KT_000007", received: nil)),
            (
                .init(body: done.replacing("\"R1\"", with: "\"R2\"")),
                .otherOrder(asked: "R1", received: "R2")
            ),
            (
                .init(body: done.replacing("\"refund\":880", with: "\"refund\":\"880\"")),
                .unverified(.unreadableField("refund"))
            ),
        ]
        for (answer, reason) in cases {
            let client = try Gateway { _ in answer }.client()
            await #expect(throws: WeChatPayError.unknown(reason)) { try await refund(client) }
        }
    }

    @Test func `without an answer the backup address is asked`() async throws {
        struct Lost: Error {}
        let gateway = Gateway { _ in
            .init(body: String(decoding: Sample.refund(name: "status"), as: UTF8.self))
        }
        let counter = Counter()
        let transport = WeChatPayTransport { request in
            await counter.add()
            guard request.url.hasPrefix("https://pay2.example/") else { throw Lost() }
            return try await gateway.transport.send(request)
        }
        let configuration = try Sample.configuration(
            baseURLs: ["https://pay.example", "https://pay2.example"])
        let client = WeChatPayClient(configuration, transport: transport) { Sample.moment }
        #expect(try await refund(client).status == .success)
        #expect(await counter.count == 2)

        let lost = WeChatPayClient(
            configuration, transport: WeChatPayTransport { _ in throw Lost() })
        await #expect(throws: WeChatPayError.unknown(.noAnswer("Lost()"))) {
            try await refund(lost)
        }
    }

    @Test func `an answer that is five minutes old is not believed`() async throws {
        let body = Array(#"{"code_url":"weixin://x"}"#.utf8)
        let headers = try Sample.signed(body, at: Sample.moment.addingTimeInterval(-300))
        let client = WeChatPayClient(
            try Sample.configuration(),
            transport: WeChatPayTransport { _ in .init(headers: headers, body: body) },
            now: { Sample.moment })
        await #expect(throws: WeChatPayError.unknown(.unverified(.timestampExpired))) {
            try await client.nativePrepay(Sample.order)
        }
    }

    private func refund(_ client: WeChatPayClient) async throws -> WeChatPayRefund {
        try await client.refund(
            .outTradeNo("KT_000007"), amount: 880, total: 8880, outRefundNo: "R1")
    }
}
