import Basics
import Money
import Store

/// What never changes of an account: one object for all copies of it.
final class AccountName: Sendable {
    let id: ID<Account>
    let address: AccountAddress
    let currency: Currency

    init(id: ID<Account>, address: AccountAddress, currency: Currency) {
        self.id = id
        self.address = address
        self.currency = currency
    }
}

/// An account with its running state.
@dynamicMemberLookup
struct Account: Entity, Sendable {
    static let prefix = "acc"

    /// What postings and holds change.
    struct State: Sendable {
        /// Credits less debits.
        var balance = Amount.zero
        /// How many transfers have touched it.
        var entries: Int64 = 0
        var lastTransfer: ID<Transfer>?
        var lastAt = Instant(microseconds: 0)
        /// No open hold from or in this account is due before this instant.
        var nextExpiry: Instant?
        /// Nothing goes in or out, but what comes back from its holds.
        var isFrozen = false
    }

    let name: AccountName
    let floor: Amount?
    var state = State()

    subscript<Member>(dynamicMember path: WritableKeyPath<State, Member>) -> Member {
        get { state[keyPath: path] }
        set { state[keyPath: path] = newValue }
    }
}

extension Account {
    /// A new one, empty.
    init(address: AccountAddress, currency: Currency, floor: Amount?) {
        name = AccountName(id: .make(), address: address, currency: currency)
        self.floor = floor
    }

    var id: ID<Account> { name.id }
    var address: AccountAddress { name.address }
    var currency: Currency { name.currency }
}

/// A posting that has happened, with what both accounts held after it and which transfer was the
/// last of each before it: an account's history is a chain to walk, and needs no index.
package struct Transfer: Entity, Sendable {
    package static let prefix = "trf"

    let id: ID<Transfer>
    let journal: JournalID
    let at: Instant
    let amount: Amount
    let debit: ID<Account>
    let debitBalance: Amount
    let debitPrevious: ID<Transfer>?
    let credit: ID<Account>
    let creditBalance: Amount
    let creditPrevious: ID<Transfer>?
}

/// Every 32nd entry of an account, where a search in its history begins.
struct Mark: Sendable {
    static let interval: Int64 = 32

    let account: ID<Account>
    let entry: Int64
    let at: Instant
    let transfer: ID<Transfer>
    let balance: Amount
}

/// A journal with everything that is written for it.
final class JournalRecord: Sendable {
    let id: JournalID
    let journal: Journal
    let at: Instant
    let transfers: [Transfer]
    let marks: [Mark]

    init(
        id: JournalID, journal: Journal, at: Instant, transfers: [Transfer], marks: [Mark]
    ) {
        (self.id, self.journal, self.at) = (id, journal, at)
        (self.transfers, self.marks) = (transfers, marks)
    }

    /// nil if it counts from when it was posted.
    var effectiveAt: Instant? { journal.effectiveAt == at ? nil : journal.effectiveAt }
}

/// The accounts that one writing function has locked, as they become journal by journal. It only
/// calculates: nothing is written until all of it is known to be right.
struct Sheet {
    /// An account on the sheet, and what becomes of it here.
    private struct Line {
        let account: CachedAccount
        var state: Account.State
        var isChanged = false

        init(_ account: CachedAccount) { (self.account, state) = (account, account.state) }

        var name: AccountName { account.name }
        var floor: Amount? { account.floor }
    }

    let now: Instant
    private var lines: [Line] = []
    /// Where each account is; only kept when there are more than a few.
    private var places: [AccountAddress: Int] = [:]
    private(set) var records: [JournalRecord] = []
    private(set) var endedHolds: [Locked<Hold>] = []

    private static let few = 8

    /// - Parameter room: for how many accounts.
    init(now: Instant, room: Int) {
        self.now = now
        lines.reserveCapacity(room)
    }

    mutating func add(_ account: CachedAccount) {
        if let place = place(of: account.name.address) {
            lines[place] = Line(account)
        } else {
            lines.append(Line(account))
            keepPlaces()
        }
    }

    private mutating func keepPlaces() {
        guard lines.count > Self.few else { return }
        for place in places.count..<lines.count {
            places[lines[place].name.address] = place
        }
    }

    private func place(of address: AccountAddress) -> Int? {
        if lines.count > Self.few { return places[address] }
        return lines.firstIndex { $0.name.address == address }
    }

    /// Gives what has become of accounts back to who has them in mind.
    func save(to accounts: AccountCache) throws {
        for line in lines where line.isChanged { try accounts.change(line.account, to: line.state) }
    }

    /// Accounts with a hold that may be due.
    var dueAddresses: [AccountAddress] {
        var due: [AccountAddress] = []
        for line in lines {
            if let expiry = line.state.nextExpiry, expiry <= now {
                due.append(line.name.address)
            }
        }
        return due.count > 1 ? due.sorted() : due
    }

    mutating func end(_ hold: Locked<Hold>) { endedHolds.append(hold) }

    func state(of address: AccountAddress) -> Account.State? {
        place(of: address).map { lines[$0].state }
    }

    func floor(of address: AccountAddress) -> Amount? {
        place(of: address).flatMap { lines[$0].floor }
    }

    func contains(_ address: AccountAddress) -> Bool { place(of: address) != nil }

    func checkCurrency(_ currency: Currency, of addresses: some Collection<AccountAddress>)
        throws(Problem)
    {
        for address in addresses {
            guard let place = place(of: address), lines[place].name.currency == currency
            else { throw .currencyMismatch }
        }
    }

    /// Does a part of the work that touches no other accounts than these; if it throws, the sheet
    /// is as it was before.
    mutating func attempt(
        _ addresses: Set<AccountAddress>, _ work: (inout Sheet) throws -> Void
    ) throws {
        let before = addresses.compactMap { place(of: $0) }.map { ($0, lines[$0]) }
        let count = records.count
        do {
            try work(&self)
        } catch {
            for (place, line) in before { lines[place] = line }
            records.removeLast(records.count - count)
            throw error
        }
    }

    mutating func setFrozen(_ isFrozen: Bool, _ address: AccountAddress) {
        guard let place = place(of: address) else { return }
        lines[place].state.isFrozen = isFrozen
        lines[place].isChanged = true
    }

    mutating func setNextExpiry(_ expiry: Instant?, of address: AccountAddress) {
        guard let place = place(of: address) else { return }
        lines[place].state.nextExpiry = expiry
        lines[place].isChanged = true
    }

    mutating func expect(expiry: Instant, of address: AccountAddress) {
        let known = place(of: address).flatMap { lines[$0].state.nextExpiry }
        setNextExpiry(known.map { min($0, expiry) } ?? expiry, of: address)
    }

    /// Makes a journal happen.
    /// - Parameter returning: an account that gets back what was held for it, frozen or not.
    /// - Throws: the refusal, if a posting does not fit or is not covered; the sheet is then of no
    ///   more use.
    @discardableResult
    mutating func enter(_ journal: Journal, returning: AccountAddress? = nil) throws -> JournalID {
        // Another node's clock may be ahead: the times of an account's entries never fall.
        var at = now
        for posting in journal.postings {
            if let debit = place(of: posting.debit) { at = max(at, lines[debit].state.lastAt) }
            if let credit = place(of: posting.credit) { at = max(at, lines[credit].state.lastAt) }
        }
        let id = JournalID.make()
        var transfers: [Transfer] = []
        var marks: [Mark] = []
        transfers.reserveCapacity(journal.postings.count)
        for posting in journal.postings {
            let transfer = try apply(posting, of: id, at, returning: returning, &marks)
            transfers.append(transfer)
        }
        records.append(
            JournalRecord(id: id, journal: journal, at: at, transfers: transfers, marks: marks))
        return id
    }

    private mutating func apply(
        _ posting: Posting, of journal: JournalID, _ at: Instant, returning: AccountAddress?,
        _ marks: inout [Mark]
    ) throws -> Transfer {
        guard let debit = place(of: posting.debit), let credit = place(of: posting.credit) else {
            throw LedgerError.notLocked(posting.debit, posting.credit)
        }
        let (from, to) = (lines[debit].state, lines[credit].state)
        guard !from.isFrozen, !to.isFrozen || posting.credit == returning else {
            throw Problem.accountFrozen
        }
        let transfer = Transfer(
            id: .make(), journal: journal, at: at, amount: posting.amount,
            debit: lines[debit].name.id,
            debitBalance: try from.balance.subtracting(posting.amount),
            debitPrevious: from.lastTransfer,
            credit: lines[credit].name.id, creditBalance: try to.balance.adding(posting.amount),
            creditPrevious: to.lastTransfer)
        if let floor = lines[debit].floor, transfer.debitBalance < floor {
            throw Problem.insufficientFunds(
                shortfall: try floor.subtracting(transfer.debitBalance))
        }
        change(debit, to: transfer.debitBalance, by: transfer, &marks)
        change(credit, to: transfer.creditBalance, by: transfer, &marks)
        return transfer
    }

    private mutating func change(
        _ place: Int, to balance: Amount, by transfer: Transfer, _ marks: inout [Mark]
    ) {
        lines[place].isChanged = true
        lines[place].state.enter(transfer, balance: balance)
        if lines[place].state.entries % Mark.interval == 0 {
            marks.append(
                Mark(
                    account: lines[place].name.id, entry: lines[place].state.entries,
                    at: transfer.at,
                    transfer: transfer.id, balance: balance))
        }
    }
}

extension Account.State {
    fileprivate mutating func enter(_ transfer: Transfer, balance: Amount) {
        self.balance = balance
        entries += 1
        lastTransfer = transfer.id
        lastAt = transfer.at
    }
}
