import Basics
import Foundation
import TestKit
import Testing

/// A cart with its coupons and what it must come to, as the rules give it (commerce section 7.1).
struct PriceCase: Sendable, CustomTestStringConvertible {
    struct Coupon: Sendable {
        var kind: String
        var value: Int64
        var minimum: Int64?

        func terms(_ scope: [String: Any]) -> [String: Any] {
            var terms: [String: Any] = ["kind": kind, "scope": scope]
            terms[kind == "percent-off" ? "payPercent" : "value"] = value
            if let minimum { terms["minimumSpend"] = minimum }
            return terms
        }
        static func off(_ value: Int64) -> Coupon { Coupon(kind: "amount-off", value: value) }
        static func off(_ value: Int64, from minimum: Int64) -> Coupon {
            Coupon(kind: "threshold-off", value: value, minimum: minimum)
        }
        static func pay(_ percent: Int64) -> Coupon { Coupon(kind: "percent-off", value: percent) }
    }

    let name: String
    let lines: [(price: Int64, coupon: Coupon?)]
    var order: Coupon?
    var wallet: Int64 = 0
    let discounts: (line: Int64, order: Int64)
    let nets: [Int64]
    var wallets: [Int64]?
    let total: Int64

    var testDescription: String { name }

    static let all: [PriceCase] = [
        PriceCase(
            name: "C1: an amount off", lines: [(59900, .off(4000))], discounts: (4000, 0),
            nets: [55900], total: 55900),
        PriceCase(
            name: "C2: two thresholds and two tenders",
            lines: [(12200, nil), (59900, .off(6000, from: 10000))],
            order: .off(20000, from: 50000), wallet: 10000, discounts: (6000, 20000),
            nets: [8509, 37591], wallets: [1846, 8154], total: 46100),
        PriceCase(
            name: "C4, defect 2: 79 means pay 79 percent", lines: [(59900, .pay(79))],
            discounts: (12579, 0),
            nets: [47321], total: 47321),
        PriceCase(
            name: "C5: half up", lines: [(50, .pay(75))], discounts: (12, 0), nets: [38], total: 38),
        PriceCase(
            name: "C7: largest remainder", lines: [(3333, nil), (3333, nil), (3333, nil)],
            order: .off(1000), discounts: (0, 1000), nets: [2999, 3000, 3000], total: 8999),
        PriceCase(
            name: "C8: shares of an order coupon", lines: [(400, nil), (4500, nil)],
            order: .off(500), discounts: (0, 500), nets: [359, 4041], total: 4400),
        PriceCase(
            name: "C9: percent rounds once, on the sum",
            lines: [(1990, nil), (2990, nil), (990, nil)], order: .pay(88), discounts: (0, 716),
            nets: [1751, 2632, 871], total: 5254),
    ]
}

@Suite struct PricingStoryTests {
    @Test(arguments: TestEngine.available, PriceCase.all)
    func `a quote comes to the fen`(_ engine: TestEngine, _ example: PriceCase) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            var lines: [[String: Any]] = []
            for line in example.lines {
                let course = try await shop.course(line.price, by: boss)
                var entry: [String: Any] = ["courseId": course.id, "policyId": course.policy]
                if let coupon = line.coupon {
                    entry["couponId"] = try await shop.coupon(
                        coupon.terms(["kind": "course", "id": course.id]), for: member, by: boss)
                }
                lines.append(entry)
            }
            var body: [String: Any] = ["lines": lines, "walletAmount": example.wallet]
            if let coupon = example.order {
                body["orderCouponId"] = try await shop.coupon(
                    coupon.terms(["kind": "all"]), for: member, by: boss)
            }
            let quote = try await shop.quote(body, member)
            #expect(quote.status == 201, "\(quote.json)")
            #expect(quote.int("lineDiscount") == example.discounts.line)
            #expect(quote.int("orderDiscount") == example.discounts.order)
            #expect(quote.int("total") == example.total)
            #expect(quote.int("gatewayAmount") == example.total - example.wallet)
            let priced = quote.list("lines")
            #expect(priced.compactMap { ($0["net"] as? NSNumber)?.int64Value } == example.nets)
            if let wallets = example.wallets {
                #expect(priced.compactMap { ($0["wallet"] as? NSNumber)?.int64Value } == wallets)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `C3, defect 19: a threshold looks at what line coupons left`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(52000, by: boss)
            let off = try await shop.coupon(
                [
                    "kind": "amount-off", "value": 4000,
                    "scope": ["kind": "course", "id": course.id],
                ], for: member, by: boss)
            let threshold = try await shop.coupon(
                ["kind": "threshold-off", "value": 20000, "minimumSpend": 50000], for: member,
                by: boss)
            let refused = try await shop.quote(
                [
                    "lines": [
                        ["courseId": course.id, "policyId": course.policy, "couponId": off]
                    ], "orderCouponId": threshold,
                ], member)
            #expect(refused.status == 422)
            #expect(refused.code == "coupon-threshold-not-met")
            #expect(refused.int("base") == 48000)
            #expect(refused.int("shortfall") == 2000)
            #expect(try await shop.couponStatus(off, of: member) == "unused")
            #expect(try await shop.couponStatus(threshold, of: member) == "unused")
        }
    }

    @Test(arguments: TestEngine.available, [-1, -10000, 46101] as [Int64])
    func `C20, C21, defect 1: a wallet part below zero or above the total is refused`(
        _ engine: TestEngine, _ amount: Int64
    ) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(46100, by: boss)
            let before = try await shop.wallet(member)
            let refused = try await shop.quote(
                [
                    "lines": [course.line],
                    "walletAmount": amount,
                ], member)
            #expect(refused.status == 422)
            #expect(
                refused.code == (amount < 0 ? "wallet-amount-negative" : "tender-exceeds-total"))
            #expect(try await shop.wallet(member) == before)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C26, defect 29: a coupon of another member, course or kind is refused`(
        _ engine: TestEngine
    )
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let other = try await shop.member("other")
            let course = try await shop.course(10000, by: boss)
            let another = try await shop.course(10000, by: boss)
            let bound: [String: Any] = ["kind": "amount-off", "value": 100]
            func use(_ coupon: String) async throws -> Shop.Answer {
                try await shop.quote(
                    [
                        "lines": [
                            [
                                "courseId": course.id, "policyId": course.policy,
                                "couponId": coupon,
                            ]
                        ]
                    ], member)
            }
            let foreign = try await shop.coupon(
                bound.merging(["scope": ["kind": "course", "id": course.id]]) { $1 }, for: other,
                by: boss)
            #expect(try await use(foreign).status == 404)
            let elsewhere = try await shop.coupon(
                bound.merging(["scope": ["kind": "course", "id": another.id]]) { $1 },
                for: member, by: boss)
            let refused = try await use(elsewhere)
            #expect(refused.status == 422)
            #expect(refused.code == "coupon-not-applicable")
        }
    }

    @Test(arguments: TestEngine.available)
    func `C30, defect 28: a course that is not in the cart leaves earlier quotes readable`(
        _ engine: TestEngine
    )
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(10000, by: boss)
            let absent = try await shop.course(20000, by: boss)
            _ = try await shop.must(
                "PUT", "/cart/items/\(course.id)", ["policyId": course.policy], as: member.token)
            let first = try await shop.quote(["lines": [["courseId": course.id]]], member)
            #expect(first.status == 201)
            let refused = try await shop.quote(["lines": [["courseId": absent.id]]], member)
            #expect(refused.status == 422)
            #expect(refused.code == "course-not-in-cart")
            let again = try await shop.api("GET", "/quotes/\(first.id)", as: member.token)
            #expect(again.status == 200)
            #expect(again.int("total") == 10000)
        }
    }
}
