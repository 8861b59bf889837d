import Alipay
import Basics
import Foundation
import Sandbox
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments
@testable import kontor

extension Shop {
    /// Posts a notify as the gateway would, with fields of one's own, signed with its key.
    @discardableResult
    func notify(
        _ payment: [String: Any], yuan: String, status: String = "TRADE_SUCCESS",
        appID: String? = nil, sellerID: String? = nil, signed: Bool = true
    ) async throws -> Answer {
        let number = try #require(payment["outTradeNo"] as? String)
        let configuration = try #require(server.sandbox?.alipay.configuration)
        var fields = [
            ("notify_type", "trade_status_sync"), ("notify_id", "n\(number)\(yuan)\(status)"),
            ("notify_time", "2026-01-01 00:00:00"), ("charset", "utf-8"), ("version", "1.0"),
            ("app_id", appID ?? configuration.appID), ("trade_no", "T\(number)"),
            ("out_trade_no", number), ("trade_status", status), ("total_amount", yuan),
        ]
        if let seller = sellerID ?? configuration.sellerID { fields.append(("seller_id", seller)) }
        let form = try AlipayForm(fields).signedAsNotification(
            with: AlipayPrivateKey(TestKeys.alipay))
        let body =
            signed ? form.encoded : form.encoded.replacing("total_amount=", with: "total_amount=1")
        return try await call(
            "POST", "/api/v1/gateways/alipay/notify",
            headers: ["Content-Type": "application/x-www-form-urlencoded;charset=utf-8"], raw: body)
    }

    /// What became of the money of an attempt.
    func disposition(of outTradeNo: String) async throws -> String? {
        try await server.database.read { snapshot in
            try snapshot.attempt(gateway: "alipay", outTradeNo: outTradeNo)?.disposition?.rawValue
        }
    }
}

@Suite struct NotifyStoryTests {
    @Test(arguments: TestEngine.available)
    func `C22: a wrong amount is kept for review and is not paid`(_ engine: TestEngine) async throws
    {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let answer = try await shop.notify(order.object("payment"), yuan: "360.99")
            #expect(answer.json as? String == "success")
            let after = try await shop.order(order.id, of: example.member)
            #expect(after.text("status") == "pending-payment")
            #expect(after.object("payment")["status"] as? String == "needs-review")
            #expect(try await example.owned() == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C23: one notify 50 times at once has one effect, another amount none (ledger case 25)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let payment = order.object("payment")
            let number = try #require(payment["outTradeNo"] as? String)
            let answers = try await inParallel(50) { _ in
                try await shop.notify(["outTradeNo": number], yuan: "361.00").text
            }
            #expect(Set(answers) == ["success"])
            let other = try await shop.notify(["outTradeNo": number], yuan: "361.01")
            #expect(other.text == "success")
            #expect(try await example.status(order) == "completed")
            #expect(try await shop.wallet(example.member) == [40000, 0])
            #expect(try await example.owned().count == 2)
            let outcomes = try await shop.server.database.read { snapshot in
                try snapshot.rows(
                    """
                    SELECT outcome FROM gateway_event
                    WHERE dedup_key LIKE \("%\(number)%") ORDER BY id
                    """
                ) { try $0[0] as String }
            }
            #expect(outcomes == ["settled", "needs-review"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a forged or foreign notify changes nothing`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let payment = order.object("payment")
            #expect(try await shop.notify(payment, yuan: "361.00", signed: false).status == 400)
            #expect(
                try await shop.notify(payment, yuan: "361.00", appID: "2021000000000001").status
                    == 400)
            #expect(
                try await shop.notify(payment, yuan: "361.00", sellerID: "2088999999999999").status
                    == 400)
            let unknown = try await shop.notify(["outTradeNo": "KNOBODY"], yuan: "361.00")
            #expect(unknown.json as? String == "fail")
            #expect(try await example.status(order) == "pending-payment")
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is no form of Alipay's kind and size is refused, and its sender told nothing`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            func post(_ body: String, _ type: String) async throws -> Shop.Answer {
                try await shop.call(
                    "POST", "/api/v1/gateways/alipay/notify", headers: ["Content-Type": type],
                    raw: body)
            }
            let form = "application/x-www-form-urlencoded"
            #expect(try await post("{}", "application/json").status == 415)
            let long = String(repeating: "a", count: 65_537)
            #expect(try await post("a=\(long)", form).status == 413)
            var told: Set<String> = []
            for body in ["a=1&a=2", "a=%", "sign=x&sign_type=RSA2", "sign=&sign_type=RSA", ""] {
                let answer = try await post(body, form)
                #expect(answer.status == 400 && answer.code == "notify-refused", "\(body)")
                told.insert(answer.text("detail"))
            }
            #expect(told.count == 1)
            let kept = try await shop.server.database.read { snapshot in
                try snapshot.rows("SELECT outcome FROM gateway_event") { try $0[0] as String }
            }
            #expect(kept == [])
        }
    }

    /// Where the gateway tells us and sends the browser back to is ours to say, not the visitor's.
    @Test(arguments: TestEngine.available)
    func `addresses for the gateway are made of our own, whatever host a request names`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let opened = try await shop.call(
                "POST", "/api/v1/orders/\(order.id)/payments",
                ["gateway": "alipay", "channel": "wap"], as: example.member.token,
                key: Shop.newKey(),
                headers: [
                    "Host": "evil.example", "X-Forwarded-Host": "evil.example",
                    "Forwarded": "host=evil.example", "Origin": "https://evil.example",
                ])
            #expect(opened.status == 201, "\(opened.json)")
            let action = opened.object("payment")["action"] as? [String: Any]
            let url = try #require(action?["url"] as? String)
            let query = try #require(url.split(separator: "?").last)
            let form = try AlipayForm(decoding: Array(query.utf8))
            #expect(form["notify_url"] == "\(shop.base)/api/v1/gateways/alipay/notify")
            #expect(form["return_url"]?.hasPrefix("\(shop.base)/payments/alipay/return") == true)
            #expect(url.hasPrefix("\(shop.base)/sandbox/") && !url.contains("evil"))
        }
    }

    /// A partial refund comes with the status of a payment, a full one with that of a time-out.
    @Test(arguments: TestEngine.available)
    func `a refund at Alipay's console is told as a payment or an end, and is neither`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let opened = try await shop.must(
                "POST", "/orders/\(order.id)/payments", ["gateway": "alipay", "channel": "wap"],
                as: example.member.token, key: Shop.newKey())
            try await shop.pay(opened.object("payment"))
            #expect(try await example.status(order) == "completed")
            let number = opened.object("payment")["outTradeNo"] as? String ?? ""
            var given: [Int] = []
            let bodies: [[String: Any]] = [["amount": 500], [:]]
            for body in bodies {
                let refund = try await shop.call(
                    "POST", "/sandbox/alipay/trades/\(number)/refund", body)
                #expect(refund.status == 200, "\(refund.json)")
                given.append(given.isEmpty ? 500 : 35_600)
                let expected = given
                try await shop.eventually("the books follow the gateway") {
                    try await shop.advance(20)
                    let list = try await shop.must(
                        "GET", "/admin/refunds?origin=gateway", nil, as: example.boss.token)
                    let amounts = list.list("items").compactMap { $0["amount"] as? Int }
                    return amounts.sorted() == expected
                }
                #expect(try await example.status(order) == "completed")
                #expect(try await shop.wallet(example.member) == [40000, 0])
            }
            let told = try await shop.call("GET", "/sandbox/alipay/trades/\(number)")
            let statuses = told.list("notifies").compactMap { $0["tradeStatus"] as? String }
            #expect(statuses == ["TRADE_SUCCESS", "TRADE_SUCCESS", "TRADE_CLOSED"])
        }
    }

    /// Commerce C28, defects 49-51: the browser's return is a hint, and the gateway is asked.
    @Test(arguments: TestEngine.available)
    func `C28: the return page changes nothing by itself`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let number = try #require(order.object("payment")["outTradeNo"] as? String)
            try await shop.openCashier(order.object("payment"))
            let forged = "out_trade_no=\(number)&total_amount=361.00&trade_status=TRADE_SUCCESS"
            let answer = try await shop.call("GET", "/payments/alipay/return?\(forged)")
            #expect((300..<400).contains(answer.status))
            #expect(try await example.status(order) == "pending-payment")
            // Paid, but the notify is lost: the return makes us ask, and the query decides.
            _ = try await shop.call("POST", "/sandbox/alipay/faults", ["dropNotify": true])
            _ = try await shop.call("POST", "/sandbox/alipay/trades/\(number)/pay", [:])
            #expect(try await example.status(order) == "pending-payment")
            _ = try await shop.call("GET", "/payments/alipay/return?\(forged)")
            #expect(try await example.status(order) == "completed")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a lost notify is found by asking`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let payment = order.object("payment")
            let number = try #require(payment["outTradeNo"] as? String)
            try await shop.openCashier(payment)
            _ = try await shop.call("POST", "/sandbox/alipay/faults", ["dropNotify": true])
            _ = try await shop.call("POST", "/sandbox/alipay/trades/\(number)/pay", [:])
            try await shop.advance(16)
            try await shop.eventually("the poll finds it") {
                try await example.status(order) == "completed"
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `two attempts that are both paid settle once and the second goes back`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let first = order.object("payment")
            let again = try await shop.must(
                "POST", "/orders/\(order.id)/payments", ["gateway": "alipay", "channel": "wap"],
                as: example.member.token, key: Shop.newKey())
            let second = again.object("payment")
            #expect(first["outTradeNo"] as? String != second["outTradeNo"] as? String)
            try await shop.notify(second, yuan: "361.00")
            #expect(try await example.status(order) == "completed")
            try await shop.notify(first, yuan: "361.00")
            #expect(
                try await shop.disposition(of: first["outTradeNo"] as? String ?? "") == "duplicate")
            #expect(try await shop.wallet(example.member) == [40000, 0])
        }
    }

    /// Closed here while the gateway knew no trade, and paid at the address that was still open.
    @Test(arguments: TestEngine.available)
    func `an attempt that is closing is asked about once more when its order expires`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let first = order.object("payment")
            let again = try await shop.must(
                "POST", "/orders/\(order.id)/payments", ["gateway": "alipay", "channel": "wap"],
                as: example.member.token, key: Shop.newKey())
            try await shop.call("POST", "/sandbox/alipay/faults", ["dropNotify": true])
            try await shop.pay(first)
            // Nothing but the order's end is left to ask.
            for payment in [first, again.object("payment")] {
                let id = try #require(payment["id"] as? String)
                try await shop.server.database.write { try $0.unschedule("payment-poll", id) }
            }
            try await shop.advance(30 * 60 + 1)
            try await shop.eventually("the order is paid") {
                try await example.status(order) == "completed"
            }
            #expect(
                try await shop.disposition(of: first["outTradeNo"] as? String ?? "") == "settled")
        }
    }
}
