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

    /// How much of each of these journals was undone; those that were not are left out.
    package func reversedAmounts(of journals: [JournalID]) throws -> [JournalID: Amount] {
        let found = try rows(
            """
            SELECT journal, \(SQL.sum("amount")) FROM reversal
            WHERE journal IN \(list: journals) GROUP BY journal
            """
        ) { (try $0[0] as JournalID, try $0[1] as Amount) }
        return Dictionary(uniqueKeysWithValues: found)
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
