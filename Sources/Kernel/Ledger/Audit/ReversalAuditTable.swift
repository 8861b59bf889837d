import Basics
import Store

extension Snapshot {
    /// The first disagreement between reversals and the journals on both sides of them.
    func reversalFault() throws -> LedgerFault? {
        if let id = try reversalWithoutItsJournal() {
            return LedgerFault("reversal", "\(id) did not move what it is said to have undone")
        }
        let noted = try number("SELECT COUNT(*) FROM reversal")
        let posted = try number("SELECT COUNT(*) FROM journal WHERE kind = 'reversal'")
        guard noted == posted else {
            return LedgerFault("reversal", "\(posted) reversals were posted and \(noted) are noted")
        }
        if let id = try journalUndoneTooFar() {
            return LedgerFault("reversal", "\(id) was undone by more than it moved, or by halves")
        }
        if let id = try reversalToStrangers() {
            return LedgerFault("reversal", "\(id) gave money to somebody from whom none came")
        }
        return nil
    }

    private func reversalWithoutItsJournal() throws -> JournalID? {
        try first(
            """
            SELECT r.reversal FROM reversal r LEFT JOIN journal j ON j.id = r.reversal
            WHERE j.id IS NULL OR j.kind <> 'reversal' OR r.amount <> \(moved(by: "j"))
            ORDER BY r.reversal LIMIT 1
            """
        ) { try $0[0] }
    }

    private func journalUndoneTooFar() throws -> JournalID? {
        try first(
            """
            SELECT u.journal FROM (
                SELECT journal, \(SQL.sum("amount")) AS undone, COUNT(*) AS parts,
                    MAX(number) AS last
                FROM reversal GROUP BY journal
            ) u LEFT JOIN journal o ON o.id = u.journal
            WHERE o.id IS NULL OR u.parts <> u.last OR u.undone > \(moved(by: "o"))
                OR (u.undone < \(moved(by: "o")) AND o.first_transfer <> o.last_transfer)
            ORDER BY u.journal LIMIT 1
            """
        ) { try $0[0] }
    }

    private func reversalToStrangers() throws -> JournalID? {
        try first(
            """
            SELECT r.reversal FROM reversal r
                JOIN journal j ON j.id = r.reversal
                JOIN journal o ON o.id = r.journal
                JOIN transfer t ON \(belongs("t", to: "j"))
            WHERE NOT EXISTS (
                SELECT 1 FROM transfer x WHERE \(belongs("x", to: "o")) AND x.debit = t.credit
            )
            ORDER BY r.reversal LIMIT 1
            """
        ) { try $0[0] }
    }

    private func moved(by journal: SQL) -> SQL {
        "(SELECT \(SQL.sum("m.amount")) FROM transfer m WHERE \(belongs("m", to: journal)))"
    }

    private func belongs(_ transfer: SQL, to journal: SQL) -> SQL {
        """
        \(transfer).id BETWEEN \(journal).first_transfer AND \(journal).last_transfer
            AND \(transfer).journal = \(journal).id
        """
    }
}
