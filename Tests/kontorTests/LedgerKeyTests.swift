import Basics
import Foundation
import TestKit
import Testing

/// The same key and request have one effect and one answer.
@Suite struct LedgerKeyTests {
    @Test(arguments: TestEngine.available)
    func `ledger case 1: of a thousand equal posts one happens`(_ engine: TestEngine) async throws {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 5_000, "b": 0])
            let answers = try await inParallel(1_000) { _ in
                let answer = try await ledger.move(7, "ext:a", "ext:b", "once", key: "case-1")
                return [answer.outcome, answer.id, answer.isReplay ? "again" : "first"]
            }
            let (statuses, ids) = (Set(answers.map { $0[0] }), Set(answers.map { $0[1] }))
            #expect(statuses == ["201"] && ids.count == 1)
            #expect(answers.map { $0[2] }.counted == ["first": 1, "again": 999])
            #expect(try await ledger.count("once") == 1)
            #expect(try await ledger.balances("a", "b") == [4_993, 7])
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 2: another request under the key changes nothing`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0])
            let first = try await ledger.move(10, "ext:a", "ext:b", "x", key: "k")
            let other = try await ledger.move(11, "ext:a", "ext:b", "x", key: "k")
            #expect(other.outcome == "422 idempotency-key-reused")
            #expect(try await ledger.balances("a", "b") == [90, 10])
            #expect(try await ledger.count("x") == 1)
            let again = try await ledger.move(10, "ext:a", "ext:b", "x", key: "k")
            #expect(again.id == first.id && again.isReplay)
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 3: how a request is written does not make it another`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 100, "b": 0])
            let first = try await ledger.post(
                "/journals",
                raw: """
                    {"kind":"p","reference":"x","transfers":[{"debit":"ext:a","credit":"ext:b",\
                    "amount":10}],"effectiveAt":"2026-01-01T00:00:00Z"}
                    """, key: "k")
            #expect(first.status == 201)
            let spellings = [
                """
                { "transfers": [ {"amount":10, "credit":"ext:b", "debit":"ext:a"} ],
                  "effectiveAt":"2026-01-01T08:00:00+08:00", "reference":"x", "kind":"p" }
                """,
                """
                {"kind":"p","currency":"CNY","ledger":"cash","reference":"\\u0078","memo":null,\
                "linked":false,"effectiveAt":"2026-01-01T00:00:00.000Z",\
                "transfers":[{"debit":"ext:a","credit":"ext:b","amount":10}]}
                """,
            ]
            for spelling in spellings {
                let again = try await ledger.post("/journals", raw: spelling, key: "k")
                #expect(again.id == first.id && again.isReplay, "\(again.json)")
            }
            let elsewhere = try await ledger.hold(10, "ext:a", "ext:b", key: "k")
            #expect(elsewhere.outcome == "422 idempotency-key-reused")
            #expect(try await ledger.balance("b") == 10)
        }
    }

    @Test(arguments: TestEngine.available)
    func `ledger case 4: a refusal stays under its key, nonsense uses up none`(_ engine: TestEngine)
        async throws
    {
        try await withLedger(engine) { ledger in
            try await ledger.open(["a": 0, "b": 0])
            let poor = try await ledger.move(10, "ext:a", "ext:b", key: "k")
            #expect(poor.outcome == "409 insufficient-funds" && poor.int("shortfall") == 10)
            try await ledger.move(100, "ext:world", "ext:a")
            let frozen = try await ledger.move(10, "ext:a", "ext:b", key: "k")
            #expect(frozen.outcome == "409 insufficient-funds" && frozen.isReplay)
            let rich = try await ledger.move(10, "ext:a", "ext:b", key: "k2")
            #expect(rich.outcome == "201")

            let nonsense = try await ledger.post("/journals", raw: #"{"kind":"p""#, key: "k3")
            #expect(nonsense.status == 400)
            let good = try await ledger.move(10, "ext:a", "ext:b", key: "k3")
            #expect(good.outcome == "201" && !good.isReplay)
            let keyless = try await ledger.call(
                "POST", "/journals", LedgerClient.journal(1, "ext:a", "ext:b"))
            #expect(keyless.outcome == "400 idempotency-key-required")
        }
    }
}
