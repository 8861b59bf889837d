import Basics
import Money
import Store

/// What every journal writes.
private enum Insert {
    static let journal = PreparedSQL(
        """
        INSERT INTO journal
            (id, kind, reference, is_foreign, actor, memo, at, effective_at, first_transfer,
            last_transfer)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    static let transfer = PreparedSQL(
        """
        INSERT INTO transfer
            (id, journal, at, amount, debit, debit_balance, debit_previous, credit,
            credit_balance, credit_previous)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    static let mark = PreparedSQL(
        "INSERT INTO mark (account, at, entry, transfer, balance) VALUES (?, ?, ?, ?, ?)")
}

extension Transaction {
    /// Writes a journal and all that belongs to it.
    /// - Throws: `LedgerError.duplicate`, now or when the body has ended.
    func insert(_ record: JournalRecord) throws {
        guard let first = record.transfers.first, let last = record.transfers.last else { return }
        if isOnlyWriter { try claimKey(of: record.journal, record.id) }
        try add(
            Insert.journal,
            // Where this process alone writes, the key has ruled it out.
            ifTwice: isOnlyWriter ? nil : { LedgerError.duplicate(of: record.journal) }
        ) {
            $0.add(record.id)
            $0.add(record.journal.kind)
            $0.add(record.journal.reference)
            $0.add(record.journal.isForeign)
            $0.add(record.journal.actor)
            $0.add(record.journal.memo)
            $0.add(record.at)
            $0.add(record.effectiveAt)
            $0.add(first.id)
            $0.add(last.id)
        }
        for transfer in record.transfers { try insert(transfer) }
        for mark in record.marks { try insert(mark) }
        try insertBackdated(record)
    }

    private func insert(_ transfer: Transfer) throws {
        try add(Insert.transfer) {
            $0.add(transfer.id)
            $0.add(transfer.journal)
            $0.add(transfer.at)
            $0.add(transfer.amount)
            $0.add(transfer.debit)
            $0.add(transfer.debitBalance)
            $0.add(transfer.debitPrevious)
            $0.add(transfer.credit)
            $0.add(transfer.creditBalance)
            $0.add(transfer.creditPrevious)
        }
    }

    private func insert(_ mark: Mark) throws {
        try add(Insert.mark) {
            $0.add(mark.account)
            $0.add(mark.at)
            $0.add(mark.entry)
            $0.add(mark.transfer)
            $0.add(mark.balance)
        }
    }

    /// Notes the entries of a journal that counts from another time than it was posted at.
    private func insertBackdated(_ record: JournalRecord) throws {
        guard let effectiveAt = record.effectiveAt else { return }
        let expiry = record.journal.kind == "hold-expiry"
        for transfer in record.transfers {
            for (account, change) in [
                (transfer.debit, -transfer.amount.minorUnits),
                (transfer.credit, transfer.amount.minorUnits),
            ] {
                try add(
                    """
                    INSERT INTO backdated (account, effective_at, transfer, at, change, expiry)
                    VALUES (\(account), \(effectiveAt), \(transfer.id), \(transfer.at), \(change),
                        \(expiry))
                    """)
            }
        }
    }
}

extension PostedJournal {
    fileprivate static let columns: SQL = """
        id, at, kind, reference, actor, memo, effective_at, first_transfer, last_transfer,
        is_foreign
        """
}

extension Snapshot {
    /// A journal with its postings.
    package func journal(_ id: JournalID) throws -> PostedJournal? {
        try journals("SELECT \(PostedJournal.columns) FROM journal WHERE id = \(id)").first
    }

    /// Journals with their postings, the newest first; the cursor is a journal's id.
    package func journals(_ page: PageRequest) throws -> Page<PostedJournal> {
        let rows = try journals(
            """
            SELECT \(PostedJournal.columns) FROM journal WHERE id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """)
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    /// The journals for one reference, of one kind if that is given; the newest first.
    /// - Parameter own: what `Database.ownJournals(for:)` says.
    package func journals(
        for reference: String, kind: String? = nil, own: OwnJournals, _ page: PageRequest
    ) throws -> Page<PostedJournal> {
        let wanted: SQL = kind.map { "AND kind = \($0)" } ?? ""
        let ownPart: SQL =
            switch own {
            case .indexed: "NOT is_foreign"
            case .among(let ids): "NOT is_foreign AND id IN \(list: ids)"
            }
        // Own and foreign journals are found in two ways.
        let parts = [ownPart, "is_foreign"].map { part -> SQL in
            """
            SELECT \(PostedJournal.columns) FROM journal
            WHERE reference = \(reference) AND \(part) AND id < \(page.after ?? Int64.max) \(wanted)
            """
        }
        let rows = try journals(
            "\(SQL.joined(parts, " UNION ALL ")) ORDER BY id DESC LIMIT \(page.limit + 1)")
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    private func journals(_ query: SQL) throws -> [PostedJournal] {
        try rows(query) { $0 }.map { row in
            let id: JournalID = try row[0]
            let (currency, postings) = try postings(of: id, from: try row[7], through: try row[8])
            return PostedJournal(
                id: id, at: try row[1],
                journal: Journal(
                    kind: try row[2], reference: try row[3], isForeign: try row[9],
                    actor: try row[4], memo: try row[5], effectiveAt: try row[6],
                    currency: currency, postings: postings))
        }
    }

    /// Transfers made at the same moment on another node may lie between a journal's own.
    private func postings(
        of journal: JournalID, from first: ID<Transfer>, through last: ID<Transfer>
    ) throws -> (currency: Currency, postings: [Posting]) {
        let found = try rows(
            """
            SELECT debit.address, credit.address, transfer.amount, debit.currency
            FROM transfer JOIN account debit ON debit.id = transfer.debit
                JOIN account credit ON credit.id = transfer.credit
            WHERE transfer.id BETWEEN \(first) AND \(last) AND transfer.journal = \(journal)
            ORDER BY transfer.id
            """
        ) {
            (
                Posting(debit: try $0[0], credit: try $0[1], amount: try $0[2]),
                try $0[3] as Currency
            )
        }
        return (found.first?.1 ?? .cny, found.map(\.0))
    }
}
