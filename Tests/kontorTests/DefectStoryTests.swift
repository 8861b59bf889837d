import Basics
import Foundation
import TestKit
import Testing

/// Mistakes that shops of this kind are known to make, each tried on the whole shop (docs/RULES.md).
/// Those that are a case of the rules as well stand with their case.
@Suite struct DefectStoryTests {
    /// A request that is refused, by status and code.
    struct Wrong: Sendable, CustomTestStringConvertible {
        let name: String
        let status: Int
        let code: String
        /// Of `POST /quotes`, around a course that is for sale.
        let body: @Sendable (_ course: String, _ policy: String) -> [String: Any]
        var testDescription: String { name }
    }

    private static let wrongs = [
        Wrong(name: "no lines", status: 422, code: "lines-missing") { _, _ in ["lines": []] },
        Wrong(name: "no such course", status: 422, code: "course-not-for-sale") { _, policy in
            ["lines": [["courseId": "crs_0000000000001", "policyId": policy]]]
        },
        Wrong(name: "no such coupon", status: 404, code: "not-found") { course, policy in
            [
                "lines": [["courseId": course, "policyId": policy]],
                "orderCouponId": "cpn_0000000000001",
            ]
        },
        Wrong(name: "a course twice", status: 422, code: "duplicate-line") { course, policy in
            let line = ["courseId": course, "policyId": policy]
            return ["lines": [line, line]]
        },
        Wrong(name: "amounts of the client's own", status: 400, code: "invalid-request") {
            course, policy in
            [
                "lines": [["courseId": course, "policyId": policy]], "walletAmount": 10_100,
                "gatewayAmount": -100,
            ]
        },
        Wrong(name: "a wrong type", status: 400, code: "invalid-request") { _, _ in ["lines": 1] },
    ]

    @Test(arguments: TestEngine.available, wrongs)
    func `defects 6, 7: each mistake has its own answer, and none is a crash or a success`(
        _ engine: TestEngine, _ wrong: Wrong
    ) async throws {
        try await withShop(engine) { shop in
            let course = try await shop.course(10_000, by: shop.boss())
            let member = try await shop.member()
            let body = wrong.body(course.id, course.policy)
            let refused = try await shop.quote(body, member)
            #expect(refused.status == wrong.status, "\(refused.json)")
            #expect(refused.code == wrong.code)
            #expect(refused.headers["content-type"] == "application/problem+json")
            let good = try await shop.quote(["lines": [course.line]], member)
            #expect(good.status == 201)
            #expect(good.object["code"] == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `defects 9, 10: a line with a coupon and one without give their days of access`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            #expect(order.list("lines").map { $0["days"] as? Int } == [365, 365])
            try await shop.pay(order.object("payment"))
            let mine = try await shop.must("GET", "/me/enrollments", as: example.member.token)
            let end = shop.clock.now + .days(365)
            let ends = mine.list("items").compactMap { $0["accessUntil"] as? String }
                .compactMap(Instant.init)
            #expect(ends.count == 2)
            #expect(ends.allSatisfy { end...(end + .minutes(1)) ~= $0 })
        }
    }

    @Test(arguments: TestEngine.available)
    func `defects 11, 12: a course's coupon with dates is offered, chosen and read again`(
        _ engine: TestEngine
    ) async throws {
        let start = try #require(Instant("2026-02-01T04:00:00Z"))
        try await withShop(engine, start: start) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(10_000, by: boss)
            let coupon = try await shop.coupon(
                [
                    "kind": "amount-off", "value": 500, "validDays": NSNull(),
                    "validFrom": "2026-02-01", "validUntil": "2026-02-28",
                    "scope": ["kind": "course", "id": course.id],
                ], for: member, by: boss)
            let plain = try await shop.quote(["lines": [course.line]], member)
            let offered = plain.list("lines").first?["usableCoupons"] as? [[String: Any]]
            #expect(offered?.map { $0["id"] as? String } == [coupon])
            #expect(offered?.first?["validUntil"] as? String == "2026-02-28T16:00:00Z")
            let line = course.line.merging(["couponId": coupon]) { $1 }
            let quote = try await shop.quote(["lines": [line]], member)
            #expect(quote.int("total") == 9_500)
            let again = try await shop.must("GET", "/quotes/\(quote.id)", as: member.token)
            #expect(again.list("lines").first?["couponId"] as? String == coupon)
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 16: numbers never collide, and knowing one is no use`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let course = try await shop.course(0, by: shop.boss())
            let dear = try await shop.course(100, by: shop.boss())
            let member = try await shop.member()
            let stranger = try await shop.member()
            // The clock stands still: all of this happens in one second.
            let orders = try await inParallel(50) { index in
                let line = index.isMultiple(of: 2) ? course.line : dear.line
                let quote = try await shop.quote(["lines": [line]], member)
                return try await shop.order(quote, member)
            }
            #expect(Set(orders.map { $0.text("number") }).count == 50)
            let payments = orders.compactMap { $0.object("payment")["outTradeNo"] as? String }
            #expect(payments.count == 25)
            // Nothing of an attempt's number follows from another's: its 130 bits are drawn.
            #expect(Set(payments.map { $0.prefix(14) }).count == 25)
            #expect(Set(payments.map { $0.suffix(13) }).count == 25)
            for order in orders.prefix(3) {
                let peek = try await shop.api("GET", "/orders/\(order.id)", as: stranger.token)
                #expect(peek.status == 404)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 17: the statement tells what moved and what was left, and no zeros`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            try await shop.topUp(10_000, for: member)
            for (price, wallet) in [(3_000, 3_000), (0, 0), (700, 700)] as [(Int64, Int64)] {
                let course = try await shop.course(price, by: boss)
                let quote = try await shop.quote(
                    ["lines": [course.line], "walletAmount": wallet], member)
                #expect(try await shop.order(quote, member).text("status") == "completed")
            }
            let entries = try await shop.must("GET", "/wallet/entries", as: member.token)
                .list("items").map {
                    "\($0["direction"] ?? "") \($0["amount"] ?? 0) \($0["availableAfter"] ?? 0)"
                }
            #expect(entries == ["out 700 6300", "out 3000 7000", "in 10000 10000"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 18: sums are whole fen and compared as such`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            // 0.10 + 0.20 is not 0.30 in binary fractions of a yuan.
            let lines = [
                try await shop.course(10, by: boss).line, try await shop.course(20, by: boss).line,
            ]
            let quote = try await shop.quote(["lines": lines, "walletAmount": 0], member)
            #expect(quote.int("total") == 30)
            func order(_ total: String) async throws -> Shop.Answer {
                try await shop.call(
                    "POST", "/api/v1/orders", as: member.token, key: Shop.newKey(),
                    headers: ["Content-Type": "application/json"],
                    raw: #"{"quoteId":"\#(quote.id)","quoteVersion":1,"expectedTotal":\#(total)}"#)
            }
            for fraction in ["30.0", "0.3e2", "29.999999999999996", "\"30\""] {
                #expect(try await order(fraction).status == 400)
            }
            #expect(try await order("31").code == "price-changed")
            let fresh = try await shop.quote(["lines": lines], member)
            #expect(try await shop.order(fresh, member).status == 201)
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 23: a coupon and its order know each other`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            func orders() async throws -> Set<String?> {
                let mine = try await shop.must("GET", "/me/coupons", as: example.member.token)
                return Set(mine.list("items").map { $0["orderId"] as? String })
            }
            #expect(try await orders() == [order.id])
            #expect(order.text("orderCouponId") == example.orderCoupon)
            #expect(order.list("lines").last?["couponId"] as? String == example.lineCoupon)
            try await shop.pay(order.object("payment"))
            #expect(try await orders() == [order.id])
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 31: a settlement ends by itself, changes as one, and is its member's alone`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let course = try await shop.course(10_000, by: shop.boss())
            let member = try await shop.member()
            let other = try await shop.member()
            let quote = try await shop.quote(["lines": [course.line]], member)
            let others = try await shop.quote(["lines": [course.line]], other)
            // Many changes at once, and readers between them: no moment without a quote.
            let versions = try await inParallel(20) { index in
                async let seen = shop.api("GET", "/quotes/\(quote.id)", as: member.token)
                let changed = try await shop.must(
                    "PATCH", "/quotes/\(quote.id)", ["walletAmount": index], as: member.token)
                #expect(try await seen.int("total") == 10_000)
                #expect(changed.int("walletAmount") == Int64(index))
                return changed.int("version")
            }
            #expect(versions.sorted() == Array(2...21))
            let untouched = try await shop.must("GET", "/quotes/\(others.id)", as: other.token)
            #expect(untouched.int("version") == 1)
            #expect(try await shop.api("GET", "/quotes/\(quote.id)", as: other.token).status == 404)
            try await shop.advance(15 * 60 + 1)
            #expect(try await shop.order(others, other).code == "quote-expired")
        }
    }

    @Test(arguments: TestEngine.available)
    func `defect 36: a change is answered with what is so now`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(10_000, by: boss)
            let quote = try await shop.quote(["lines": [course.line]], member)
            let changed = try await shop.must(
                "PATCH", "/quotes/\(quote.id)", ["walletAmount": 100], as: member.token)
            #expect(changed.int("version") == 2)
            #expect([changed.int("total"), changed.int("gatewayAmount")] == [10_000, 9_900])
            #expect(changed.list("lines").first?["wallet"] as? Int == 100)
            let renamed = try await shop.must(
                "PATCH", "/admin/courses/\(course.id)", ["title": "Rust"], as: boss.token)
            #expect(renamed.text("title") == "Rust")
            #expect(renamed.list("policies").first?["price"] as? Int == 10_000)
        }
    }
}
