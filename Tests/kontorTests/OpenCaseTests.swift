import Basics
import Foundation
import TestKit
import Testing
import Web

/// Money that a gateway does not take the way it should: a person decides, once, and no fen is lost.
@Suite struct `Payments that wait for a person` {
    @Test(arguments: TestEngine.available)
    func `a wrong amount is returned to its payer`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let (order, attempt) = try await example.wrongAmount()
            let answers = try await inParallel(8) { _ in
                try await shop.api(
                    "POST", "/admin/payments/\(attempt)/return", nil, as: example.boss.token,
                    key: Shop.newKey())
            }
            #expect(answers.filter { $0.status == 200 }.count == 1)
            #expect(answers.filter { $0.code == "payment-not-in-review" }.count == 7)
            // Nothing to decide is left, and the order can be paid.
            try await shop.eventually("the money is on its way back") {
                let refunds = try await shop.must(
                    "GET", "/admin/refunds", nil, as: example.boss.token)
                return refunds.list("items").allSatisfy { $0["amount"] as? Int == 36099 }
                    && !refunds.list("items").isEmpty
            }
            let again = try await shop.api(
                "POST", "/orders/\(order.id)/payments", ["gateway": "alipay", "channel": "page"],
                as: example.member.token, key: Shop.newKey())
            #expect(again.status == 201, "\(again.json)")
            try await shop.pay(again.object("payment"))
            #expect(try await example.status(order) == "completed")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a wrong amount becomes its payer's balance`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let (_, attempt) = try await example.wrongAmount()
            let member = try await shop.api(
                "POST", "/admin/payments/\(attempt)/credit", nil, as: example.member.token,
                key: Shop.newKey())
            #expect(member.status == 403)
            let key = Shop.newKey()
            for _ in 0..<2 {
                let credited = try await shop.api(
                    "POST", "/admin/payments/\(attempt)/credit", nil, as: example.boss.token,
                    key: key)
                #expect(credited.status == 200, "\(credited.json)")
                #expect(credited.text("disposition") == "credited")
            }
            // 10000 of the 50000 are held for the order.
            #expect(try await shop.wallet(example.member) == [76099, 10000])
        }
    }

    @Test(arguments: TestEngine.available)
    func `only who has the finance role gives money back`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let clerk = try await shop.boss([.operator])
            let admin = try await shop.boss([.operator, .admin])
            let body: [String: Any] = ["amount": 100, "reason": "part"]
            func tryAll(_ refund: String, as token: String?) async throws -> Set<Int> {
                var statuses: Set<Int> = []
                let commands: [(path: String, body: [String: Any]?)] = [
                    ("/admin/orders/\(order.id)/refunds", body),
                    ("/admin/refunds/\(refund)/retry", nil),
                    ("/admin/refunds/\(refund)/credit", nil),
                ]
                for (path, body) in commands {
                    let answer = try await shop.api(
                        "POST", path, body, as: token, key: Shop.newKey())
                    statuses.insert(answer.status)
                }
                return statuses
            }
            _ = try await shop.must(
                "POST", "/admin/orders/\(order.id)/refunds", body, as: example.boss.token,
                key: Shop.newKey())
            func refunds() async throws -> [[String: Any]] {
                try await shop.must("GET", "/admin/refunds", nil, as: example.boss.token)
                    .list("items")
            }
            let refund = try #require(try await refunds().first?["id"] as? String)
            for token in [clerk.token, admin.token, example.member.token] {
                #expect(try await tryAll(refund, as: token) == [403])
            }
            #expect(try await tryAll(refund, as: nil) == [401])
            #expect(try await refunds().count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refused refund is sent again or credited`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let lines = order.list("lines").compactMap { $0["id"] as? String }
            try await shop.call("POST", "/sandbox/alipay/faults", ["refuseRefunds": true])
            _ = try await example.refund(["lines": [lines[0]]], order.id)
            let refund = try await example.failedRefund()
            #expect(refund["detail"] as? String == "ACQ.TRADE_NOT_ALLOW_REFUND")

            let id = refund["id"] as? String ?? ""
            _ = try await shop.must(
                "POST", "/admin/refunds/\(id)/retry", nil, as: example.boss.token,
                key: Shop.newKey())
            _ = try await example.failedRefund()
            let before = try await shop.wallet(example.member)
            let credited = try await shop.must(
                "POST", "/admin/refunds/\(id)/credit", nil, as: example.boss.token,
                key: Shop.newKey())
            #expect(credited.text("status") == "credited")
            let after = try await shop.wallet(example.member)
            #expect(after[0] - before[0] == 6663)
            let late = try await shop.api(
                "POST", "/admin/refunds/\(id)/retry", nil, as: example.boss.token,
                key: Shop.newKey())
            #expect(late.code == "refund-not-failed")
            let failed = try await shop.must(
                "GET", "/admin/refunds?status=failed", nil, as: example.boss.token)
            #expect(failed.list("items").isEmpty)
        }
    }
}

extension Example {
    /// An order whose payment came one fen short.
    fileprivate func wrongAmount() async throws -> (order: Shop.Answer, attempt: String) {
        let order = try await order()
        try await shop.openCashier(order.object("payment"))
        try await shop.notify(order.object("payment"), yuan: "360.99")
        let found = try await shop.must(
            "GET", "/admin/payments?status=needs-review", nil, as: boss.token)
        let attempt = try #require(found.list("items").first)
        #expect(attempt["received"] as? Int == 36099)
        return (order, attempt["id"] as? String ?? "")
    }

    fileprivate func failedRefund() async throws -> [String: Any] {
        var found: [String: Any]?
        try await shop.eventually("the gateway has refused the refund") {
            let list = try await shop.must(
                "GET", "/admin/refunds?status=failed", nil, as: boss.token)
            found = list.list("items").first
            return found != nil
        }
        return try #require(found)
    }
}
