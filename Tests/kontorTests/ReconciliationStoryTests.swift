import Basics
import Foundation
import TestKit
import Testing

/// The morning after, over HTTP and through the sandbox's own bills.
@Suite struct ReconciliationStoryTests {
    /// The shop opens in the evening; a day later the bill of that day is there, and everybody who was
    /// logged in is logged out.
    private func nextEvening(_ shop: Shop) async throws -> Shop.Person {
        try await shop.advance(86_400)
        return try await shop.boss()
    }

    @Test(arguments: TestEngine.available)
    func `the gateway's fee is booked the next morning (commerce R12)`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let member = try await shop.member()
            try await shop.topUp(411_200, for: member)
            let boss = try await nextEvening(shop)
            let runs = try await shop.must(
                "GET", "/admin/reconciliation/runs?gateway=alipay", nil, as: boss.token)
            let run = try #require(runs.list("items").first)
            #expect(run["status"] as? String == "completed")
            #expect(run["paid"] as? Int == 411_200 && run["fees"] as? Int == 2_467)
            #expect((run["found"] as? [String: Int])?["matched"] == 1 && run["open"] as? Int == 0)
            #expect(try await shop.balance("gateway:alipay:receivable", boss) == -408_733)
            #expect(try await shop.balance("expense:gateway-fees", boss) == -2_467)
            #expect(try await shop.balance("member:\(member.id):available", boss) == 411_200)
        }
    }

    @Test(arguments: TestEngine.available)
    func `refunds are in the bill with their part of the fee`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let lines = order.list("lines").compactMap { $0["id"] as? String }
            _ = try await example.refund(["lines": [lines[0]]], order.id)
            try await shop.eventually("the refund is through") {
                try await shop.balance("liability:refunds-payable", example.boss) == 0
            }
            let boss = try await nextEvening(shop)
            let items = try await shop.must(
                "GET", "/admin/reconciliation?finding=matched", nil, as: boss.token)
            let kinds = Set(items.list("items").compactMap { $0["kind"] as? String })
            #expect(kinds == ["payment", "refund"])
            let open = try await shop.must(
                "GET", "/admin/reconciliation?status=open", nil, as: boss.token)
            #expect(open.list("items").isEmpty, "\(open.json)")
            // A second look at the same day changes nothing.
            let before = try await shop.balance("gateway:alipay:receivable", boss)
            let day = try #require(items.list("items").first?["day"] as? String)
            _ = try await shop.must(
                "POST", "/admin/reconciliation/runs", ["gateway": "alipay", "day": day],
                as: boss.token, key: Shop.newKey())
            try await shop.advance(1)
            #expect(try await shop.balance("gateway:alipay:receivable", boss) == before)
        }
    }
}

extension Shop {
    /// What an account of the house holds, as bookkeepers see it.
    fileprivate func balance(_ address: String, _ boss: Person) async throws -> Int64 {
        try await must("GET", "/admin/ledger/accounts/\(address)", nil, as: boss.token)
            .int("balance")
    }
}
