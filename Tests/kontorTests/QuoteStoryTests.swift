import Foundation
import TestKit
import Testing

/// What an order is held to by the quote that it names, and by whose it is.
@Suite struct QuoteStoryTests {
    @Test(arguments: TestEngine.available)
    func `an order names the version of the quote it agrees to`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(46100, by: boss)
            let first = try await shop.quote(["lines": [course.line]], member)
            // Another window takes something from the wallet: the total is the same.
            try await shop.topUp(5000, for: member)
            let second = try await shop.must(
                "PATCH", "/quotes/\(first.id)", ["walletAmount": 5000], as: member.token)
            #expect(second.int("version") == first.int("version") + 1)
            #expect(second.int("total") == first.int("total"))
            let stale = try await shop.order(first, member)
            #expect("\(stale.status) \(stale.code)" == "409 quote-stale")
            #expect(try await shop.wallet(member) == [5000, 0])
            #expect(try await shop.order(second, member).status == 201)
        }
    }

    @Test(arguments: TestEngine.available)
    func `another member's order cannot be cancelled or paid`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let stranger = try await shop.member("stranger")
            let order = try await example.order()
            let cancelled = try await shop.api(
                "POST", "/orders/\(order.id)/cancel", as: stranger.token)
            #expect(cancelled.status == 404)
            let paid = try await shop.api(
                "POST", "/orders/\(order.id)/payments", ["gateway": "alipay", "channel": "page"],
                as: stranger.token, key: Shop.newKey())
            #expect(paid.status == 404)
            #expect(try await example.status(order) == "pending-payment")
            #expect(try await example.couponStatuses() == ["reserved", "reserved"])
        }
    }
}
