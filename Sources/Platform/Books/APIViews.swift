import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

struct JournalView: Codable, Sendable {
    var id: JournalID
    var kind: String
    var ledger: Book
    var currency: Currency
    var reference: String
    /// `mem_…` or `key_…`; null if nobody but Kontor did it.
    var actor: OrNull<String>
    var memo: OrNull<String>
    /// When it was posted.
    var at: Instant
    /// When it counts from.
    var effectiveAt: Instant
    var transfers: [TransferBody]
    /// How much of it was undone.
    var reversed: Amount
    /// The journal that this one undoes.
    var reverses: OrNull<JournalID>

    init(_ posted: PostedJournal, reversed: Amount = .zero) {
        let journal = posted.journal
        id = posted.id
        kind = journal.kind
        ledger = journal.postings.first?.debit.book ?? .cash
        currency = journal.currency
        reference = journal.reference
        actor = OrNull(journal.actor)
        memo = OrNull(journal.memo)
        at = posted.at
        effectiveAt = journal.effectiveAt ?? posted.at
        transfers = journal.postings.map {
            TransferBody(debit: $0.debit, credit: $0.credit, amount: $0.amount)
        }
        self.reversed = reversed
        reverses = OrNull(journal.kind == "reversal" ? Self.reversed(journal) : nil)
    }

    /// A reversal's reference is the journal's id and the number of the part.
    private static func reversed(_ reversal: Journal) -> JournalID? {
        JournalID(reversal.reference.split(separator: "/").first.map(String.init) ?? "")
    }
}

/// What became of a batch, element by element.
struct BatchView: Codable, Sendable, Marked {
    static let mark = "results"

    var results: [ElementView]
}

struct ElementView: Codable, Sendable {
    enum Status: String, Codable, CaseIterable, Sendable { case posted, refused }

    var status: Status
    /// If it was posted.
    var journal: JournalView?
    /// If it was refused.
    var problem: ElementProblem?

    init(_ result: Result<PostedJournal, Problem>) {
        switch result {
        case .success(let posted):
            status = .posted
            journal = JournalView(posted)
        case .failure(let refusal):
            status = .refused
            problem = ElementProblem(refusal)
        }
    }
}

/// A refusal without its words, which would be in one language.
struct ElementProblem: Codable, Sendable {
    /// What the status would have been.
    var status: Int
    var code: String
    /// The field at fault, from the element on.
    var pointer: String?
    /// How much is missing.
    var shortfall: Amount?
    /// The account that does not exist.
    var address: String?

    init(_ problem: Problem) {
        status = problem.kind.status.code
        code = problem.code
        pointer = problem.errors.first?.pointer
        if case .money(let missing)? = problem.parameters["shortfall"] {
            shortfall = Amount(missing)
        }
        if case .text(let text)? = problem.parameters["address"] { address = text }
    }
}

struct HoldView: Codable, Sendable {
    enum Status: String, Codable, CaseIterable, Sendable { case open, captured, released, expired }

    var id: ID<Hold>
    var status: Status
    var debit: AccountAddress
    /// Where it goes when captured; null for Kontor's own holds.
    var credit: OrNull<AccountAddress>
    /// The account where it lies.
    var held: AccountAddress
    var currency: Currency
    var amount: Amount
    var captured: Amount
    var reference: String
    var placedAt: Instant
    var expiresAt: OrNull<Instant>
    var endedAt: OrNull<Instant>

    init(_ hold: Hold, now: Instant) {
        id = hold.id
        status =
            switch hold.status(at: now) {
            case .open: .open
            case .captured: .captured
            case .released: .released
            case .expired: .expired
            }
        debit = hold.source
        credit = OrNull(hold.target)
        held = hold.held
        currency = hold.currency
        amount = hold.amount
        captured = hold.captured
        reference = hold.reference
        placedAt = hold.placedAt
        expiresAt = OrNull(hold.expiresAt)
        endedAt = OrNull(hold.endedAt ?? (status == .expired ? hold.expiresAt : nil))
    }
}

struct AccountView: Codable, Sendable {
    var address: AccountAddress
    var ledger: Book
    var currency: Currency
    /// What can be moved; what is held lies elsewhere.
    var balance: Amount
    /// What is held from it.
    var held: Amount
    /// The least it may hold; null if it may be overdrawn without end.
    var floor: OrNull<Amount>
    var frozen: Bool
    /// How many transfers have touched it.
    var entries: Int64
    /// If the balances are of another time than now.
    var asOf: Instant?

    init(_ account: AccountSummary, in snapshot: Snapshot) throws {
        address = account.address
        ledger = account.address.book
        currency = account.currency
        balance = account.balance
        held = try snapshot.balance(of: account.address.held)
        floor = OrNull(account.floor)
        frozen = account.isFrozen
        entries = account.entries
    }

    func asOf(_ instant: Instant, by axis: TimeAxis, in snapshot: Snapshot) throws -> AccountView {
        var copy = self
        copy.balance = try snapshot.balance(of: address, asOf: instant, by: axis)
        copy.held = try snapshot.balance(of: address.held, asOf: instant, by: axis)
        copy.asOf = instant
        return copy
    }
}

struct EntryView: Codable, Sendable {
    enum Direction: String, Codable, CaseIterable, Sendable { case `in`, out }

    var id: String
    var journal: JournalID
    var kind: String
    var reference: String
    var at: Instant
    var effectiveAt: Instant
    var direction: Direction
    var amount: Amount
    var balanceAfter: Amount
    var memo: OrNull<String>

    init(_ entry: Entry) {
        id = entry.transfer.description
        journal = entry.journal
        kind = entry.kind
        reference = entry.reference
        at = entry.at
        effectiveAt = entry.effectiveAt
        direction = entry.direction == .in ? .in : .out
        amount = entry.amount
        balanceAfter = entry.balanceAfter
        memo = OrNull(entry.memo)
    }
}

struct TrialBalanceView: Codable, Sendable {
    struct Line: Codable, Sendable {
        var ledger: Book
        var currency: Currency
        /// How the addresses begin; null for all accounts.
        var group: OrNull<String>
        var accounts: Int
        /// The sum of the balances below zero.
        var debit: Amount
        /// The sum of the balances above zero.
        var credit: Amount
    }

    var at: Instant
    /// By ledger and currency; debit and credit are equal.
    var totals: [Line]
    /// The same by kind of account.
    var groups: [Line]

    init(_ lines: [TrialLine], at now: Instant) {
        let all = lines.map { line in
            Line(
                ledger: line.book, currency: line.currency, group: OrNull(line.group),
                accounts: line.accounts, debit: line.debit, credit: line.credit)
        }
        at = now
        totals = all.filter { $0.group.value == nil }
        groups = all.filter { $0.group.value != nil }
    }
}
