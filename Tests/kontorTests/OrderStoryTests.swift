import Basics
import Checkout
import Foundation
import Money
import Scheduling
import Store
import TestKit
import Testing
import Web

@testable import kontor

/// The example of the rules: a course and a course with a coupon, an order coupon, a wallet part and
/// a rest for Alipay (commerce C2).
struct Example {
    let shop: Shop
    let boss: Shop.Person
    let member: Shop.Person
    let first: Shop.Course
    let second: Shop.Course
    let lineCoupon: String
    let orderCoupon: String

    init(_ shop: Shop, funds: Int64 = 50000) async throws {
        self.shop = shop
        boss = try await shop.boss()
        member = try await shop.member()
        first = try await shop.course(12200, by: boss, title: "CRM")
        second = try await shop.course(59900, by: boss, title: "爬虫")
        lineCoupon = try await shop.coupon(
            [
                "kind": "threshold-off", "value": 6000, "minimumSpend": 10000,
                "scope": ["kind": "course", "id": second.id],
            ], for: member, by: boss)
        orderCoupon = try await shop.coupon(
            ["kind": "threshold-off", "value": 20000, "minimumSpend": 50000], for: member, by: boss)
        if funds > 0 { try await shop.topUp(funds, for: member) }
    }

    var quoteBody: [String: Any] {
        [
            "lines": [
                first.line,
                [
                    "courseId": second.id, "policyId": second.policy,
                    "couponId": lineCoupon,
                ],
            ] as [[String: Any]], "orderCouponId": orderCoupon, "walletAmount": 10000,
        ]
    }

    /// An order that waits for 36100 by Alipay.
    func order() async throws -> Shop.Answer {
        let quote = try await shop.quote(quoteBody, member)
        let order = try await shop.order(quote, member)
        #expect(order.status == 201, "\(order.json)")
        #expect(order.text("status") == "pending-payment")
        #expect(order.int("gatewayAmount") == 36100)
        return order
    }

    func status(_ order: Shop.Answer) async throws -> String {
        try await shop.order(order.id, of: member).text("status")
    }

    func couponStatuses() async throws -> [String] {
        [
            try await shop.couponStatus(lineCoupon, of: member),
            try await shop.couponStatus(orderCoupon, of: member),
        ]
    }

    func refund(_ body: [String: Any], _ order: String) async throws -> Shop.Answer {
        try await shop.api(
            "POST", "/admin/orders/\(order)/refunds", body.merging(["reason": "test"]) { $1 },
            as: boss.token, key: Shop.newKey())
    }

    func owned() async throws -> Set<String> {
        let mine = try await shop.must("GET", "/me/enrollments", nil, as: member.token)
        return Set(
            mine.list("items").filter { $0["status"] as? String == "active" }
                .compactMap { $0["courseId"] as? String })
    }
}

@Suite struct OrderStoryTests {
    @Test(arguments: TestEngine.available)
    func `C6, defect 20: a free order completes without a gateway`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(3000, by: boss)
            let coupon = try await shop.coupon(
                [
                    "kind": "amount-off", "value": 4000,
                    "scope": ["kind": "course", "id": course.id],
                ], for: member, by: boss)
            let quote = try await shop.quote(
                [
                    "lines": [
                        ["courseId": course.id, "policyId": course.policy, "couponId": coupon]
                    ]
                ], member)
            #expect(quote.int("lineDiscount") == 3000)
            #expect(quote.int("total") == 0)
            let order = try await shop.order(quote, member)
            #expect(order.status == 201, "\(order.json)")
            #expect(order.text("status") == "completed")
            #expect(order.object["payment"] is NSNull? || order.object["payment"] == nil)
            #expect(try await shop.couponStatus(coupon, of: member) == "used")
            #expect(try await shop.wallet(member) == [0, 0])
            let mine = try await shop.must("GET", "/me/enrollments", nil, as: member.token)
            #expect(mine.list("items").count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C10, defect 8: two lines are refunded one after the other from their stored shares`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            #expect(try await example.status(order) == "completed")
            #expect(try await example.owned() == [example.first.id, example.second.id])
            let lines = order.list("lines").compactMap { $0["id"] as? String }

            let tooLong = try await shop.api(
                "POST", "/admin/orders/\(order.id)/refunds",
                ["amount": 1, "reason": String(repeating: "x", count: 201)],
                as: example.boss.token, key: Shop.newKey())
            #expect(tooLong.status == 422)
            #expect(tooLong.code == "reason-too-long")

            let first = try await example.refund(["lines": [lines[0]]], order.id)
            #expect(first.status == 201, "\(first.json)")
            #expect([first.int("wallet"), first.int("gateway")] == [1846, 6663])
            #expect(try await example.couponStatuses() == ["used", "used"])
            #expect(try await example.owned() == [example.second.id])
            #expect(try await shop.wallet(example.member) == [41846, 0])

            let second = try await example.refund(["lines": [lines[1]]], order.id)
            #expect([second.int("wallet"), second.int("gateway")] == [8154, 29437])
            #expect(try await example.couponStatuses() == ["unused", "unused"])
            #expect(try await example.status(order) == "refunded")
            #expect(try await example.owned() == [])
            #expect(try await shop.wallet(example.member) == [50000, 0])

            let third = try await example.refund(["lines": [lines[1]]], order.id)
            #expect(third.status == 409)
            let payment = order.object("payment")["outTradeNo"] as? String ?? ""
            try await shop.eventually("both refunds are through") {
                let view = try await shop.order(order.id, of: example.member)
                return view.list("refunds").allSatisfy { $0["status"] as? String == "succeeded" }
            }
            let trade = try await shop.call("GET", "/sandbox/alipay/trades/\(payment)")
            #expect(trade.status == 200)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C11, defect 3: an order that is not paid gives everything back`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.openCashier(order.object("payment"))
            #expect(try await shop.wallet(example.member) == [40000, 10000])
            #expect(try await example.couponStatuses() == ["reserved", "reserved"])
            try await shop.advance(30 * 60 + 1)
            try await shop.eventually("the order expires") {
                try await example.status(order) == "expired"
            }
            #expect(try await shop.wallet(example.member) == [50000, 0])
            #expect(try await example.couponStatuses() == ["unused", "unused"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C12: money after the end goes back by itself`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            let payment = order.object("payment")
            try await shop.openCashier(payment)
            _ = try await shop.must(
                "POST", "/orders/\(order.id)/cancel", nil, as: example.member.token)
            #expect(try await example.status(order) == "cancelled")
            try await shop.notify(payment, yuan: "361.00")
            #expect(try await example.status(order) == "cancelled")
            #expect(try await example.owned() == [])
            #expect(try await shop.wallet(example.member) == [50000, 0])
            let number = payment["outTradeNo"] as? String ?? ""
            let outcome = try await shop.disposition(of: number)
            #expect(outcome == "late")
        }
    }

    @Test(arguments: TestEngine.available)
    func `C13: late by seconds is still paid`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            // No job runs, as on a server that was down: the state decides, not the clock.
            let payment = try #require(order.object("payment")["id"] as? String)
            try await shop.server.database.write { tx in
                try tx.unschedule("order-expiry", order.id)
                try tx.unschedule("payment-poll", payment)
            }
            shop.server.database.clock.setOffset(microseconds: 1_840_000_000)
            try await shop.notify(order.object("payment"), yuan: "361.00")
            #expect(try await example.status(order) == "completed")
        }
    }

    @Test(arguments: TestEngine.available)
    func `C16, defect 4: one coupon serves one of two parallel orders`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(10000, by: boss)
            let coupon = try await shop.coupon(
                ["kind": "amount-off", "value": 1000], for: member, by: boss)
            try await shop.topUp(20000, for: member)
            let body: [String: Any] = [
                "lines": [course.line],
                "orderCouponId": coupon, "walletAmount": 1000,
            ]
            let quotes = [try await shop.quote(body, member), try await shop.quote(body, member)]
            async let one = shop.order(quotes[0], member)
            async let two = shop.order(quotes[1], member)
            let answers = try await [one, two].sorted { $0.status < $1.status }
            #expect(answers.map(\.status) == [201, 409], "\(answers.map(\.json))")
            #expect(answers[1].code == "coupon-not-available")
            #expect(try await shop.wallet(member) == [19000, 1000])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C17, defect 5: a balance serves one of two parallel orders`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(8000, by: boss)
            try await shop.topUp(10000, for: member)
            let body: [String: Any] = [
                "lines": [course.line],
                "walletAmount": 8000,
            ]
            let quotes = [try await shop.quote(body, member), try await shop.quote(body, member)]
            async let one = shop.order(quotes[0], member)
            async let two = shop.order(quotes[1], member)
            let answers = try await [one, two].sorted { $0.status < $1.status }
            #expect(answers.map(\.status) == [201, 409], "\(answers.map(\.json))")
            #expect(answers[1].code == "insufficient-funds")
            #expect(try await shop.wallet(member) == [2000, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C24, defect 5: the same key gives the same order, another request a refusal`(
        _ engine: TestEngine
    )
        async throws
    {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let quote = try await shop.quote(example.quoteBody, example.member)
            let first = try await shop.order(quote, example.member, key: "once")
            let again = try await shop.order(quote, example.member, key: "once")
            #expect(first.status == 201)
            #expect(again.status == 201)
            #expect(again.isReplay && !first.isReplay)
            #expect(first.id == again.id)
            #expect(
                first.object("payment")["outTradeNo"] as? String
                    == again.object("payment")["outTradeNo"] as? String)
            #expect(try await shop.wallet(example.member) == [40000, 10000])
            let other = try await shop.api(
                "POST", "/orders", ["quoteId": quote.id, "expectedTotal": 1],
                as: example.member.token, key: "once")
            #expect(other.status == 422)
            #expect(other.code == "idempotency-key-reused")
        }
    }

    @Test(arguments: TestEngine.available)
    func `C25, defect 24: a price that changed since the quote reserves nothing`(
        _ engine: TestEngine
    )
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(59900, by: boss)
            let quote = try await shop.quote(
                ["lines": [course.line]], member)
            _ = try await shop.must(
                "PATCH", "/admin/courses/\(course.id)",
                ["policies": [["days": 365, "price": 69900]]], as: boss.token)
            let refused = try await shop.order(quote, member)
            #expect(refused.status == 409, "\(refused.json)")
            #expect(refused.code == "price-changed")
            #expect(refused.int("total") == 69900)
            let fresh = try await shop.must("GET", "/quotes/\(quote.id)", nil, as: member.token)
            #expect(fresh.int("version") == refused.int("quoteVersion"))
            #expect(fresh.int("total") == 69900)
            let orders = try await shop.must("GET", "/orders", nil, as: member.token)
            #expect(orders.list("items").isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C32: a wallet pays an order in one call`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(46100, by: boss)
            try await shop.topUp(46100, for: member)
            let quote = try await shop.quote(
                [
                    "lines": [course.line],
                    "walletAmount": 46100,
                ], member)
            let order = try await shop.order(quote, member)
            #expect(order.status == 201)
            #expect(order.text("status") == "completed")
            #expect(try await shop.wallet(member) == [0, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a large wallet part asks for the payment password`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(600_000, by: boss)
            try await shop.topUp(600_000, for: member)
            let body: [String: Any] = [
                "lines": [course.line],
                "walletAmount": 600_000,
            ]
            let quote = try await shop.quote(body, member)
            let refused = try await shop.order(quote, member)
            #expect(refused.status == 422)
            #expect(refused.code == "payment-password-required")
            // A version made after the password was (not) asked for is held to the same limit.
            let checkout = shop.server.modules.checkout
            let owner = try #require(ID<Member>(member.id))
            let id = try #require(ID<Quote>(quote.id))
            await #expect(throws: Problem.self) {
                try await shop.server.database.write { tx in
                    _ = try checkout.placeOrder(
                        Checkout.Acceptance(
                            quote: id, version: nil, expectedTotal: Amount(600_000), gateway: nil,
                            channel: nil, walletLimit: Amount(500_000)), by: owner, in: tx)
                }
            }
            #expect(try await shop.wallet(member) == [600_000, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `defects 5, 7: a quote becomes one order, and only its owner's`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let stranger = try await shop.member("stranger")
            let quote = try await shop.quote(example.quoteBody, example.member)
            #expect(try await shop.order(quote, stranger).status == 404)
            let order = try await shop.order(quote, example.member)
            #expect(order.status == 201)
            let again = try await shop.order(quote, example.member)
            #expect(again.code == "quote-consumed")
            let peek = try await shop.api("GET", "/orders/\(order.id)", as: stranger.token)
            #expect(peek.status == 404)
        }
    }
}
