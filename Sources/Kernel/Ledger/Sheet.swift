import Basics
import Money
import Store

/// An account with its running state.
struct Account: Entity, Sendable {
    static let prefix = "acc"

    let id: ID<Account>
    let address: AccountAddress
    let currency: Currency
    let floor: Amount?
    /// Credits less debits.
    var balance: Amount
    /// How many transfers have touched it.
    var entries: Int64
    var lastTransfer: ID<Transfer>?
    var lastAt: Instant
    /// No open hold from or in this account is due before this instant.
    var nextExpiry: Instant?
    /// Nothing goes in or out, but what comes back from its holds.
    var isFrozen: Bool
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
struct JournalRecord: Sendable {
    let id: JournalID
    let journal: Journal
    let at: Instant
    var transfers: [Transfer] = []
    var marks: [Mark] = []

    /// nil if it counts from when it was posted.
    var effectiveAt: Instant? { journal.effectiveAt == at ? nil : journal.effectiveAt }
}

/// The accounts that one writing function has locked, as they become journal by journal. It only
/// calculates: nothing is written until all of it is known to be right.
struct Sheet {
    let now: Instant
    private var accounts: [AccountAddress: Locked<Account>] = [:]
    private var changed: Set<AccountAddress> = []
    private(set) var records: [JournalRecord] = []
    private(set) var endedHolds: [Locked<Hold>] = []

    init(now: Instant) { self.now = now }

    mutating func add(_ locked: [Locked<Account>]) {
        for account in locked { accounts[account.address] = account }
    }

    /// In the order of their ids, which is the order of their locks.
    var changedAccounts: [Locked<Account>] {
        changed.compactMap { accounts[$0] }.sorted { $0.id < $1.id }
    }

    /// Accounts with a hold that may be due.
    var dueAddresses: [AccountAddress] {
        accounts.values.filter { $0.nextExpiry.map { $0 <= now } ?? false }
            .map(\.address).sorted()
    }

    mutating func end(_ hold: Locked<Hold>) { endedHolds.append(hold) }

    subscript(address: AccountAddress) -> Account? { accounts[address]?.value }

    func contains(_ address: AccountAddress) -> Bool { accounts[address] != nil }

    func checkCurrency(_ currency: Currency, of addresses: Set<AccountAddress>) throws(Problem) {
        guard addresses.allSatisfy({ accounts[$0]?.currency == currency }) else {
            throw .currencyMismatch
        }
    }

    /// Does a part of the work that touches no other accounts than these; if it throws, the sheet
    /// is as it was before.
    mutating func attempt(
        _ addresses: Set<AccountAddress>, _ work: (inout Sheet) throws -> Void
    ) throws {
        let before = addresses.map { ($0, accounts[$0], changed.contains($0)) }
        let count = records.count
        do {
            try work(&self)
        } catch {
            for (address, account, wasChanged) in before {
                accounts[address] = account
                if !wasChanged { changed.remove(address) }
            }
            records.removeLast(records.count - count)
            throw error
        }
    }

    mutating func setFrozen(_ isFrozen: Bool, _ address: AccountAddress) {
        accounts[address]?.isFrozen = isFrozen
        changed.insert(address)
    }

    mutating func setNextExpiry(_ expiry: Instant?, of address: AccountAddress) {
        accounts[address]?.nextExpiry = expiry
        changed.insert(address)
    }

    mutating func expect(expiry: Instant, of address: AccountAddress) {
        let earlier = accounts[address]?.nextExpiry.map { min($0, expiry) }
        setNextExpiry(earlier ?? expiry, of: address)
    }

    /// Makes a journal happen.
    /// - Parameter returning: an account that gets back what was held for it, frozen or not.
    /// - Throws: the refusal, if a posting does not fit or is not covered; the sheet is then of no
    ///   more use.
    @discardableResult
    mutating func enter(_ journal: Journal, returning: AccountAddress? = nil) throws -> JournalID {
        // Another node's clock may be ahead: the times of an account's entries never fall.
        let latest = journal.addresses.compactMap { accounts[$0]?.lastAt }.max() ?? now
        var record = JournalRecord(id: .make(), journal: journal, at: max(now, latest))
        for posting in journal.postings {
            try apply(posting, to: &record, returning: returning)
        }
        records.append(record)
        return record.id
    }

    private mutating func apply(
        _ posting: Posting, to record: inout JournalRecord, returning: AccountAddress?
    ) throws {
        guard var debit = accounts[posting.debit], var credit = accounts[posting.credit] else {
            throw LedgerError.notLocked(posting.debit, posting.credit)
        }
        guard !debit.isFrozen, !credit.isFrozen || posting.credit == returning else {
            throw Problem.accountFrozen
        }
        debit.balance = try debit.balance.subtracting(posting.amount)
        credit.balance = try credit.balance.adding(posting.amount)
        if let floor = debit.floor, debit.balance < floor {
            throw Problem.insufficientFunds(shortfall: try floor.subtracting(debit.balance))
        }
        let transfer = Transfer(
            id: .make(), journal: record.id, at: record.at, amount: posting.amount,
            debit: debit.id, debitBalance: debit.balance, debitPrevious: debit.lastTransfer,
            credit: credit.id, creditBalance: credit.balance, creditPrevious: credit.lastTransfer)
        record.transfers.append(transfer)
        for var account in [debit, credit] {
            account.entries += 1
            account.lastTransfer = transfer.id
            account.lastAt = record.at
            if account.entries % Mark.interval == 0 {
                record.marks.append(
                    Mark(
                        account: account.id, entry: account.entries, at: record.at,
                        transfer: transfer.id, balance: account.balance))
            }
            accounts[account.address] = account
            changed.insert(account.address)
        }
    }
}
