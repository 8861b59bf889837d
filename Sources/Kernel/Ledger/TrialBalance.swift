import Basics
import Money
import Store

/// What the accounts of one kind hold together.
package struct TrialLine: Sendable {
    package let book: Book
    package let currency: Currency
    /// The first word of their addresses; nil for all.
    package let group: String?
    package let accounts: Int
    /// What is owed to them: the balances below zero, as a positive sum.
    package let debit: Amount
    /// What they are owed: the balances above zero.
    package let credit: Amount
}

extension Snapshot {
    /// Every balance of one moment, added up by ledger, currency and kind of account. Debit and
    /// credit of the lines for all are equal, always.
    ///
    /// - Throws: `overflow` if a sum does not fit 64 bits.
    package func trialBalance() throws -> [TrialLine] {
        struct Key: Hashable {
            let book: Book
            let currency: Currency
            let group: String?
        }
        var sums: [Key: (accounts: Int, debit: Int128, credit: Int128)] = [:]
        try eachAuditedAccount { account in
            for group in [nil, account.address.group] {
                let key = Key(
                    book: account.address.book, currency: account.currency, group: group)
                var sum = sums[key] ?? (0, 0, 0)
                sum.accounts += 1
                if account.balance < 0 { sum.debit -= Int128(account.balance) }
                if account.balance > 0 { sum.credit += Int128(account.balance) }
                sums[key] = sum
            }
        }
        return try sums.map { key, sum in
            guard let debit = Int64(exactly: sum.debit), let credit = Int64(exactly: sum.credit)
            else { throw Problem.overflow }
            return TrialLine(
                book: key.book, currency: key.currency, group: key.group, accounts: sum.accounts,
                debit: Amount(debit), credit: Amount(credit))
        }.sorted { left, right in
            (left.book.rawValue, left.currency.code, left.group ?? "")
                < (right.book.rawValue, right.currency.code, right.group ?? "")
        }
    }
}

extension AccountAddress {
    /// `member`, `income`, `claim:loan`, …
    fileprivate var group: String {
        text.split(separator: ":").prefix(book == .claim ? 2 : 1).joined(separator: ":")
    }
}
