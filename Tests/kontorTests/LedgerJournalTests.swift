import Basics
import Foundation
import TestKit
import Testing

/// Journals over HTTP: batches, bounds, refusals, times.
@Suite struct LedgerJournalTests {
    @Test(arguments: TestEngine.available)
    func `ledger case 13: a chain stands or falls as one, its neighbours by themselves`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0, "c": 0])
            let linked: [String: Any] = ["linked": true]
            let batch = [
                LedgerClient.journal(10, "ext:a", "ext:b", "A"),
                LedgerClient.journal(20, "ext:a", "ext:c", "B", linked),
                LedgerClient.journal(500, "ext:a", "ext:b", "C", linked),
                LedgerClient.journal(1, "ext:c", "ext:b", "D"),
                LedgerClient.journal(5, "ext:b", "ext:a", "E"),
            ]
            let done = try await ledger.call("POST", "/journals", ["batch": batch], key: "k")
            #expect(done.status == 201)
            #expect(
                done.results == [
                    "posted", "409 linked-failed", "409 insufficient-funds", "409 linked-failed",
                    "posted",
                ])
            #expect(try await ledger.balances("a", "b", "c") == [95, 5, 0])
            let untouched = try await ledger.call("GET", "/accounts/ext:c")
            #expect(untouched.int("entries") == 0)
            let again = try await ledger.call("POST", "/journals", ["batch": batch], key: "k")
            #expect(again.isReplay && again.results == done.results)

            let open = [
                LedgerClient.journal(1, "ext:a", "ext:b", "F"),
                LedgerClient.journal(1, "ext:a", "ext:b", "G", linked),
                LedgerClient.journal(1, "ext:a", "ext:b", "H", linked),
            ]
            let left = try await ledger.call("POST", "/journals", ["batch": open], key: "k2")
            #expect(left.results == ["posted", "409 linked-failed", "422 linked-chain-open"])
            let whole = [
                LedgerClient.journal(94, "ext:a", "ext:c", "I", linked),
                LedgerClient.journal(90, "ext:c", "ext:b", "J"),
                LedgerClient.journal(0, "ext:c", "ext:b", "K"),
                LedgerClient.journal(1, "ext:nobody", "ext:b", "L"),
            ]
            let kept = try await ledger.call("POST", "/journals", ["batch": whole], key: "k3")
            #expect(
                kept.results == [
                    "posted", "posted", "422 amount-not-positive", "404 account-not-found",
                ])
            #expect(try await ledger.balances("a", "b", "c") == [0, 96, 4])
            let empty = try await ledger.call("POST", "/journals", ["batch": []], key: "k4")
            #expect(empty.outcome == "422 batch-empty")
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 15: amounts that are none are told by their field and use up no key`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0])
            func body(_ amount: String) -> String {
                """
                {"kind":"p","reference":"x","transfers":[{"debit":"ext:a","credit":"ext:b"\
                \(amount)}]}
                """
            }
            for (amount, refusal) in [
                ("0", "422 amount-not-positive"), ("-5", "422 amount-not-positive"),
                ("1.5", "400 invalid-request"), (#""10""#, "400 invalid-request"),
                ("1e3", "400 invalid-request"), ("9223372036854775808", "400 invalid-request"),
                ("null", "400 invalid-request"), ("true", "400 invalid-request"),
            ] {
                let answer = try await ledger.post(
                    "/journals", raw: body(#","amount":\#(amount)"#), key: "k")
                #expect(answer.outcome == refusal, "\(amount)")
                #expect(answer.pointers == ["/transfers/0/amount"], "\(amount)")
            }
            let missing = try await ledger.post("/journals", raw: body(""), key: "k")
            #expect(missing.outcome == "400 invalid-request")
            #expect(missing.pointers == ["/transfers/0/amount"])
            let good = try await ledger.post("/journals", raw: body(#","amount":1"#), key: "k")
            #expect(good.outcome == "201" && !good.isReplay)
            #expect(try await ledger.balances("a", "b") == [99, 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 16: a sum beyond 64 bits is refused and nothing is written`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": Int64.max - 5, "b": 0])
            try await ledger.open("other", unlimited: true)
            let full = try await ledger.move(10, "ext:other", "ext:a", "o")
            #expect(full.outcome == "422 overflow")
            let deep = try await ledger.move(10, "ext:world", "ext:b", "o")
            #expect(deep.outcome == "422 overflow")
            #expect(try await ledger.balances("a", "b", "other") == [.max - 5, 0, 0])
            #expect(try await ledger.count("o") == 0)
            // No turnover is summed up, so none can overflow.
            for _ in 0..<3 {
                for (debit, credit) in [("a", "b"), ("b", "a")] {
                    let moved = try await ledger.move(.max - 5, "ext:\(debit)", "ext:\(credit)")
                    #expect(moved.outcome == "201")
                }
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 17: of several errors the first of the documented order is told`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 10, "b": 0])
            let euro = try await ledger.open("euro", currency: "EUR")
            let member = "member:mem_\(Base32.encode(1 << 59)):available"
            let table: [(amount: Int64, debit: String, credit: String, outcome: String)] = [
                (0, "ext:a", "ext:a", "422 amount-not-positive"),
                (1, "ext:a", "ext:a", "400 same-account"),
                (1, "ext:nobody", "ext:nobody", "400 same-account"),
                (1, "ext:a", "claim:ext:x", "422 ledger-mismatch"),
                (1, "ext:nobody", "liability:suspense", "422 account-guarded"),
                (1, "ext:nobody", "order:1:clearing", "422 account-guarded"),
                (99, "ext:a", "ext:nobody", "404 account-not-found"),
                (99, "ext:a", "no:such", "404 account-not-found"),
                (99, "ext:a", member, "404 account-not-found"),
                (99, "ext:a", euro, "422 currency-mismatch"),
                (99, "ext:a", "ext:b", "409 insufficient-funds"),
                (1, "ext:a", "a b", "400 invalid-request"),
                (1, "ext:a", "a::b", "400 invalid-request"),
            ]
            for row in table {
                let answer = try await ledger.move(row.amount, row.debit, row.credit)
                #expect(answer.outcome == row.outcome, "\(row)")
            }
            let reserved = try await ledger.move(
                1, "ext:a", "ext:b", more: ["kind": "hold"])
            #expect(reserved.outcome == "422 kind-reserved")
            let foreign = try await ledger.move(
                1, "ext:a", "income:courses", more: ["currency": "EUR"])
            #expect(foreign.outcome == "422 currency-mismatch")
            #expect(try await ledger.balances("a", "b") == [10, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 19: an entry can count from yesterday`(_ engine: TestEngine) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0])
            ledger.shop.clock.advance(by: .days(3))
            let (now, yesterday) = (ledger.shop.clock.now, ledger.shop.clock.now - .days(1))
            let posted = try await ledger.move(
                30, "ext:a", "ext:b", more: ["effectiveAt": yesterday.description])
            #expect(posted.text("effectiveAt") == yesterday.description)
            #expect(try await ledger.balance("b") == 30)
            func b(_ instant: Instant, _ axis: String) async throws -> Int64 {
                try await ledger.balance("b", "?asOf=\(instant)&axis=\(axis)")
            }
            let noon = now - .hours(12)
            #expect(try await b(noon, "recorded") == 0)
            #expect(try await b(noon, "effective") == 30)
            #expect(try await b(yesterday, "effective") == 30)
            #expect(try await b(yesterday - .microseconds(1), "effective") == 0)
            let at = try #require(Instant(posted.text("at")))
            #expect(try await b(at, "recorded") == 30)
            #expect(try await b(at - .microseconds(1), "recorded") == 0)
            #expect(try await b(now - .days(900), "recorded") == 0)
            let unreadable = try await ledger.call("GET", "/accounts/ext:b?asOf=yesterday")
            #expect(unreadable.outcome == "400 invalid-query")
        }
    }

    @Test(arguments: TestEngine.available)
    func `claims are a ledger of their own`(_ engine: TestEngine) async throws {
        try await withLedger(engine) { ledger in
            for name in ["claim:ext:lender", "claim:ext:debt"] {
                let opened = try await ledger.call(
                    "POST", "/accounts", ["address": name, "floor": NSNull()])
                #expect(opened.status == 201 && opened.text("ledger") == "claim")
            }
            let body = LedgerClient.journal(
                70, "claim:ext:debt", "claim:ext:lender", "loan", ["ledger": "claim"])
            let posted = try await ledger.call("POST", "/journals", body, key: "k")
            #expect(posted.outcome == "201" && posted.text("ledger") == "claim")
            var cash = body
            cash["ledger"] = "cash"
            let crossed = try await ledger.call("POST", "/journals", cash, key: "k2")
            #expect(crossed.outcome == "422 ledger-mismatch")
            #expect(crossed.pointers == ["/transfers/0/debit"])
            let totals = try await ledger.call("GET", "/trial-balance").list("totals")
            let claim = try #require(totals.first { $0["ledger"] as? String == "claim" })
            #expect(claim["debit"] as? Int64 == 70 && claim["credit"] as? Int64 == 70)
        }
    }

    @Test func `who may use the ledger`() async throws {
        try await withShop(.sqlite) { shop in
            let member = try await shop.member()
            let clerk = try await LedgerClient(shop, roles: ["operator"])
            let boss = try await shop.boss()
            let path = "/admin/ledger/accounts"
            #expect(try await shop.api("GET", path).status == 401)
            #expect(try await shop.api("GET", path, as: member.token).status == 403)
            #expect(try await shop.api("GET", path, as: clerk.key).status == 403)
            #expect(try await shop.api("GET", path, as: boss.token).status == 200)
            #expect(try await shop.api("GET", path, as: "kk_nonsense").status == 401)
            // A key is no person: it has no wallet and makes no keys.
            #expect(try await shop.api("GET", "/wallet", as: clerk.key).status == 403)
            #expect(try await shop.api("GET", "/admin/api-keys", as: clerk.key).status == 403)
            #expect(try await shop.api("GET", "/admin/coupons", as: clerk.key).status == 200)
            let keys = try await shop.must("GET", "/admin/api-keys", as: boss.token)
            let key = try #require(keys.list("items").first)
            #expect(key["key"] == nil && keys.int("total") == 1)
            let revoked = try await shop.api(
                "DELETE", "/admin/api-keys/\(key["id"] as? String ?? "")", as: boss.token)
            #expect(revoked.status == 204)
            #expect(try await shop.api("GET", "/admin/coupons", as: clerk.key).status == 401)
        }
    }
}

extension Shop.Answer {
    /// What became of a batch: `posted`, or the status and code of a refusal.
    var results: [String] {
        list("results").map { result in
            guard let problem = result["problem"] as? [String: Any] else {
                return result["status"] as? String ?? ""
            }
            return "\(problem["status"] ?? "") \(problem["code"] ?? "")"
        }
    }
}
