import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@Suite("Refusals of the ledger", .serialized)
struct RefusalTests {
    @Test(
        "a lack of money says how much is missing and writes nothing",
        arguments: TestEngine.available)
    func insufficientFunds(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(100, from: bank, to: anna)
            let journal = Journal(
                kind: "test", reference: "r1",
                postings: [
                    Posting(debit: anna, credit: bert, amount: Amount(60)),
                    Posting(debit: anna, credit: income, amount: Amount(60)),
                ])
            let refusal = try await problem { _ = try await db.write { try $0.post(journal) } }
            #expect(refusal == .insufficientFunds(shortfall: Amount(20)))
            #expect(refusal?.kind == .conflict)
            #expect(refusal?.parameters == ["shortfall": .money(20)])
            #expect(try await db.balance(anna) == 100)
            #expect(try await db.balance(bert) == 0)
            let journals = try await db.read { try $0.journals(PageRequest()).items }
            #expect(journals.count == 1)
        }
    }

    @Test(
        "amounts that are not positive, and two sides that are one (ledger cases 15, 17)",
        arguments: TestEngine.available)
    func malformed(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            for amount in [0, -5, Int64.min] {
                let refusal = try await problem { try await db.move(amount, from: bank, to: anna) }
                #expect(refusal == .amountNotPositive)
            }
            try await expectRefusal(.sameAccount) { try await db.move(1, from: anna, to: anna) }
            let empty = Journal(kind: "test", reference: "r", postings: [])
            let refusal = try await problem { _ = try await db.write { try $0.post(empty) } }
            #expect(refusal == .emptyJournal)
            try await expectRefusal(.ledgerMismatch) {
                try await db.move(1, from: bank, to: "claim:d:investor:a")
            }
        }
    }

    @Test("an account keeps its currency (ledger case 17)", arguments: TestEngine.available)
    func currency(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(100, from: bank, to: anna)
            let journal = Journal(
                kind: "test", reference: "r1", currency: Currency(code: "EUR"),
                postings: [Posting(debit: "bank:euro", credit: anna, amount: Amount(1))])
            let refusal = try await problem { _ = try await db.write { try $0.post(journal) } }
            #expect(refusal == .currencyMismatch)
        }
    }

    @Test(
        "of two errors the first of the documented order is told (ledger case 17)",
        arguments: TestEngine.available)
    func precedence(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(1, from: bank, to: anna)
            try await expectRefusal(.amountNotPositive) {
                try await db.move(0, from: anna, to: anna)
            }
            try await db.move(Int64.max, from: "bank:other", to: bert)
            try await expectRefusal(.overflow) { try await db.move(5, from: anna, to: bert) }
            let euro = Journal(
                kind: "test", reference: "r1", currency: Currency(code: "EUR"),
                postings: [Posting(debit: anna, credit: bert, amount: Amount(5))])
            let refusal = try await problem { _ = try await db.write { try $0.post(euro) } }
            #expect(refusal == .currencyMismatch)
        }
    }

    @Test(
        "sums beyond 64 bits are refused and change nothing (ledger case 16)",
        arguments: TestEngine.available)
    func overflow(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(Int64.max - 5, from: bank, to: anna)
            let refusal = try await problem {
                try await db.move(10, from: "bank:other", to: anna)
            }
            #expect(refusal == .overflow && refusal?.kind == .rule)
            try await expectRefusal(.overflow) { try await db.move(10, from: bank, to: bert) }
            #expect(try await db.balance(anna) == Int64.max - 5)
            #expect(try await db.balance("bank:other") == 0)
            // A turnover far beyond 64 bits is no matter as long as the balances fit.
            for _ in 0..<3 {
                try await db.move(Int64.max - 5, from: anna, to: bert)
                try await db.move(Int64.max - 5, from: bert, to: anna)
            }
            #expect(try await db.balance(anna) == Int64.max - 5)
        }
    }

    @Test("a kind is posted once for a reference", arguments: TestEngine.available)
    func duplicates(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(100, from: bank, to: anna, kind: "top-up", reference: "top_1")
            let duplicate = LedgerError.duplicate(kind: "top-up", reference: "top_1")
            let again = await failure {
                try await db.move(100, from: bank, to: anna, kind: "top-up", reference: "top_1")
            }
            #expect(again as? LedgerError == duplicate)
            // Also when there would be a refusal to tell.
            let poor = await failure {
                try await db.move(999, from: anna, to: bank, kind: "top-up", reference: "top_1")
            }
            #expect(poor as? LedgerError == duplicate)
            try await db.move(10, from: anna, to: bank, kind: "refund", reference: "top_1")
            #expect(try await db.balance(anna) == 90)
        }
    }

    @Test("twenty posts of the same pair at once: one", arguments: TestEngine.available)
    func concurrentDuplicates(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let outcome = try await race(20) { _ in
                do {
                    try await db.move(100, from: bank, to: anna, kind: "top-up", reference: "top_1")
                } catch is LedgerError {
                    throw Problem.conflict("duplicate")
                }
            }
            #expect(outcome.done == 1 && outcome.refused == ["duplicate": 19])
            #expect(try await db.balance(anna) == 100)
        }
    }

    @Test("a refused posting leaves the rest of its body to go on", arguments: TestEngine.available)
    func caughtRefusal(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let refusal = try await db.write { tx -> Problem? in
                var refusal: Problem?
                do {
                    try tx.post(single(from: anna))
                } catch let problem as Problem {
                    refusal = problem
                }
                try tx.post(single(from: bank))
                return refusal
            }
            #expect(refusal == .insufficientFunds(shortfall: Amount(1)))
            #expect(try await db.balance(income) == 1)
        }
    }

    @Test(
        "addresses from outside are words between colons",
        arguments: [
            ("member:mem_01:available", true), ("income:courses", true), ("x", true), ("", false),
            ("a::b", false), (":a", false), ("a:", false), ("a b", false), ("a:ü", false),
            ("a:b:c:d:e:f:g:h:i", false), (String(repeating: "a", count: 201), false),
        ])
    func addresses(_ text: String, _ isGood: Bool) {
        #expect((AccountAddress(reading: text) != nil) == isGood)
    }
}

/// One unit from an account to income.
private func single(from source: AccountAddress) -> Journal {
    Journal(
        kind: "single", reference: source.text,
        postings: [Posting(debit: source, credit: income, amount: Amount(1))])
}
