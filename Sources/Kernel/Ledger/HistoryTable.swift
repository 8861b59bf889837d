import Basics
import Money
import Store

/// A step back in an account's history.
struct ChainLink {
    let transfer: ID<Transfer>
    let at: Instant
    let balance: Amount
    let previous: ID<Transfer>?
}

extension Snapshot {
    /// The last entry of an account at or before an instant: from the first mark after it, or from
    /// the end, at most 32 steps back.
    func lastEntry(of account: Account, at instant: Instant) throws -> ChainLink? {
        guard var next = account.lastTransfer else { return nil }
        if account.lastAt > instant,
            let mark: ID<Transfer> = try first(
                """
                SELECT transfer FROM mark WHERE account = \(account.id) AND at > \(instant)
                ORDER BY at, entry LIMIT 1
                """, { try $0[0] })
        {
            next = mark
        }
        while true {
            let steps = try chain(of: account.id, from: next, steps: Int(Mark.interval) + 1)
            if let found = steps.first(where: { $0.at <= instant }) { return found }
            guard let previous = steps.last?.previous else { return nil }
            next = previous
        }
    }

    /// An account's chain from a transfer backwards.
    func chain(of account: ID<Account>, from start: ID<Transfer>, steps: Int) throws -> [ChainLink]
    {
        try rows(
            """
            \(walk(account, from: start, steps: steps))
            SELECT id, at, balance, previous FROM chain ORDER BY step
            """
        ) {
            ChainLink(transfer: try $0[0], at: try $0[1], balance: try $0[2], previous: try $0[3])
        }
    }

    /// The same with the words of the journals, and which entry comes after each.
    func entries(of account: ID<Account>, from start: ID<Transfer>, steps: Int) throws
        -> [(entry: Entry, previous: ID<Transfer>?)]
    {
        try rows(
            """
            \(walk(account, from: start, steps: steps))
            SELECT chain.id, chain.journal, chain.at, journal.effective_at, journal.kind,
                journal.reference, journal.memo, chain.is_debit, chain.amount, chain.balance,
                chain.previous
            FROM chain JOIN journal ON journal.id = chain.journal ORDER BY chain.step
            """
        ) { row in
            let at: Instant = try row[2]
            let isDebit: Bool = try row[7]
            let entry = Entry(
                transfer: try row[0], journal: try row[1], at: at, effectiveAt: try row[3] ?? at,
                kind: try row[4], reference: try row[5], memo: try row[6],
                direction: isDebit ? .out : .in, amount: try row[8], balanceAfter: try row[9])
            return (entry, try row[10])
        }
    }

    /// Follows an account's transfers backwards by primary keys alone.
    private func walk(_ account: ID<Account>, from start: ID<Transfer>, steps: Int) -> SQL {
        """
        WITH RECURSIVE chain (id, journal, at, is_debit, amount, balance, previous, step) AS (
            SELECT \(side(of: account)), 1 FROM transfer t
            WHERE t.id = \(start) AND (t.debit = \(account) OR t.credit = \(account))
            UNION ALL
            SELECT \(side(of: account)), chain.step + 1
            FROM chain JOIN transfer t ON t.id = chain.previous
            WHERE chain.step < \(steps)
        )
        """
    }

    private func side(of account: ID<Account>) -> SQL {
        """
        t.id, t.journal, t.at, t.debit = \(account), t.amount,
        CASE WHEN t.debit = \(account) THEN t.debit_balance ELSE t.credit_balance END,
        CASE WHEN t.debit = \(account) THEN t.debit_previous ELSE t.credit_previous END
        """
    }

    /// What the books said too early or too late at an instant, because it was posted at another
    /// time.
    func backdatedChange(of account: ID<Account>, at instant: Instant) throws -> Amount {
        let later = try number(
            """
            SELECT \(SQL.sum("change")) FROM backdated
            WHERE account = \(account) AND effective_at <= \(instant) AND at > \(instant)
            """)
        let early = try number(
            """
            SELECT \(SQL.sum("change")) FROM backdated
            WHERE account = \(account) AND effective_at > \(instant) AND at <= \(instant)
            """)
        return try Amount(later).subtracting(Amount(early))
    }

    /// What had expired at an instant and was written back only after it.
    func expiredChange(of account: ID<Account>, at instant: Instant) throws -> Amount {
        Amount(
            try number(
                """
                SELECT \(SQL.sum("change")) FROM backdated
                WHERE account = \(account) AND effective_at <= \(instant) AND at > \(instant)
                    AND expiry
                """))
    }
}
