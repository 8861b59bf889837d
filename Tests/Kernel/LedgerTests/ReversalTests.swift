import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@Suite struct ReversalTests {
    @Test(
        "of two who reverse a journal the second waits and finds it reversed (ledger case 18)",
        .enabled(if: TestEngine.available.contains(.postgres)))
    func waits() async throws {
        try await withBooks(.postgres) { db in
            let sale = Journal(
                kind: "sale", reference: "s", isForeign: true,
                postings: [Posting(debit: bank, credit: anna, amount: Amount(100))])
            let id = try await db.write { try $0.post(sale) }
            let both = try await collide(db) { tx in
                try tx.reverse(id).journal.postings.count
            } with: {
                await failure { try await db.write { _ = try $0.reverse(id) } }
            }
            #expect(both.hasWaited && both.first == 1)
            #expect(both.second as? Problem == .alreadyReversed)
            #expect(try await db.balance(anna) == 0)
        }
    }
}
