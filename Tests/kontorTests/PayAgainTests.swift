import TestKit
import Testing

/// Commands that end or replace a payment ask its gateway, but only if they are to be done at all.
@Suite struct `Paying again and giving up` {
    @Test(arguments: TestEngine.available)
    func `twenty equal requests open one new attempt`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.openCashier(order.object("payment"))
            let key = Shop.newKey()
            let answers = try await withThrowingTaskGroup(of: Shop.Answer.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await example.payAgain(order, key: key) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.map(\.status) == Array(repeating: 201, count: 20))
            let numbers = Set(answers.map { $0.object("payment")["outTradeNo"] as? String })
            #expect(numbers.count == 1)
            #expect(answers.filter(\.isReplay).count == 19)

            // The lost answer comes again, and the attempt it names can still be paid.
            let again = try await example.payAgain(order, key: key)
            #expect(again.isReplay)
            try await shop.pay(again.object("payment"))
            #expect(try await example.status(order) == "completed")
            try await shop.pay(order.object("payment"), expecting: 409)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is not available closes nothing`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.openCashier(order.object("payment"))
            let unknown = try await example.payAgain(order, gateway: "paypal")
            #expect(unknown.status == 422)
            #expect(unknown.code == "gateway-not-available")
            let wrong = try await example.payAgain(order, channel: "fax")
            #expect(wrong.code == "channel-not-available")
            // Nor what others may use, and this member may not.
            let missing = try await example.payAgain(
                order, gateway: "wechatpay", channel: "jsapi")
            #expect(missing.code == "wechat-account-missing")
            try await shop.pay(order.object("payment"))
            #expect(try await example.status(order) == "completed")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a lost answer to a cancel can be asked for again`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            for _ in 0..<2 {
                let answer = try await shop.api(
                    "POST", "/orders/\(order.id)/cancel", nil, as: example.member.token)
                #expect(answer.status == 200, "\(answer.json)")
                #expect(answer.text("status") == "cancelled")
            }
            #expect(try await shop.wallet(example.member) == [50000, 0])
            let stranger = try await shop.member("stranger")
            let foreign = try await shop.api(
                "POST", "/orders/\(order.id)/cancel", nil, as: stranger.token)
            #expect(foreign.status == 404)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a silent gateway leaves the order as it is`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.openCashier(order.object("payment"))
            try await shop.call("POST", "/sandbox/alipay/faults", ["unavailable": true])
            let key = Shop.newKey()
            let refused = try await example.payAgain(order, key: key)
            #expect(refused.status == 503)
            #expect(refused.code == "gateway-unreachable")
            let cancelled = try await shop.api(
                "POST", "/orders/\(order.id)/cancel", nil, as: example.member.token)
            #expect(cancelled.status == 503)
            #expect(try await example.status(order) == "pending-payment")

            try await shop.call("POST", "/sandbox/alipay/faults", ["unavailable": false])
            let opened = try await example.payAgain(order, key: key)
            #expect(opened.status == 201, "a 503 must not be frozen under its key")
            try await shop.pay(opened.object("payment"))
            #expect(try await example.status(order) == "completed")
        }
    }
}

extension Example {
    fileprivate func payAgain(
        _ order: Shop.Answer, gateway: String = "alipay", channel: String = "page",
        key: String = Shop.newKey()
    ) async throws -> Shop.Answer {
        try await shop.api(
            "POST", "/orders/\(order.id)/payments", ["gateway": gateway, "channel": channel],
            as: member.token, key: key)
    }
}
