import Basics
import Foundation
import Store
import TestKit
import Testing

@testable import kontor

/// Money that is set aside, over HTTP.
@Suite struct LedgerHoldTests {
    @Test(arguments: TestEngine.available)
    func `ledger case 9: what is held cannot be spent`(_ engine: TestEngine) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 5_000, "b": 0])
            let holds = try await inParallel(6) { _ in
                try await ledger.hold(1_000, "ext:a", "ext:b").outcome
            }
            #expect(holds.counted == ["201": 5, "409 insufficient-funds": 1])
            let account = try await ledger.call("GET", "/accounts/ext:a")
            #expect([account.int("balance"), account.int("held")] == [0, 5_000])
            let spent = try await ledger.move(1, "ext:a", "ext:b")
            #expect(spent.outcome == "409 insufficient-funds")
            let touched = try await ledger.move(1, "ext:a:held", "ext:b")
            #expect(touched.outcome == "422 account-guarded")
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 10: a hold is captured once, and the rest comes back`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 1_000, "b": 0])
            let hold = try await ledger.hold(123, "ext:a", "ext:b")
            for (amount, refusal) in [
                (124, "422 exceeds-hold"), (0, "422 amount-not-positive"),
                (-1, "422 amount-not-positive"),
            ] as [(Int64, String)] {
                let answer = try await ledger.capture(hold.id, amount)
                #expect(answer.outcome == refusal)
            }
            let captured = try await ledger.capture(hold.id, 100)
            #expect(captured.text("status") == "captured" && captured.int("captured") == 100)
            #expect(try await ledger.balances("a", "b", "a:held") == [900, 100, 0])
            let twice = try await ledger.capture(hold.id, 23)
            let late = try await ledger.release(hold.id)
            #expect([twice, late].map(\.code).allSatisfy { $0 == "hold-already-captured" })

            let other = try await ledger.hold(50, "ext:a", "ext:b")
            let released = try await ledger.release(other.id)
            #expect(released.text("status") == "released")
            let gone = try await ledger.capture(other.id)
            #expect(gone.outcome == "409 hold-already-released")

            let third = try await ledger.hold(200, "ext:a", "ext:b").id
            let race = try await inParallel(100) { _ in try await ledger.capture(third, 150).outcome
            }
            #expect(race.counted == ["200": 1, "409 hold-already-captured": 99])
            #expect(try await ledger.balances("a", "b", "a:held") == [750, 250, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 11: a hold ends at its instant, swept or not`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0])
            let first = try await ledger.hold(10, "ext:a", "ext:b", seconds: 60)
            let second = try await ledger.hold(20, "ext:a", "ext:b", seconds: 60)
            ledger.shop.clock.advance(by: .seconds(59))
            let captured = try await ledger.capture(first.id)
            #expect(captured.outcome == "200")
            #expect(try await ledger.balance("a") == 70)

            let end = try #require(Instant(second.text("expiresAt")))
            ledger.shop.clock.set(end)
            // Nothing was written since, and yet it counts as given back.
            #expect(try await ledger.balance("a") == 90)
            let seen = try await ledger.call("GET", "/holds/\(second.id)")
            #expect(seen.text("status") == "expired")
            let late = try await ledger.capture(second.id)
            #expect(late.outcome == "409 hold-expired")
            try await ledger.move(90, "ext:a", "ext:b")
            let history = try await ledger.call("GET", "/accounts/ext:a/history?kind=hold-expiry")
            let expiry = try #require(history.list("items").first)
            #expect(expiry["effectiveAt"] as? String == second.text("expiresAt"))
            #expect(try await ledger.balances("a", "b", "a:held") == [0, 100, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 12: what was never held cannot be captured`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 5, "b": 0])
            let refused = try await ledger.hold(10, "ext:a", "ext:b")
            #expect(refused.outcome == "409 insufficient-funds" && refused.id.isEmpty)
            let captured = try await ledger.capture("hld_\(Base32.encode(1 << 59))")
            #expect(captured.outcome == "404 hold-not-found")
            #expect(try await ledger.balances("a", "b") == [5, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 27: a frozen account moves no money but gives holds back`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 50])
            let hold = try await ledger.hold(30, "ext:a", "ext:b")
            let frozen = try await ledger.call("POST", "/accounts/ext:a/freeze")
            #expect(frozen.status == 200 && frozen.object["frozen"] as? Bool == true)
            let moves = [
                try await ledger.move(1, "ext:a", "ext:b"),
                try await ledger.move(1, "ext:b", "ext:a"),
                try await ledger.move(999, "ext:a", "ext:b"),
                try await ledger.hold(1, "ext:a", "ext:b"),
            ]
            #expect(moves.map(\.outcome).counted == ["409 account-frozen": 4])
            let released = try await ledger.release(hold.id)
            #expect(released.outcome == "200")
            #expect(try await ledger.balances("a", "b") == [100, 50])
            let open = try await ledger.call("POST", "/accounts/ext:a/unfreeze")
            #expect(open.object["frozen"] as? Bool == false)
            let moved = try await ledger.move(100, "ext:a", "ext:b")
            #expect(moved.outcome == "201")
            let house = try await ledger.call("POST", "/accounts/income:courses/freeze")
            #expect(house.outcome == "422 account-guarded")
            let nobody = try await ledger.call("POST", "/accounts/ext:nobody/freeze")
            #expect(nobody.outcome == "404 account-not-found")
        }
    }

    @Test(arguments: TestEngine.available)
    func `holds of orders are not for others to end`(_ engine: TestEngine) async throws {
        try await withLedger(engine) { ledger in
            let shop = ledger.shop
            let boss = try await shop.boss()
            let course = try await shop.course(5_000, by: boss)
            let member = try await shop.member()
            let wallet = "member:\(member.id):available"
            let gift = try await ledger.move(2_000, "expense:promotions", wallet, "welcome")
            #expect(gift.outcome == "201", "\(gift.json)")
            let quote = try await shop.quote(
                [
                    "lines": [["courseId": course.id, "policyId": course.policy]],
                    "walletAmount": 2_000,
                ], member)
            let order = try await shop.order(quote, member)
            #expect(order.status == 201, "\(order.json)")
            #expect(try await shop.wallet(member) == [0, 2_000])
            let history = try await ledger.call("GET", "/accounts/\(wallet)/history?kind=hold")
            #expect(history.list("items").count == 1)
            let holds = try await ledger.shop.server.database.read { snapshot in
                try snapshot.rows("SELECT id FROM hold") { try $0[0] as Int64 }
            }
            let id = "hld_\(Base32.encode(try #require(holds.first)))"
            let ends = [try await ledger.capture(id), try await ledger.release(id)]
            #expect(ends.map(\.outcome) == ["422 hold-guarded", "422 hold-guarded"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `money that comes for a frozen wallet goes back to its payer`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            let shop = ledger.shop
            let member = try await shop.member()
            let topUp = try await shop.must(
                "POST", "/wallet/top-ups",
                ["amount": 700, "gateway": "alipay", "channel": "page"], as: member.token,
                key: Shop.newKey())
            let wallet = "/accounts/member:\(member.id):available"
            let unopened = try await ledger.call("GET", wallet)
            #expect(unopened.status == 200 && unopened.int("balance") == 0)
            let frozen = try await ledger.call("POST", "\(wallet)/freeze")
            #expect(frozen.status == 200, "\(frozen.json)")
            try await shop.pay(topUp.object("payment"))
            try await shop.eventually("the refund is through") {
                let owed = try await ledger.call("GET", "/accounts/liability:unapplied-receipts")
                return owed.int("entries") == 2 && owed.int("balance") == 0
            }
            #expect(try await shop.wallet(member) == [0, 0])
            let history = try await ledger.call("GET", "\(wallet)/history")
            #expect(history.status == 200 && history.list("items").isEmpty)
        }
    }
}
