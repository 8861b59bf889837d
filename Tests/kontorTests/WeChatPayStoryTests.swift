import Foundation
import TestKit
import Testing

@testable import kontor

/// A shop that is paid through WeChat Pay: Kontor's client, the sandbox's gateway, HTTP between.
@Suite struct WeChatPayStoryTests {
    /// Closes the order's try at Alipay and opens one at WeChat Pay.
    private func payAgain(
        _ order: Shop.Answer, _ example: Example, channel: String, key: String = Shop.newKey()
    ) async throws -> Shop.Answer {
        try await example.shop.api(
            "POST", "/orders/\(order.id)/payments",
            ["gateway": "wechatpay", "channel": channel], as: example.member.token, key: key)
    }

    private func refunds(_ query: String, _ example: Example) async throws -> [[String: Any]] {
        try await example.shop.must(
            "GET", "/admin/refunds?\(query)", nil, as: example.boss.token
        ).list("items")
    }

    @Test(arguments: TestEngine.available)
    func `an order is paid by a code, and given back in part, here and at the console`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let key = Shop.newKey()
            let opened = try await payAgain(order, example, channel: "native", key: key)
            #expect(opened.status == 201, "\(opened.json)")
            let payment = opened.object("payment")
            #expect(payment["status"] as? String == "submitted")
            let action = try #require(payment["action"] as? [String: Any])
            #expect(action["kind"] as? String == "qr")
            let code = try #require(action["code"] as? String)
            #expect(!code.isEmpty)
            // The same request, and the order itself, show the same code.
            let again = try await payAgain(order, example, channel: "native", key: key)
            #expect(again.isReplay)
            let repeated = again.object("payment")["action"] as? [String: Any]
            #expect(repeated?["code"] as? String == code)
            let seen = try await shop.order(order.id, of: example.member)
            let shown = seen.object("payment")["action"] as? [String: Any]
            #expect(shown?["code"] as? String == code)

            let number = try #require(payment["outTradeNo"] as? String)
            let paid = try await shop.call("POST", "/sandbox/wechatpay/trades/\(number)/pay", [:])
            #expect(paid.status == 200, "\(paid.json)")
            #expect(try await example.status(order) == "completed")

            let refund = try await shop.must(
                "POST", "/admin/orders/\(order.id)/refunds", ["amount": 1_000, "reason": "part"],
                as: example.boss.token, key: Shop.newKey())
            #expect(refund.int("gateway") > 0)
            try await shop.eventually("the refund is paid") {
                try await shop.advance(20)
                let all = try await refunds("origin=business", example)
                return all.map { $0["status"] as? String } == ["succeeded"]
            }
            let console = try await shop.call(
                "POST", "/sandbox/wechatpay/trades/\(number)/refund", ["amount": 500])
            #expect(console.status == 200, "\(console.json)")
            try await shop.eventually("the books follow the gateway") {
                try await shop.advance(20)
                let all = try await refunds("origin=gateway", example)
                return all.map { $0["amount"] as? Int } == [500]
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a lost notify is found by asking`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let opened = try await payAgain(order, example, channel: "native")
            let number = try #require(opened.object("payment")["outTradeNo"] as? String)
            _ = try await shop.call("POST", "/sandbox/wechatpay/faults", ["dropNotify": true])
            _ = try await shop.call("POST", "/sandbox/wechatpay/trades/\(number)/pay", [:])
            try await shop.eventually("the poll finds it") {
                try await shop.advance(16)
                return try await example.status(order) == "completed"
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a member WeChat does not know cannot pay inside it, and loses nothing by trying`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let refused = try await payAgain(order, example, channel: "jsapi")
            #expect(refused.status == 422)
            #expect(refused.code == "wechat-account-missing")

            // Refused before anything was closed: the first try can still be paid.
            #expect(try await example.status(order) == "pending-payment")

            let login = try await shop.call("POST", "/sandbox/wechatpay/login", [:])
            let bound = try await shop.api(
                "PUT", "/me/wechat", ["jsCode": login.text("code")], as: example.member.token)
            #expect((200..<300).contains(bound.status), "\(bound.json)")
            let opened = try await payAgain(order, example, channel: "jsapi")
            #expect(opened.status == 201, "\(opened.json)")
            let action = try #require(opened.object("payment")["action"] as? [String: Any])
            #expect(action["kind"] as? String == "jsapi")
            for name in ["appId", "timeStamp", "nonceStr", "package", "signType", "paySign"] {
                #expect(action[name] is String, "\(name)")
            }
        }
    }
}
