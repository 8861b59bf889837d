import Basics
import Money
import Store

extension Transaction {
    /// Writes a journal and all that belongs to it.
    /// - Throws: `LedgerError.duplicate`, now or when the body has ended.
    func insert(_ record: JournalRecord) throws {
        guard let first = record.transfers.first, let last = record.transfers.last else { return }
        let journal = record.journal
        if isOnlyWriter { try claimKey(of: journal, record.id) }
        try add(
            """
            INSERT INTO journal
                (id, kind, reference, is_foreign, actor, memo, at, effective_at, first_transfer,
                last_transfer)
            VALUES (\(record.id), \(journal.kind), \(journal.reference), \(journal.isForeign),
                \(journal.actor), \(journal.memo), \(record.at), \(record.effectiveAt),
                \(first.id), \(last.id))
            """,
            ifTwice: isOnlyWriter
                ? nil
                : { LedgerError.duplicate(kind: journal.kind, reference: journal.reference) })
        for transfer in record.transfers { try insert(transfer) }
        for mark in record.marks { try insert(mark) }
        try insertBackdated(record)
    }

    private func insert(_ transfer: Transfer) throws {
        try add(
            """
            INSERT INTO transfer
                (id, journal, at, amount, debit, debit_balance, debit_previous, credit,
                credit_balance, credit_previous)
            VALUES (\(transfer.id), \(transfer.journal), \(transfer.at), \(transfer.amount),
                \(transfer.debit), \(transfer.debitBalance), \(transfer.debitPrevious),
                \(transfer.credit), \(transfer.creditBalance), \(transfer.creditPrevious))
            """)
    }

    private func insert(_ mark: Mark) throws {
        try add(
            """
            INSERT INTO mark (account, at, entry, transfer, balance)
            VALUES (\(mark.account), \(mark.at), \(mark.entry), \(mark.transfer), \(mark.balance))
            """)
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
