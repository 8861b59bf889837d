import Basics
import Ledger
import Money
import Web

/// Money to be set aside now and moved later.
struct HoldBody: Codable, Sendable {
    var debit: AccountAddress
    /// Where it goes when it is captured.
    var credit: AccountAddress
    var amount: Amount
    /// `CNY` unless told.
    var currency: CurrencyCode?
    var reference: Reference
    /// It ends by itself then; without, only a capture or a release ends it.
    var expiresInSeconds: Int64?
    var memo: Memo?
}

extension HoldBody {
    /// Ten years.
    static let longest: Int64 = 315_360_000

    var complete: HoldBody {
        var copy = self
        copy.currency = currency ?? .cny
        return copy
    }

    /// What is wrong with it whatever the accounts hold.
    func check(_ books: Books) throws(Problem) {
        let transfer = TransferBody(debit: debit, credit: credit, amount: amount)
        try transfer.check(books, debit.book, (currency ?? .cny).currency)
        guard let seconds = expiresInSeconds else { return }
        guard seconds > 0 else { throw Problem.expiryNotInFuture.at("/expiresInSeconds") }
        guard seconds <= Self.longest else { throw .expiryTooFar }
    }
}
