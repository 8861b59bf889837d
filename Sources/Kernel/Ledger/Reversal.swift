import Basics
import Money
import Store

/// A part of a journal that was undone, and the journal that undid it.
package struct Reversal: Sendable {
    let journal: JournalID
    /// The parts of a journal are counted from 1.
    let number: Int64
    package let reversal: JournalID
    package let amount: Amount
}

extension Transaction {
    /// Undoes what is left of a journal, or an amount of it if it is a single transfer: money goes
    /// back the way it came, the last transfer first (ledger case 18).
    ///
    /// - Parameters:
    ///   - amount: nil for all that is left. Only a journal of one transfer can be undone in parts.
    ///   - cover: the account that pays, where the receiver has spent it; nil if it is refused then.
    /// - Throws: a `Problem` in the order that `Refusals.swift` documents.
    package func reverse(
        _ id: JournalID, amount: Amount? = nil, cover: AccountAddress? = nil, actor: String? = nil,
        memo: String? = nil
    ) throws -> PostedJournal {
        // Whoever comes second waits here and then sees the part of the first.
        guard try lockJournal(id), let original = try journal(id) else {
            throw Problem.journalNotFound
        }
        let parts = try reversals(of: id)
        let part = try original.part(amount, after: parts)
        var journal = Journal(
            kind: "reversal", reference: "\(id)/\(parts.count + 1)", actor: actor, memo: memo,
            currency: original.journal.currency, postings: original.journal.undone(part))
        let addresses = journal.addresses.union(cover.map { [$0] } ?? [])
        var sheet = try openSheet(addresses, currency: journal.currency)
        if let cover { journal.postings = try sheet.covered(journal.postings, by: cover) }
        try journal.check()
        let reversal = try enter(journal, in: &sheet)
        try save(sheet)
        try insert(
            Reversal(
                journal: id, number: Int64(parts.count + 1), reversal: reversal, amount: part))
        return PostedJournal(id: reversal, at: sheet.records.last?.at ?? now, journal: journal)
    }
}

extension Journal {
    /// The way back, the last posting first; a single posting may go back in parts.
    fileprivate func undone(_ part: Amount) -> [Posting] {
        postings.reversed().map {
            Posting(
                debit: $0.credit, credit: $0.debit,
                amount: postings.count == 1 ? part : $0.amount)
        }
    }
}

extension PostedJournal {
    /// What the transfers of a journal move, all together.
    package var total: Amount {
        get throws(Problem) { try journal.postings.map(\.amount).total() }
    }

    /// How much of this journal a reversal undoes.
    fileprivate func part(_ amount: Amount?, after parts: [Reversal]) throws(Problem) -> Amount {
        guard journal.isForeign, !Journal.ownKinds.contains(journal.kind) else {
            throw .journalNotReversible
        }
        let left = try total.subtracting(try parts.map(\.amount).total())
        guard left.isPositive else { throw .alreadyReversed }
        guard let amount else { return left }
        guard amount.isPositive else { throw .amountNotPositive }
        guard journal.postings.count == 1 else { throw .reversalNotPartial }
        guard amount <= left else { throw .exceedsReversible(left: left) }
        return amount
    }
}

extension Sheet {
    /// The same postings, but what an account cannot give comes from `cover`.
    fileprivate func covered(_ postings: [Posting], by cover: AccountAddress) throws -> [Posting] {
        var balances: [AccountAddress: Amount] = [:]
        return try postings.flatMap { posting -> [Posting] in
            let balance = balances[posting.debit] ?? state(of: posting.debit)?.balance ?? .zero
            var given = posting.amount
            if let floor = floor(of: posting.debit), posting.credit != cover {
                given = min(given, max(.zero, try balance.subtracting(floor)))
            }
            let missing = try posting.amount.subtracting(given)
            balances[posting.debit] = try balance.subtracting(given)
            let receiver = balances[posting.credit] ?? state(of: posting.credit)?.balance ?? .zero
            balances[posting.credit] = try receiver.adding(posting.amount)
            return [
                Posting(debit: posting.debit, credit: posting.credit, amount: given),
                Posting(debit: cover, credit: posting.credit, amount: missing),
            ].filter(\.amount.isPositive)
        }
    }
}
