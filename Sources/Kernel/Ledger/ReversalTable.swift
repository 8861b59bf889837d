import Basics
import Money
import Store

extension Snapshot {
    /// What was undone of a journal, part by part.
    package func reversals(of journal: JournalID) throws -> [Reversal] {
        try rows(
            """
            SELECT journal, number, reversal, amount FROM reversal
            WHERE journal = \(journal) ORDER BY number
            """
        ) {
            Reversal(journal: try $0[0], number: try $0[1], reversal: try $0[2], amount: try $0[3])
        }
    }
}

extension Transaction {
    /// A journal never changes; its row is what those who reverse it wait for.
    func lockJournal(_ id: JournalID) throws -> Bool {
        let found: Locked<JournalID>? = try lock("SELECT id FROM journal WHERE id = \(id)") {
            try $0[0]
        }
        return found != nil
    }

    func insert(_ reversal: Reversal) throws {
        try run(
            """
            INSERT INTO reversal (journal, number, reversal, amount)
            VALUES (\(reversal.journal), \(reversal.number), \(reversal.reversal),
                \(reversal.amount))
            """)
    }
}
