import Basics
import Money
import Store

/// The first thing that is wrong in the books.
package struct LedgerFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// Stable, kebab-case: `running-balance`, `chain-broken`, …
    package let code: String
    /// What is wrong with what, for a person.
    package let detail: String

    init(_ code: String, _ detail: String) {
        self.code = code
        self.detail = detail
    }

    package var description: String { "\(code): \(detail)" }
}

/// Proves the books: every balance is derived again by replaying the transfers from the first on,
/// and whatever is kept beside them (balances, marks, holds) is compared with the result.
///
/// It reads in slices and keeps one small record per account, so its memory grows with the accounts
/// and not with the history; but for the keys of journals that a writer keeps in memory, too.
package struct LedgerAudit: Sendable {
    package private(set) var fault: LedgerFault?
    package private(set) var accounts = 0
    package private(set) var journals = 0
    package private(set) var transfers = 0
    package private(set) var openHolds = 0

    /// What was proved, in one line.
    package var summary: String {
        """
        ledger: \(journals) journals, \(transfers) transfers, \(accounts) accounts, \
        \(openHolds) open holds
        """
    }

    /// Checks everything on one snapshot and stops at the first fault.
    package static func run(_ snapshot: Snapshot) throws -> LedgerAudit {
        var audit = LedgerAudit()
        do {
            try audit.check(snapshot)
        } catch let fault as LedgerFault {
            audit.fault = fault
        }
        return audit
    }

    private mutating func check(_ snapshot: Snapshot) throws {
        if let fault = try snapshot.accountFault() { throw fault }
        var replay = Replay()
        try snapshot.eachAuditedAccount { account in
            accounts += 1
            replay.add(account)
        }
        var expected = Backdating()
        try snapshot.eachAuditedTransfer { transfer in
            transfers += 1
            try transfer.check()
            try replay.apply(transfer)
            expected.add(transfer)
        }
        try replay.finish()
        try snapshot.eachAuditedJournal { journal in
            journals += 1
            try journal.check()
        }
        try snapshot.checkJournalKeys()
        try check(replay, snapshot)
        try check(expected, snapshot)
        try checkHolds(snapshot)
        if let fault = try snapshot.reversalFault() { throw fault }
    }

    /// What is kept beside the transfers.
    private func check(_ replay: Replay, _ snapshot: Snapshot) throws {
        var totals: [String: Int128] = [:]
        try snapshot.eachAuditedAccount { account in
            try replay.compare(account)
            totals["\(account.address.book.rawValue) \(account.currency.code)", default: 0] +=
                Int128(account.balance)
        }
        for (ledger, total) in totals.sorted(by: { $0.key < $1.key }) where total != 0 {
            throw LedgerFault("trial-balance", "the accounts of \(ledger) sum to \(total)")
        }
        var digests: [Int64: UInt64] = [:]
        try snapshot.eachAuditedMark { mark in
            try mark.check()
            digests[mark.account, default: 0] &+= mark.digest
        }
        if let account = replay.firstAccount(whoseMarksDifferFrom: digests) {
            throw LedgerFault("mark", "the marks of \(account) are not those of its history")
        }
    }

    private func check(_ expected: Backdating, _ snapshot: Snapshot) throws {
        var found = Backdating()
        try snapshot.eachBackdatedEntry { found.add($0) }
        guard found == expected else {
            throw LedgerFault("backdated", "the notes on back-dated entries do not fit them")
        }
    }

    private mutating func checkHolds(_ snapshot: Snapshot) throws {
        if let fault = try snapshot.holdFault() { throw fault }
        openHolds = try snapshot.openHoldCount()
    }
}

extension AuditedTransfer {
    /// What a transfer says about itself and its journal.
    func check() throws {
        guard amount > 0, debit != credit else {
            throw LedgerFault("transfer", "\(name) moves \(amount) from \(debit) to \(credit)")
        }
        guard let header else { throw LedgerFault("journal-missing", "\(name) has no journal") }
        guard header.at == at, (header.first...max(header.first, header.last)).contains(id) else {
            throw LedgerFault("journal", "\(name) does not fit its journal \(journalName)")
        }
    }

    var name: String { "transfer \(ID<Transfer>(rawValue: id))" }
    var journalName: String { "\(JournalID(rawValue: journal))" }
}

extension AuditedJournal {
    /// A journal's first and last transfer are there and are its own.
    func check() throws {
        guard firstOwner == id, lastOwner == id else {
            throw LedgerFault("journal", "\(JournalID(rawValue: id)) has lost transfers")
        }
    }
}

extension AuditedMark {
    func check() throws {
        guard entry % Mark.interval == 0, transferAt == at, transferBalance == balance else {
            throw LedgerFault(
                "mark", "entry \(entry) of \(address) is marked with \(balance) at \(at)")
        }
    }

    var digest: UInt64 { Digest.of(account, entry, at, transfer, balance) }
}

/// The entries that must be noted, or are noted, as counting from another time. Order does not
/// matter, so a sum of digests stands for the set.
struct Backdating: Equatable {
    private var count = 0
    private var sum: UInt64 = 0

    mutating func add(_ transfer: AuditedTransfer) {
        guard let effectiveAt = transfer.header?.effectiveAt else { return }
        let expiry = transfer.header?.isExpiry ?? false
        for (account, change) in [
            (transfer.debit, 0 - transfer.amount), (transfer.credit, transfer.amount),
        ] {
            add(
                BackdatedEntry(
                    account: account, effectiveAt: effectiveAt, transfer: transfer.id,
                    at: transfer.at, change: change, expiry: expiry))
        }
    }

    mutating func add(_ entry: BackdatedEntry) {
        count += 1
        sum &+= Digest.of(
            entry.account, entry.effectiveAt, entry.transfer, entry.at, entry.change,
            entry.expiry ? 1 : 0)
    }
}

/// Mixes numbers into one; good enough to tell sets apart by the sums of their digests.
enum Digest {
    static func of(_ numbers: Int64...) -> UInt64 {
        numbers.reduce(0x9e37_79b9_7f4a_7c15) { hash, number in
            var mixed = (hash ^ UInt64(bitPattern: number)) &* 0xbf58_476d_1ce4_e5b9
            mixed ^= mixed >> 29
            mixed &*= 0x94d0_49bb_1331_11eb
            return mixed ^ (mixed >> 32)
        }
    }
}
