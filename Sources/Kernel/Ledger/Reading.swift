import Basics
import Money
import Store

/// A movement on an account, as its owner sees it.
package struct Entry: Sendable {
    package enum Direction: String, Sendable, Codable { case `in`, out }

    package let transfer: ID<Transfer>
    package let journal: JournalID
    package let at: Instant
    /// The same as `at`, unless the journal counts from another time.
    package let effectiveAt: Instant
    package let kind: String
    package let reference: String
    package let memo: String?
    package let direction: Direction
    package let amount: Amount
    package let balanceAfter: Amount
}

/// Which entries of an account are wanted.
package struct EntryFilter: Sendable {
    package var kind: String?
    /// From this instant on.
    package var from: Instant?
    /// Before this instant.
    package var until: Instant?

    package init(kind: String? = nil, from: Instant? = nil, until: Instant? = nil) {
        self.kind = kind
        self.from = from
        self.until = until
    }

    func matches(_ entry: Entry) -> Bool { kind.map { $0 == entry.kind } ?? true }
}

/// What "the balance at a time" means when something was posted later than it counts from.
package enum TimeAxis: String, Sendable, Codable, CaseIterable {
    /// What the books said then.
    case recorded
    /// What is known now about then.
    case effective
}

/// An account, for those who run the house.
package struct AccountSummary: Sendable {
    package let address: AccountAddress
    package let currency: Currency
    package let balance: Amount
    /// The least it may hold; nil if it may be overdrawn.
    package let floor: Amount?
    package let isFrozen: Bool
    /// How many transfers have touched it.
    package let entries: Int64

    /// An account of the house's currency before the first posting to it.
    package static func unopened(_ address: AccountAddress) -> AccountSummary {
        AccountSummary(
            address: address, currency: .cny, balance: .zero, floor: address.floor,
            isFrozen: false, entries: 0)
    }
}

extension Snapshot {
    /// What an account holds now. What has expired counts as given back, written or not; an account
    /// that does not exist holds nothing.
    package func balance(of address: AccountAddress) throws -> Amount {
        try balances(of: [address])[address] ?? .zero
    }

    /// The balances of several accounts, all of one moment; zero for those that do not exist.
    package func balances(of addresses: [AccountAddress]) throws -> [AccountAddress: Amount] {
        var balances = Dictionary(addresses.map { ($0, Amount.zero) }) { first, _ in first }
        for account in try accounts(addresses) {
            balances[account.address] = try currentBalance(of: account)
        }
        return balances
    }

    /// An account with its balance now; nil if nothing was ever posted to it.
    package func account(_ address: AccountAddress) throws -> AccountSummary? {
        try accounts([address]).first.map(summary)
    }

    /// All accounts, the newest first; the cursor is an account's id.
    package func accounts(_ page: PageRequest) throws -> Page<AccountSummary> {
        try Page(rows: try newestAccounts(page), request: page) { $0.id.rawValue }.map(summary)
    }

    private func summary(of account: Account) throws -> AccountSummary {
        AccountSummary(
            address: account.address, currency: account.currency,
            balance: try currentBalance(of: account), floor: account.floor,
            isFrozen: account.isFrozen, entries: account.entries)
    }

    private func currentBalance(of account: Account) throws -> Amount {
        guard let next = account.nextExpiry, next <= now else { return account.balance }
        return try account.balance.adding(try dueChange(of: account.address, at: now))
    }

    /// What an account held at an instant, the entries of that very instant included; zero before
    /// its first.
    package func balance(
        of address: AccountAddress, asOf instant: Instant, by axis: TimeAxis = .recorded
    ) throws -> Amount {
        guard let account = try accounts([address]).first else { return .zero }
        let posted = try lastEntry(of: account, at: instant)?.balance ?? .zero
        let moved =
            switch axis {
            case .recorded: try expiredChange(of: account.id, at: instant)
            case .effective: try backdatedChange(of: account.id, at: instant)
            }
        return try posted.adding(moved).adding(try dueChange(of: address, at: instant))
    }

    /// An account's entries, the newest first; the cursor is a transfer's id.
    ///
    /// A page is bounded work: when entries of the wanted kind are rare, it may be short or even
    /// empty though there is a next one.
    package func entries(
        of address: AccountAddress, _ page: PageRequest = PageRequest(),
        where filter: EntryFilter = EntryFilter()
    ) throws -> Page<Entry> {
        guard let account = try accounts([address]).first,
            var start = try start(of: account, page, filter)
        else { return Page(items: [], next: nil) }
        var found: [Entry] = []
        var last = start
        for _ in 0..<20 {
            let stretch = try entries(of: account.id, from: start, steps: page.limit + 1)
            for step in stretch {
                if let from = filter.from, step.entry.at < from {
                    return Page(items: found, next: nil)
                }
                if filter.matches(step.entry) {
                    guard found.count < page.limit else {
                        return Page(items: found, next: last.rawValue)
                    }
                    found.append(step.entry)
                }
                last = step.entry.transfer
            }
            guard let previous = stretch.last?.previous else {
                return Page(items: found, next: nil)
            }
            start = previous
        }
        return Page(items: found, next: last.rawValue)
    }

    private func start(of account: Account, _ page: PageRequest, _ filter: EntryFilter) throws
        -> ID<Transfer>?
    {
        if let cursor = page.after {
            return try chain(of: account.id, from: ID(rawValue: cursor), steps: 1).first?.previous
        }
        guard let until = filter.until else { return account.lastTransfer }
        return try lastEntry(of: account, at: until - .microseconds(1))?.transfer
    }
}
