import Basics
import Money

/// Money on its way from one account to another.
package struct Posting: Hashable, Sendable {
    /// Where the money comes from.
    package var debit: AccountAddress
    /// Where it goes.
    package var credit: AccountAddress
    package var amount: Amount

    package init(debit: AccountAddress, credit: AccountAddress, amount: Amount) {
        self.debit = debit
        self.credit = credit
        self.amount = amount
    }
}

/// One event in the life of the money: postings that happen together or not at all. Since each
/// posting takes from one account what it gives to another, a journal always sums to zero.
package struct Journal: Entity, Sendable {
    package static let prefix = "jnl"

    package var kind: String
    /// The business object it is about. Kontor's own kinds are posted once for a reference, ever.
    package var reference: String
    /// Posted by somebody outside, who keeps it from happening twice by an idempotency key; the same
    /// kind and reference may come again.
    package var isForeign: Bool
    /// Who caused it, if a person did.
    package var actor: String?
    package var memo: String?
    /// When it counts from, if that is not when it is posted.
    package var effectiveAt: Instant?
    package var currency: Currency
    /// In the order in which they happen: each must be covered by what came before.
    package var postings: [Posting]

    package init(
        kind: String, reference: String, isForeign: Bool = false, actor: String? = nil,
        memo: String? = nil, effectiveAt: Instant? = nil, currency: Currency = .cny,
        postings: [Posting]
    ) {
        self.kind = kind
        self.reference = reference
        self.isForeign = isForeign
        self.actor = actor
        self.memo = memo
        self.effectiveAt = effectiveAt
        self.currency = currency
        self.postings = postings
    }
}

package typealias JournalID = ID<Journal>

extension Journal {
    /// The kinds that the ledger itself gives a meaning to.
    package static let ownKinds: Set = [
        "hold", "hold-capture", "hold-release", "hold-expiry", "reversal",
    ]

    package var addresses: Set<AccountAddress> {
        Set(postings.flatMap { [$0.debit, $0.credit] })
    }

    /// The same, without the cost of a set where there are two.
    var parties: [AccountAddress] {
        if postings.count == 1 { return [postings[0].debit, postings[0].credit] }
        return Array(addresses)
    }

    /// What is wrong with a journal whatever the balances are.
    func check() throws(Problem) {
        guard !postings.isEmpty else { throw .emptyJournal }
        for posting in postings {
            guard posting.amount.isPositive else { throw .amountNotPositive }
            guard posting.debit != posting.credit else { throw .sameAccount }
            guard posting.debit.book == posting.credit.book else { throw .ledgerMismatch }
        }
    }
}

/// A journal as it stands in the books.
package struct PostedJournal: Sendable {
    package let id: JournalID
    package let at: Instant
    package let journal: Journal
}
