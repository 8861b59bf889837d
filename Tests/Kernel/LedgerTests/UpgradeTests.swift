import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

/// Books that were begun when an account was one row.
@Suite struct UpgradeTests {
    @Test(arguments: TestEngine.available)
    func `an account keeps its running state`(_ engine: TestEngine) async throws {
        let version = Array(ledgerMigrations.prefix(2))
        try await withDatabase(engine, migrations: version) { db in
            try await db.write { try $0.postAsBefore() }
            let before = try await db.read { try $0.accountStates("account") }
            try await db.migrate(ledgerMigrations)
            let after = try await db.read { snapshot in
                try snapshot.accountStates("account JOIN account_balance USING (id)")
            }
            #expect(before.count == 4 && after == before)
            try await db.openBooks()
            #expect(try await db.balance(anna) == 70)
            try await expectRefusal(.accountFrozen) {
                try await db.move(1, from: bank, to: income)
            }
            try await db.move(20, from: anna, to: bank)
            try await expectRefusal(.insufficientFunds(shortfall: Amount(1))) {
                try await db.move(51, from: anna, to: bank)
            }
            #expect(try await db.balance(anna) == 50)
            #expect(try await db.fault() == nil)
        }
    }
}

extension Snapshot {
    /// All columns of all accounts, in words.
    fileprivate func accountStates(_ tables: SQL) throws -> [String] {
        try rows(
            """
            SELECT id, address, currency, floor, balance, entries, last_transfer, last_at,
                next_expiry, is_frozen
            FROM \(tables) ORDER BY id
            """
        ) { "\($0)" }
    }
}

extension Transaction {
    /// 70 fen from the bank to Anna, an account that is frozen, and one that may be overdrawn.
    fileprivate func postAsBefore() throws {
        for (id, address, balance, isFrozen) in [
            (1, bank, -70, false), (2, anna, 70, false), (3, income, 0, true), (6, bert, 0, false),
        ] as [(Int64, AccountAddress, Int64, Bool)] {
            let last: Int64? = balance == 0 ? nil : 5
            try run(
                """
                INSERT INTO account (id, address, currency, floor, balance, entries, last_transfer,
                    last_at, next_expiry, is_frozen)
                VALUES (\(id), \(address), 'CNY', \(address == bert ? Amount(-50) : address.floor),
                    \(balance), \(Int64(last == nil ? 0 : 1)), \(last), \(Int64(last == nil ? 0 : 9)),
                    \(address == bert ? Int64(77) : nil), \(isFrozen))
                """)
        }
        try run(
            """
            INSERT INTO journal
                (id, kind, reference, is_foreign, at, first_transfer, last_transfer)
            VALUES (4, 'test', 'before', FALSE, 9, 5, 5)
            """)
        try run(
            """
            INSERT INTO transfer
                (id, journal, at, amount, debit, debit_balance, credit, credit_balance)
            VALUES (5, 4, 9, 70, 1, -70, 2, 70)
            """)
    }
}
