import Basics
import Money
import Store

/// Rows as the audit reads them: plain numbers, because nothing about them is known to be right.
struct AuditedAccount {
    let id: Int64
    let address: AccountAddress
    let currency: Currency
    let floor: Int64?
    let balance: Int64
    let entries: Int64
    let lastTransfer: Int64?
    let lastAt: Int64
}

struct AuditedTransfer {
    /// What the journal it names says; nil if there is none.
    struct Header {
        let at: Int64
        let effectiveAt: Int64?
        let first: Int64
        let last: Int64
        let isExpiry: Bool
    }

    let id: Int64
    let journal: Int64
    let at: Int64
    let amount: Int64
    let debit: Int64
    let debitBalance: Int64
    let debitPrevious: Int64?
    let credit: Int64
    let creditBalance: Int64
    let creditPrevious: Int64?
    let header: Header?
}

struct AuditedJournal {
    let id: Int64
    /// The journals to which its first and its last transfer say they belong.
    let firstOwner: Int64?
    let lastOwner: Int64?
}

struct AuditedMark {
    let account: Int64
    let address: String
    let at: Int64
    let entry: Int64
    let transfer: Int64
    let balance: Int64
    let transferAt: Int64?
    let transferBalance: Int64?
}

struct BackdatedEntry {
    let account: Int64
    let effectiveAt: Int64
    let transfer: Int64
    let at: Int64
    let change: Int64
    let expiry: Bool
}

extension Snapshot {
    private static var slice: Int { 2_000 }

    /// Reads a table slice by slice in the order of its ids, which come first in a row.
    func each(
        after first: Int64 = .min, _ query: (_ after: Int64) -> SQL, _ body: (Row) throws -> Void
    ) throws {
        var after = first
        while true {
            let slice = try rows("\(query(after)) LIMIT \(Self.slice)") { $0 }
            for row in slice { try body(row) }
            guard slice.count == Self.slice, let last = slice.last else { return }
            after = try last[0]
        }
    }

    /// Every account has a balance, and every balance an account.
    func accountFault() throws -> LedgerFault? {
        let half: AccountAddress? = try first(
            """
            SELECT a.address FROM account a LEFT JOIN account_balance b ON b.id = a.id
            WHERE b.id IS NULL ORDER BY a.id LIMIT 1
            """
        ) { try $0[0] }
        if let half { return LedgerFault("balance-missing", "\(half) has no balance") }
        let nobodys: ID<Account>? = try first(
            """
            SELECT b.id FROM account_balance b LEFT JOIN account a ON a.id = b.id
            WHERE a.id IS NULL ORDER BY b.id LIMIT 1
            """
        ) { try $0[0] }
        return nobodys.map {
            LedgerFault("account-missing", "there is a balance of \($0), which does not exist")
        }
    }

    func eachAuditedAccount(_ body: (AuditedAccount) throws -> Void) throws {
        try each({
            """
            SELECT a.id, a.address, a.currency, b.floor, b.balance, b.entries, b.last_transfer,
                b.last_at
            FROM \(Account.tables) WHERE a.id > \($0) ORDER BY a.id
            """
        }) {
            try body(
                AuditedAccount(
                    id: try $0[0], address: try $0[1], currency: try $0[2], floor: try $0[3],
                    balance: try $0[4], entries: try $0[5], lastTransfer: try $0[6],
                    lastAt: try $0[7]))
        }
    }

    func eachAuditedTransfer(_ body: (AuditedTransfer) throws -> Void) throws {
        try each({
            """
            SELECT t.id, t.journal, t.at, t.amount, t.debit, t.debit_balance, t.debit_previous,
                t.credit, t.credit_balance, t.credit_previous,
                j.at, j.effective_at, j.first_transfer, j.last_transfer, j.kind
            FROM transfer t LEFT JOIN journal j ON j.id = t.journal
            WHERE t.id > \($0) ORDER BY t.id
            """
        }) { row in
            let journalAt: Int64? = try row[10]
            let header = try journalAt.map { at in
                let kind: String = try row[14]
                return AuditedTransfer.Header(
                    at: at, effectiveAt: try row[11], first: try row[12], last: try row[13],
                    isExpiry: kind == "hold-expiry")
            }
            try body(
                AuditedTransfer(
                    id: try row[0], journal: try row[1], at: try row[2], amount: try row[3],
                    debit: try row[4], debitBalance: try row[5], debitPrevious: try row[6],
                    credit: try row[7], creditBalance: try row[8], creditPrevious: try row[9],
                    header: header))
        }
    }

    func eachAuditedJournal(_ body: (AuditedJournal) throws -> Void) throws {
        try each({
            """
            SELECT j.id, f.journal, l.journal FROM journal j
                LEFT JOIN transfer f ON f.id = j.first_transfer
                LEFT JOIN transfer l ON l.id = j.last_transfer
            WHERE j.id > \($0) ORDER BY j.id
            """
        }) {
            try body(AuditedJournal(id: try $0[0], firstOwner: try $0[1], lastOwner: try $0[2]))
        }
    }

    /// Marks of one account after the other.
    func eachAuditedMark(_ body: (AuditedMark) throws -> Void) throws {
        var place = (account: Int64.min, at: Int64.min, entry: Int64.min)
        while true {
            let slice = try rows(
                """
                SELECT m.account, a.address, m.at, m.entry, m.transfer, m.balance, t.at,
                    CASE m.account WHEN t.debit THEN t.debit_balance
                        WHEN t.credit THEN t.credit_balance END
                FROM mark m LEFT JOIN account a ON a.id = m.account
                    LEFT JOIN transfer t ON t.id = m.transfer
                WHERE (m.account, m.at, m.entry)
                    > (\(place.account), \(place.at), \(place.entry))
                ORDER BY m.account, m.at, m.entry LIMIT \(Self.slice)
                """
            ) {
                AuditedMark(
                    account: try $0[0], address: try $0[1] ?? "an account that does not exist",
                    at: try $0[2], entry: try $0[3], transfer: try $0[4], balance: try $0[5],
                    transferAt: try $0[6], transferBalance: try $0[7])
            }
            for mark in slice { try body(mark) }
            guard slice.count == Self.slice, let last = slice.last else { return }
            place = (last.account, last.at, last.entry)
        }
    }

    func eachBackdatedEntry(_ body: (BackdatedEntry) throws -> Void) throws {
        var place = (account: Int64.min, effectiveAt: Int64.min, transfer: Int64.min)
        while true {
            let slice = try rows(
                """
                SELECT account, effective_at, transfer, at, change, expiry FROM backdated
                WHERE (account, effective_at, transfer)
                    > (\(place.account), \(place.effectiveAt), \(place.transfer))
                ORDER BY account, effective_at, transfer LIMIT \(Self.slice)
                """
            ) {
                BackdatedEntry(
                    account: try $0[0], effectiveAt: try $0[1], transfer: try $0[2], at: try $0[3],
                    change: try $0[4], expiry: try $0[5])
            }
            for entry in slice { try body(entry) }
            guard slice.count == Self.slice, let last = slice.last else { return }
            place = (last.account, last.effectiveAt, last.transfer)
        }
    }
}
