import Basics
import Money
import Store

extension Account {
    static let columns: SQL =
        """
        id, address, currency, floor, balance, entries, last_transfer, last_at, next_expiry,
        is_frozen
        """

    init(row: Row) throws {
        id = try row[0]
        address = try row[1]
        currency = try row[2]
        floor = try row[3]
        balance = try row[4]
        entries = try row[5]
        lastTransfer = try row[6]
        lastAt = try row[7]
        nextExpiry = try row[8]
        isFrozen = try row[9]
    }
}

extension Snapshot {
    func accounts(_ addresses: [AccountAddress]) throws -> [Account] {
        try rows(
            "SELECT \(Account.columns) FROM account WHERE address IN \(list: addresses)",
            Account.init)
    }

    /// One more than the page holds.
    func newestAccounts(_ page: PageRequest) throws -> [Account] {
        try rows(
            """
            SELECT \(Account.columns) FROM account WHERE id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """, Account.init)
    }

    /// The time of the newest journal, for `Database.raiseTime` at start: times of journals rise
    /// even when the machine's clock was set back.
    package func lastJournalTime() throws -> Instant? {
        let latest: Instant?? = try first("SELECT MAX(last_at) FROM account") { try $0[0] }
        return latest ?? nil
    }
}

extension Transaction {
    /// Locks accounts in the order of their ids and makes those that are missing.
    func lockAccounts(_ addresses: Set<AccountAddress>, currency: Currency) throws
        -> [Locked<Account>]
    {
        let sorted = addresses.sorted()
        let query: SQL = """
            SELECT \(Account.columns) FROM account WHERE address IN \(list: sorted) ORDER BY id
            """
        let found = try lockAll(query, Account.init)
        guard found.count < sorted.count else { return found }
        let known = Set(found.map(\.address))
        for address in sorted where !known.contains(address) {
            try insertAccount(address, currency: currency, floor: address.floor)
        }
        // Another transaction may have made some at the same moment, so they are read again.
        return try lockAll(query, Account.init)
    }

    /// - Returns: false if there is such an account.
    @discardableResult
    func insertAccount(_ address: AccountAddress, currency: Currency, floor: Amount?) throws -> Bool
    {
        try run(
            """
            INSERT INTO account
                (id, address, currency, floor, balance, entries, last_at, is_frozen)
            VALUES (\(ID<Account>.make()), \(address), \(currency), \(floor), 0, 0, 0, \(false))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ accounts: [Locked<Account>]) throws {
        for part in accounts.chunked() {
            let values: [SQL] = part.map { account in
                """
                (\(account.id), \(account.balance), \(account.entries), \(account.lastTransfer),
                \(account.lastAt), \(account.nextExpiry), \(account.isFrozen))
                """
            }
            try run(
                """
                UPDATE account SET balance = v.column2, entries = v.column3,
                last_transfer = v.column4, last_at = v.column5, next_expiry = v.column6,
                is_frozen = v.column7
                FROM (VALUES \(SQL.joined(values, ", "))) AS v WHERE account.id = v.column1
                """)
        }
    }

    /// Inserts rows a few at a time, so that there are few different statements to keep prepared.
    func insertAll(into table: SQL, _ rows: [SQL]) throws {
        for part in rows.chunked() {
            try run("INSERT INTO \(table) VALUES \(SQL.joined(Array(part), ", "))")
        }
    }
}

extension Array {
    fileprivate func chunked() -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: 32).map { self[$0..<Swift.min($0 + 32, count)] }
    }
}
