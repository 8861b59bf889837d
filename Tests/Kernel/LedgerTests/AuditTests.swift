import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

/// What somebody with the database in his hands may do to it, and what the audit says then.
struct Tampering: Sendable, CustomTestStringConvertible {
    let name: String
    let table: String
    let change: SQL
    let codes: Set<String>

    init(_ name: String, _ table: String, _ change: SQL, _ codes: String...) {
        self.name = name
        self.table = table
        self.change = change
        self.codes = Set(codes)
    }

    var testDescription: String { name }

    static let anna: SQL = "(SELECT id FROM account WHERE address = 'member:anna:available')"
    static let middle: SQL = "(SELECT MIN(id) + 0 FROM transfer WHERE amount = 50)"
    static let all = [
        Tampering(
            "amount", "transfer", "UPDATE transfer SET amount = 51 WHERE id = \(middle)",
            "running-balance"),
        Tampering(
            "running balance", "transfer",
            "UPDATE transfer SET credit_balance = credit_balance + 1 WHERE id = \(middle)",
            "running-balance"),
        Tampering(
            "receiver", "transfer",
            """
            UPDATE transfer SET credit = (SELECT id FROM account WHERE address = 'income:courses')
            WHERE id = \(middle)
            """, "running-balance", "chain-broken"),
        Tampering(
            "middle deleted", "transfer", "DELETE FROM transfer WHERE id = \(middle)",
            "chain-broken"),
        Tampering(
            "last deleted", "transfer",
            "DELETE FROM transfer WHERE id = (SELECT MAX(id) FROM transfer)",
            "journal", "account-end"),
        Tampering(
            "two rows swapped", "transfer",
            """
            UPDATE transfer SET amount = 101 - amount, debit_balance = debit_balance + amount,
            credit_balance = credit_balance - amount WHERE amount IN (50, 51)
            """, "running-balance"),
        Tampering(
            "time", "transfer", "UPDATE transfer SET at = at - 1 WHERE id = \(middle)", "journal"),
        Tampering(
            "balance", "account_balance",
            "UPDATE account_balance SET balance = balance + 1 WHERE id = \(anna)",
            "account-balance"),
        Tampering(
            "count of entries", "account_balance",
            "UPDATE account_balance SET entries = entries - 1 WHERE id = \(anna)",
            "account-end"),
        Tampering(
            "journal deleted", "journal",
            "DELETE FROM journal WHERE reference = 'r50'", "journal-missing"),
        Tampering(
            "journal forged", "journal",
            """
            INSERT INTO journal
                (id, kind, reference, is_foreign, at, first_transfer, last_transfer)
            VALUES (1, 'test', 'forged', FALSE, 1, 1, 1)
            """, "journal"),
        Tampering("mark", "mark", "UPDATE mark SET balance = balance + 1 WHERE entry = 64", "mark"),
        Tampering("mark deleted", "mark", "DELETE FROM mark WHERE entry = 64", "mark"),
        Tampering(
            "mark of another entry", "mark", "UPDATE mark SET entry = 128 WHERE entry = 64",
            "mark"),
        Tampering(
            "back-dating forgotten", "backdated", "DELETE FROM backdated WHERE change > 0",
            "backdated"),
        Tampering(
            "hold's amount", "hold", "UPDATE hold SET amount = amount + 1 WHERE status = 'open'",
            "hold"),
        Tampering(
            "hold ended without giving back", "hold",
            "UPDATE hold SET status = 'released' WHERE status = 'open'", "held-balance"),
        Tampering("hold deleted", "hold", "DELETE FROM hold WHERE status <> 'open'", "hold"),
        Tampering(
            "reversal's amount", "reversal", "UPDATE reversal SET amount = 3", "reversal"),
        Tampering("reversal forgotten", "reversal", "DELETE FROM reversal", "reversal"),
        Tampering(
            "reversal of another journal", "reversal",
            "UPDATE reversal SET journal = (SELECT MIN(id) FROM journal)", "reversal"),
        Tampering(
            "reversal counted twice", "reversal",
            """
            INSERT INTO reversal SELECT journal, number + 1, reversal, amount FROM reversal
            """, "reversal"),
        Tampering(
            "expiry forgotten", "account_balance",
            "UPDATE account_balance SET next_expiry = NULL", "hold-expiry"),
        Tampering(
            "account without a balance", "account_balance",
            "DELETE FROM account_balance WHERE id = \(anna)", "balance-missing"),
        Tampering(
            "untouched account without a balance", "account_balance",
            """
            INSERT INTO account (id, address, currency) VALUES (1, 'income:nothing', 'CNY')
            """, "balance-missing"),
        Tampering(
            "balance without an account", "account_balance",
            """
            INSERT INTO account_balance (id, balance, entries, last_at, is_frozen)
            VALUES (1, 0, 0, 0, FALSE)
            """, "account-missing"),
    ]
}

@Suite("Audit", .serialized)
struct AuditTests {
    /// A little of everything; the transfer of the n-th journal moves n.
    private func fill(_ db: Database, _ clock: TestClock) async throws {
        for index in 1...100 as ClosedRange<Int64> {
            try await db.move(index, from: bank, to: anna, reference: "r\(index)")
        }
        try await db.move(9, from: bank, to: anna, effectiveAt: clock.now - .days(1))
        let foreign = Journal(
            kind: "test", reference: "r100", isForeign: true,
            postings: [Posting(debit: anna, credit: bank, amount: Amount(5))])
        try await db.write { tx in
            let id = try tx.post(foreign)
            _ = try tx.reverse(id, amount: Amount(2))
        }
        try await db.release(try await db.hold(7))
        _ = try await db.hold(8, expiresAt: clock.now + .days(1))
    }

    @Test("books that are right pass, and are counted", arguments: TestEngine.available)
    func passes(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await fill(db, clock)
            let audit = try await db.read { try LedgerAudit.run($0) }
            #expect(audit.fault == nil)
            #expect(audit.accounts == 3 && audit.journals == 106 && audit.transfers == 106)
            #expect(audit.openHolds == 1)
        }
    }

    @Test("tampering is found (ledger case 24)", arguments: TestEngine.available, Tampering.all)
    func finds(_ engine: TestEngine, _ tampering: Tampering) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock, provedAfterwards: false) { db in
            try await fill(db, clock)
            try await db.move(1, from: bank, to: income)
            #expect(try await db.fault() == nil)
            try await disarm(db, engine, tampering.table)
            let changed = try await db.write { try $0.run(tampering.change) }
            #expect(changed > 0)
            let fault = try await db.fault()
            #expect(
                tampering.codes.contains(fault?.code ?? "nothing"), "\(String(describing: fault))")
        }
    }

    private func disarm(_ db: Database, _ engine: TestEngine, _ table: String) async throws {
        guard ["journal", "transfer", "mark", "backdated", "reversal"].contains(table) else {
            return
        }
        try await db.write { tx in
            switch engine {
            case .sqlite:
                try tx.run(SQL(text: "DROP TRIGGER \(table)_no_update"))
                try tx.run(SQL(text: "DROP TRIGGER \(table)_no_delete"))
            case .postgres:
                try tx.run(SQL(text: "DROP TRIGGER \(table)_append_only ON \(table)"))
            }
        }
    }

    @Test("history refuses to be changed (ledger case 24)", arguments: TestEngine.available)
    func appendOnly(_ engine: TestEngine) async throws {
        let clock = TestClock()
        try await withBooks(engine, clock: clock) { db in
            try await fill(db, clock)
            let attempts: [SQL] = [
                "UPDATE journal SET memo = 'x'", "DELETE FROM journal",
                "UPDATE transfer SET amount = amount + 1", "DELETE FROM transfer",
                "UPDATE mark SET balance = 0", "DELETE FROM mark", "DELETE FROM backdated",
                "DELETE FROM reversal", "UPDATE account SET currency = 'USD'",
                "DELETE FROM account",
            ]
            for attempt in attempts {
                let failure = await failure { _ = try await db.write { try $0.run(attempt) } }
                #expect(failure is StoreError)
            }
            if engine == .sqlite {
                let failure = await failure {
                    _ = try await db.write {
                        try $0.run("INSERT OR REPLACE INTO transfer SELECT * FROM transfer")
                    }
                }
                #expect(failure is StoreError)
            }
        }
    }

    @Test("the audit reads books of many slices", arguments: TestEngine.available)
    func manySlices(_ engine: TestEngine) async throws {
        try await withBooks(engine) { db in
            for round in 0..<10 {
                let journal = Journal(
                    kind: "test", reference: "r\(round)",
                    postings: (0..<500).map {
                        Posting(
                            debit: bank, credit: "income:i\($0 % 50)", amount: Amount(Int64($0 + 1))
                        )
                    })
                _ = try await db.write { try $0.post(journal) }
            }
            let audit = try await db.read { try LedgerAudit.run($0) }
            #expect(audit.transfers == 5_000 && audit.fault == nil)
        }
    }
}
