import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@Suite("Posting", .serialized)
struct PostingTests {
    @Test("a journal moves money and keeps both running balances", arguments: TestEngine.available)
    func posts(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let journal = Journal(
                kind: "top-up", reference: "ord_1", actor: "mem_1", memo: "first",
                postings: [
                    Posting(debit: bank, credit: anna, amount: Amount(1_000)),
                    Posting(debit: anna, credit: income, amount: Amount(300)),
                ])
            let id = try await db.write { try $0.post(journal) }
            #expect(try await db.balance(anna) == 700)
            #expect(try await db.balance(bank) == -1_000)
            #expect(try await db.balance(income) == 300)
            let posted = try #require(try await db.posted(id))
            #expect(posted.journal.postings == journal.postings)
            #expect(posted.journal.memo == "first" && posted.journal.actor == "mem_1")
            let found = try await db.write { try $0.journalID(kind: "top-up", reference: "ord_1") }
            #expect(found == id)
            let account = try await db.read { try $0.account(anna) }
            #expect(account?.entries == 2)
            let nobody = try await db.read { try $0.account("member:nobody:held") }
            #expect(nobody == nil)
        }
    }

    @Test("a journal of a hundred receivers is one journal", arguments: TestEngine.available)
    func manyPostings(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let journal = Journal(
                kind: "payout", reference: "run_1",
                postings: (1...100).map {
                    Posting(
                        debit: bank, credit: "member:m\($0):available", amount: Amount(Int64($0)))
                })
            let id = try await db.write { try $0.post(journal) }
            #expect(try await db.balance(bank) == -5_050)
            #expect(try await db.balance("member:m100:available") == 100)
            let postings = try await db.read { try $0.journal(id)?.journal.postings }
            #expect(postings == journal.postings)
        }
    }

    @Test(
        "1,000 concurrent debits of 10 from 1,000: exactly 100 (ledger case 7)",
        arguments: TestEngine.available)
    func concurrentDebits(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(1_000, from: bank, to: anna)
            async let lowest = Self.lowestBalance(of: anna, in: db, reads: 100)
            let outcome = try await race(1_000) { _ in
                try await db.move(10, from: anna, to: income)
            }
            #expect(outcome.done == 100)
            #expect(outcome.refused == ["insufficient-funds": 900])
            #expect(try await db.balance(anna) == 0)
            #expect(try await lowest >= 0)
        }
    }

    private static func lowestBalance(of address: AccountAddress, in db: Database, reads: Int)
        async throws -> Int64
    {
        var lowest = Int64.max
        for _ in 0..<reads { lowest = min(lowest, try await db.balance(address)) }
        return lowest
    }

    @Test(
        "accounts that many need first at the same moment are made once",
        arguments: TestEngine.available)
    func concurrentCreation(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let outcome = try await race(60) { index in
                let journal = Journal(
                    kind: "test", reference: "r\(index)",
                    postings: (0..<4).map {
                        Posting(
                            debit: "bank:b\(($0 + index) % 4)", credit: "income:i\($0)",
                            amount: Amount(1))
                    })
                _ = try await db.write { try $0.post(journal) }
            }
            #expect(outcome.done == 60)
            #expect(try await db.balance("income:i0") == 60)
        }
    }

    @Test(
        "transfers to and fro by many writers end in no deadlock", arguments: TestEngine.available)
    func opposingTransfers(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            try await db.move(500, from: bank, to: anna)
            try await db.move(500, from: bank, to: bert)
            let outcome = try await race(200) { index in
                let (from, to) = index.isMultiple(of: 2) ? (anna, bert) : (bert, anna)
                try await db.move(1, from: from, to: to)
            }
            #expect(outcome.done == 200)
            #expect(try await db.balance(anna) == 500)
        }
    }

    @Test(
        "of two who make an account the second waits and takes the first's",
        .enabled(if: TestEngine.available.contains(.postgres)))
    func madeTwice() async throws {
        try await withBooks(.postgres) { db in
            let (one, other) = (5, 7) as (Int64, Int64)
            let both = try await collide(db) { tx in
                try tx.post(
                    Journal(
                        kind: "test", reference: "one",
                        postings: [Posting(debit: bank, credit: bert, amount: Amount(one))]))
            } with: {
                try await db.move(other, from: income, to: bert)
            }
            #expect(both.hasWaited)
            #expect(try await db.balance(bert) == one + other)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an account that has lost its balance gets no other`(_ engine: TestEngine) async throws {
        try await withBooks(engine, provedAfterwards: false) { db in
            try await db.move(5, from: bank, to: anna)
            try await db.write { try $0.run("DELETE FROM account_balance WHERE balance = 5") }
            let thrown = await failure { try await db.move(1, from: bank, to: anna) }
            #expect(thrown as? LedgerError == .withoutBalance(anna))
            try await db.move(1, from: bank, to: bert)
        }
    }

    @Test(
        "every snapshot sums to zero while others write (ledger case 21)",
        arguments: TestEngine.available)
    func bankRead(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            let members = (0..<10).map { AccountAddress(stringLiteral: "member:m\($0):available") }
            for member in members { try await db.move(100, from: bank, to: member) }
            async let writing = race(20) { writer in
                var generator = SystemRandomNumberGenerator()
                for _ in 0..<25 {
                    let from = members[writer % 10]
                    let to = members[(writer + Int.random(in: 1...9, using: &generator)) % 10]
                    _ = try await problem { try await db.move(7, from: from, to: to) }
                }
            }
            for _ in 0..<1_000 {
                let balances = try await db.read { snapshot in
                    try snapshot.rows("SELECT balance, floor FROM account_balance") {
                        (try $0[0] as Int64, try $0[1] as Int64?)
                    }
                }
                let sum = balances.reduce(0) { $0 + $1.0 }
                let overdrawn = balances.filter { $0.1 != nil && $0.0 < 0 }
                #expect(sum == 0 && overdrawn.isEmpty)
            }
            #expect(try await writing.done == 20)
        }
    }
}
