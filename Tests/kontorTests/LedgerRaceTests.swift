import Basics
import Foundation
import TestKit
import Testing

/// Many at once, over HTTP.
@Suite struct LedgerRaceTests {
    @Test(arguments: TestEngine.available)
    func `ledger case 7: a thousand debits take exactly what is there`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 1_000, "b": 0])
            async let seen = inParallel(50) { _ in try await ledger.balance("a") }
            let outcomes = try await inParallel(1_000) { index in
                try await ledger.move(10, "ext:a", "ext:b", "debit-\(index)").outcome
            }
            #expect(outcomes.counted == ["201": 100, "409 insufficient-funds": 900])
            let least = try await seen.min()
            #expect(try #require(least) >= 0)
            #expect(try await ledger.balances("a", "b") == [0, 1_000])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 18: of two reversals of each of 500 journals one happens`(
        _ engine: TestEngine
    ) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 50_000, "b": 0])
            let batch = (0..<500).map {
                LedgerClient.journal(100, "ext:a", "ext:b", "sale-\($0)")
            }
            let posted = try await ledger.call("POST", "/journals", ["batch": batch], key: "k")
            let ids = posted.list("results").compactMap {
                ($0["journal"] as? [String: Any])?["id"] as? String
            }
            #expect(ids.count == 500)
            #expect(try await ledger.balances("a", "b") == [0, 50_000])
            let outcomes = try await inParallel(1_000) { index in
                try await ledger.reverse(ids[index / 2]).outcome
            }
            #expect(outcomes.counted == ["201": 500, "409 already-reversed": 500])
            #expect(try await ledger.balances("a", "b") == [50_000, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 18: parts of a journal, and money that is gone`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 300, "b": 0, "c": 0])
            let sale = try await ledger.move(100, "ext:a", "ext:b", "sale").id
            let first = try await ledger.reverse(sale, ["amount": 60])
            #expect(first.outcome == "201" && first.text("reverses") == sale)
            let second = try await ledger.reverse(sale, ["amount": 60])
            #expect(second.outcome == "409 exceeds-reversible" && second.int("left") == 40)
            let race = try await inParallel(20) { _ in
                try await ledger.reverse(sale, ["amount": 15]).outcome
            }
            #expect(race.counted == ["201": 2, "409 exceeds-reversible": 18])
            let rest = try await ledger.reverse(sale)
            #expect(rest.outcome == "201")
            #expect(try await ledger.reverse(sale).outcome == "409 already-reversed")
            let shown = try await ledger.call("GET", "/journals/\(sale)")
            #expect(shown.int("reversed") == 100)
            #expect(try await ledger.balances("a", "b") == [300, 0])
            let backwards = try await ledger.reverse(first.id)
            #expect(backwards.outcome == "422 journal-not-reversible")

            let spent = try await ledger.move(100, "ext:a", "ext:b").id
            try await ledger.move(70, "ext:b", "ext:c")
            let poor = try await ledger.reverse(spent)
            #expect(poor.outcome == "409 insufficient-funds" && poor.int("shortfall") == 70)
            let clerk = try await LedgerClient(ledger.shop, roles: ["finance"])
            let path = "/journals/\(spent)/reversal"
            let denied = try await clerk.call("POST", path, ["force": true], key: "f")
            #expect(denied.outcome == "403 forbidden")
            let forced = try await ledger.call("POST", path, ["force": true], key: "f")
            #expect(forced.outcome == "201")
            #expect(
                try await ledger.balances("a", "b", "c", "uncollected:CNY") == [300, 0, 70, -70])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a journal of several transfers is reversed whole, the last first`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0, "c": 0])
            let transfers: [[String: Any]] = [
                ["debit": "ext:a", "credit": "ext:b", "amount": 100],
                ["debit": "ext:b", "credit": "ext:c", "amount": 30],
            ]
            let sale = try await ledger.call(
                "POST", "/journals", ["kind": "s", "reference": "s", "transfers": transfers],
                key: "k"
            ).id
            let part = try await ledger.reverse(sale, ["amount": 10])
            #expect(part.outcome == "422 reversal-not-partial")
            let whole = try await ledger.reverse(sale)
            #expect(whole.outcome == "201")
            #expect(try await ledger.balances("a", "b", "c") == [100, 0, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 21: a reader of all balances always sees a sum of zero`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            let names = (0..<10).map { "a\($0)" }
            try await ledger.open(Dictionary(uniqueKeysWithValues: names.map { ($0, 1_000) }))
            async let written = inParallel(20) { writer -> Int in
                for step in 0..<20 {
                    let (from, to) = (
                        names[(writer + step) % 10], names[(writer + 3 * step + 1) % 10]
                    )
                    guard from != to else { continue }
                    try await ledger.move(Int64(step + 1), "ext:\(from)", "ext:\(to)", "w")
                }
                return writer
            }
            let sums = try await inParallel(1_000) { _ -> Int64 in
                let totals = try await ledger.call("GET", "/trial-balance").list("totals")
                let cash = totals.first { $0["ledger"] as? String == "cash" } ?? [:]
                return (cash["debit"] as? Int64 ?? 0) - (cash["credit"] as? Int64 ?? 1)
            }
            #expect(try await written.count == 20)
            #expect(sums.counted == [0: 1_000])
        }
    }

    /// Batches that name the same accounts in every order, some of them for the first time.
    @Test(arguments: TestEngine.available)
    func `batches that want the same accounts at once all get through`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            let names = (0..<6).map { "a\($0)" }
            try await ledger.open(Dictionary(uniqueKeysWithValues: names.map { ($0, 10_000) }))
            let batches = try await inParallel(60) { writer -> [String] in
                let batch = (0..<10).map { step -> [String: Any] in
                    let from = names[(writer * 7 + step * 5) % 6]
                    let other = names[(writer * 7 + step * 5 + 1 + step % 5) % 6]
                    let to = step % 3 == 0 ? "income:race-\((writer + step) % 4)" : "ext:\(other)"
                    return LedgerClient.journal(step + 1, "ext:\(from)", to, "w-\(writer)")
                }
                let done = try await ledger.call(
                    "POST", "/journals", ["batch": batch], key: "w-\(writer)")
                return done.results
            }
            #expect(batches.flatMap { $0 }.counted == ["posted": 600])
            let totals = try await ledger.call("GET", "/trial-balance").list("totals")
            #expect(totals.allSatisfy { $0["debit"] as? Int64 == $0["credit"] as? Int64 })
            var income: Int64 = 0
            for index in 0..<4 {
                let account = try await ledger.call("GET", "/accounts/income:race-\(index)")
                income += account.int("balance")
            }
            #expect(income == 60 * (1 + 4 + 7 + 10))
        }
    }
}
