import Basics
import Money

/// What the ledger refuses. If several reasons hold, the first in this order is told:
/// `journal-empty`; then posting by posting `amount-not-positive`, `same-account`,
/// `ledger-mismatch`; then `currency-mismatch`; then, posting by posting as they happen,
/// `overflow`, `insufficient-funds`.
///
/// For a hold: `amount-not-positive`, `hold-not-found`, `hold-already-captured`,
/// `hold-already-released`, `hold-expired`, `exceeds-hold`, and then as above.
extension Problem {
    package static let emptyJournal = Problem(.rule, "journal-empty")
    package static let amountNotPositive = Problem(.rule, "amount-not-positive")
    package static let sameAccount = Problem(.rule, "same-account")
    /// A posting between the cash ledger and the claim ledger.
    package static let ledgerMismatch = Problem(.rule, "ledger-mismatch")
    package static let currencyMismatch = Problem(.rule, "currency-mismatch")

    /// An account with a floor would fall below it, by this much.
    package static func insufficientFunds(shortfall: Amount) -> Problem {
        Problem(
            .conflict, "insufficient-funds",
            parameters: ["shortfall": .money(shortfall.minorUnits)])
    }

    package static let holdNotFound = Problem(.notFound, "hold-not-found")
    package static let holdAlreadyCaptured = Problem(.conflict, "hold-already-captured")
    package static let holdAlreadyReleased = Problem(.conflict, "hold-already-released")
    package static let holdExpired = Problem(.conflict, "hold-expired")
    /// More is captured than was held. The amount of a hold never changes, so this is no matter of
    /// state.
    package static let exceedsHold = Problem(.rule, "exceeds-hold")
    /// A hold that would have ended before it began.
    package static let expiryNotInFuture = Problem(.rule, "expiry-not-in-future")
}

/// A defect of the program that posts: not for members' eyes.
package enum LedgerError: Error, Hashable, Sendable {
    /// This kind has been posted for this reference before. It is told before any refusal that
    /// depends on balances, so that a second refund never looks like a lack of money.
    case duplicate(kind: String, reference: String)
    /// A posting between accounts of which the function has not locked both.
    case notLocked(AccountAddress, AccountAddress)
}
