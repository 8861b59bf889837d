import Basics
import Money
import Store

extension Hold {
    fileprivate static let columns: SQL = """
        id, source, held, currency, amount, reference, journal, placed_at, expires_at, status,
        captured, ended_at, target
        """

    fileprivate init(row: Row) throws {
        id = try row[0]
        source = try row[1]
        held = try row[2]
        currency = try row[3]
        amount = try row[4]
        reference = try row[5]
        journal = try row[6]
        placedAt = try row[7]
        expiresAt = try row[8]
        status = try row[9]
        captured = try row[10]
        endedAt = try row[11]
        target = try row[12]
    }
}

extension Snapshot {
    /// A hold as it was last written; `status(at:)` tells whether it has expired since.
    package func hold(_ id: ID<Hold>) throws -> Hold? {
        try first("SELECT \(Hold.columns) FROM hold WHERE id = \(id)", Hold.init)
    }

    /// What expired in an account up to an instant and has not been given back yet: positive where
    /// it comes back to, negative where it lies.
    func dueChange(of address: AccountAddress, at instant: Instant) throws -> Amount {
        let back = try dueSum("source", address, instant)
        let gone = try dueSum("held", address, instant)
        return try back.subtracting(gone)
    }

    private func dueSum(_ side: SQL, _ address: AccountAddress, _ instant: Instant) throws -> Amount
    {
        Amount(
            try number(
                """
                SELECT \(SQL.sum("amount")) FROM hold
                WHERE \(side) = \(address) AND status = 'open' AND expires_at <= \(instant)
                """))
    }
}

extension Transaction {
    func lockHold(_ id: ID<Hold>) throws -> Locked<Hold>? {
        try lock("SELECT \(Hold.columns) FROM hold WHERE id = \(id)", Hold.init)
    }

    /// Open holds from or in these accounts that are due, the earliest first.
    func lockDueHolds(_ addresses: [AccountAddress]) throws -> [Locked<Hold>] {
        var found: [ID<Hold>: Locked<Hold>] = [:]
        for side in ["source", "held"] as [SQL] {
            let due = try lockAll(
                """
                SELECT \(Hold.columns) FROM hold
                WHERE \(side) IN \(list: addresses) AND status = 'open' AND expires_at <= \(now)
                ORDER BY id
                """, Hold.init)
            for hold in due { found[hold.id] = hold }
        }
        return found.values.sorted { left, right in
            (left.expiresAt ?? now, left.id) < (right.expiresAt ?? now, right.id)
        }
    }

    /// When the next open hold from or in an account is due, those that are due now left out.
    func nextExpiry(of address: AccountAddress) throws -> Instant? {
        try (["source", "held"] as [SQL]).compactMap { side in
            let next: Instant?? = try first(
                """
                SELECT MIN(expires_at) FROM hold
                WHERE \(side) = \(address) AND status = 'open' AND expires_at > \(now)
                """
            ) { try $0[0] }
            return next ?? nil
        }.min()
    }

    func insert(_ hold: Hold) throws {
        try add(
            """
            INSERT INTO hold (\(Hold.columns))
            VALUES (\(hold.id), \(hold.source), \(hold.held), \(hold.currency), \(hold.amount),
                \(hold.reference), \(hold.journal), \(hold.placedAt), \(hold.expiresAt),
                \(hold.status), \(hold.captured), \(hold.endedAt), \(hold.target))
            """)
    }

    func save(_ hold: Locked<Hold>) throws {
        try add(
            """
            UPDATE hold SET status = \(hold.status), captured = \(hold.captured),
                ended_at = \(hold.endedAt)
            WHERE id = \(hold.id)
            """)
    }
}
