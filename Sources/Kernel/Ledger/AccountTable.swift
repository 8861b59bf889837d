import Basics
import Money
import Store

extension Account {
    static let balanceColumns: SQL =
        """
        b.id, b.floor, b.balance, b.entries, b.last_transfer, b.last_at, b.next_expiry, b.is_frozen
        """
    static let columns: SQL = "\(balanceColumns), a.address, a.currency"
    /// What never changes of an account, and beside it what does.
    static let tables: SQL = "account a JOIN account_balance b ON b.id = a.id"

    init(row: Row) throws {
        try self.init(
            name: AccountName(id: row[0], address: row[8], currency: row[9]), balance: row)
    }

    fileprivate init(name: AccountName, balance row: Row) throws {
        self.name = name
        floor = try row[1]
        state = State(
            balance: try row[2], entries: try row[3], lastTransfer: try row[4],
            lastAt: try row[5], nextExpiry: try row[6], isFrozen: try row[7])
    }
}

extension Snapshot {
    func accounts(_ addresses: [AccountAddress]) throws -> [Account] {
        try rows(
            """
            SELECT \(Account.columns) FROM \(Account.tables) WHERE a.address IN \(list: addresses)
            """, Account.init)
    }

    /// One more than the page holds.
    func newestAccounts(_ page: PageRequest) throws -> [Account] {
        try rows(
            """
            SELECT \(Account.columns) FROM \(Account.tables) WHERE a.id < \(page.after ?? Int64.max)
            ORDER BY a.id DESC LIMIT \(page.limit + 1)
            """, Account.init)
    }

    /// The time of the newest journal, for `Database.raiseTime` at start: times of journals rise
    /// even when the machine's clock was set back.
    package func lastJournalTime() throws -> Instant? {
        let latest: Instant?? = try first("SELECT MAX(last_at) FROM account_balance") { try $0[0] }
        return latest ?? nil
    }
}

extension Transaction {
    /// Locks accounts in the order of their ids, makes those that are missing, and puts all on a sheet.
    func lockAccounts(
        _ addresses: some Collection<AccountAddress>, currency: Currency, on sheet: inout Sheet
    ) throws {
        let cache = cache(AccountCache.self)
        var missing: [AccountAddress] = []
        for address in addresses {
            if let account = cache[address] {
                sheet.add(account)
            } else {
                missing.append(address)
            }
        }
        guard !missing.isEmpty else { return }
        let loaded = try bypassingCaches {
            try loadKnown(missing) ?? loadAccounts(missing.sorted(), currency)
        }
        for account in loaded { sheet.add(cache.remember(account)) }
    }

    /// Which of these accounts exist, without writing what is in mind of them.
    func existing(_ addresses: Set<AccountAddress>) throws -> Set<AccountAddress> {
        let cache = cache(AccountCache.self)
        let unknown = addresses.filter { cache[$0] == nil }
        guard !unknown.isEmpty else { return addresses }
        let found = try bypassingCaches { try accounts(unknown.sorted()) }
        return addresses.subtracting(unknown).union(found.map(\.address))
    }

    /// The same for accounts whose ids are in mind: a server has fewer tables to look at, and compares no
    /// words.
    /// - Returns: nil if not all are known.
    private func loadKnown(_ addresses: [AccountAddress]) throws -> [Locked<Account>]? {
        let cache = cache(AccountCache.self)
        var names: [ID<Account>: AccountName] = [:]
        for address in addresses {
            guard let name = cache.name(of: address) else { return nil }
            names[name.id] = name
        }
        let query: SQL = """
            SELECT \(Account.balanceColumns) FROM account_balance b
            WHERE b.id IN \(list: names.keys.sorted()) ORDER BY b.id
            """
        let found = try lockAll(query) { row in
            guard let name = names[try row[0]] else { throw SQLMismatch() }
            return try Account(name: name, balance: row)
        }
        // Who was made in a transaction that was undone is not there.
        return found.count == addresses.count ? found : nil
    }

    private func loadAccounts(
        _ sorted: [AccountAddress], _ currency: Currency, isAgain: Bool = false
    ) throws -> [Locked<Account>] {
        let query: SQL = """
            SELECT \(Account.columns) FROM \(Account.tables) WHERE a.address IN \(list: sorted)
            ORDER BY a.id
            """
        let found = try lockAll(query, of: "b", Account.init)
        guard found.count < sorted.count else { return found }
        if isAgain, let half = try accountWithoutBalance(among: sorted) {
            throw LedgerError.withoutBalance(half)
        }
        let known = Set(found.map(\.value.address))
        var made: [Locked<Account>] = []
        for address in sorted where !known.contains(address) {
            let account = Account(
                address: address, currency: currency, floor: address.floor)
            guard try insert(account) else {
                // Another transaction has made it at the same moment, so all are read again.
                return try loadAccounts(sorted, currency, isAgain: true)
            }
            made.append(.inserted(account))
        }
        return found + made
    }

    /// Somebody has been at the tables: this would be looked for and made for ever.
    private func accountWithoutBalance(among addresses: [AccountAddress]) throws -> AccountAddress?
    {
        try first(
            """
            SELECT address FROM account WHERE address IN \(list: addresses)
                AND NOT EXISTS (SELECT 1 FROM account_balance b WHERE b.id = account.id)
            ORDER BY address LIMIT 1
            """
        ) { try $0[0] }
    }

    /// - Returns: false if there is such an account.
    @discardableResult
    func insertAccount(_ address: AccountAddress, currency: Currency, floor: Amount?) throws -> Bool
    {
        try bypassingCaches {
            try insert(Account(address: address, currency: currency, floor: floor))
        }
    }

    private func insert(_ account: Account) throws -> Bool {
        let isNew =
            try run(
                """
                INSERT INTO account (id, address, currency)
                VALUES (\(account.id), \(account.address), \(account.currency))
                ON CONFLICT DO NOTHING
                """) == 1
        guard isNew else { return false }
        try add(
            """
            INSERT INTO account_balance
                (id, floor, balance, entries, last_transfer, last_at, next_expiry, is_frozen)
            VALUES (\(account.id), \(account.floor), \(account.balance), \(account.entries),
                \(account.lastTransfer), \(account.lastAt), \(account.nextExpiry),
                \(account.isFrozen))
            """)
        return true
    }

    private static let balanceUpdate = PreparedSQL(
        """
        UPDATE account_balance SET balance = ?, entries = ?, last_transfer = ?, last_at = ?,
            next_expiry = ?, is_frozen = ?
        WHERE id = ?
        """)

    func write(_ state: Account.State, of id: ID<Account>) throws {
        try add(Self.balanceUpdate) {
            $0.add(state.balance)
            $0.add(state.entries)
            $0.add(state.lastTransfer)
            $0.add(state.lastAt)
            $0.add(state.nextExpiry)
            $0.add(state.isFrozen)
            $0.add(id)
        }
    }
}
