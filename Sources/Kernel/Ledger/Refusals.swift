import Basics
import Money

/// What the ledger refuses. If several reasons hold, the first in this order is told:
/// `journal-empty`; then posting by posting `amount-not-positive`, `same-account`,
/// `ledger-mismatch`; then `account-not-found` where accounts are not made by posting to them; then
/// `currency-mismatch`; then, posting by posting as they happen, `account-frozen`, `overflow`,
/// `insufficient-funds`.
///
/// For a reversal: `journal-not-found`, `journal-not-reversible`, `already-reversed`,
/// `amount-not-positive`, `reversal-not-partial`, `exceeds-reversible`, and then as above.
///
/// For a hold: `amount-not-positive`, `hold-not-found`, `hold-already-captured`,
/// `hold-already-released`, `hold-expired`, `exceeds-hold`, and then as above.
extension Problem {
    package static let emptyJournal = Problem(.rule, "journal-empty")
    package static let amountNotPositive = Problem(.rule, "amount-not-positive")
    /// From one account to itself is not a movement at all (ledger case 17).
    package static let sameAccount = Problem(.unreadable, "same-account")
    /// A posting between the cash ledger and the claim ledger.
    package static let ledgerMismatch = Problem(.rule, "ledger-mismatch")
    package static let currencyMismatch = Problem(.rule, "currency-mismatch")

    package static func accountNotFound(_ address: AccountAddress) -> Problem {
        Problem(.notFound, "account-not-found", parameters: ["address": .text(address.text)])
    }
    package static let accountExists = Problem(.conflict, "account-exists")
    /// Nothing goes into a frozen account or out of it (ledger case 27).
    package static let accountFrozen = Problem(.conflict, "account-frozen")

    /// An element of a batch stands or falls with others, and one of them fell (ledger case 13).
    package static let linkedFailed = Problem(.conflict, "linked-failed")
    /// The last element of a batch is linked to a next one that there is not.
    package static let linkedChainOpen = Problem(.rule, "linked-chain-open")

    package static let journalNotFound = Problem(.notFound, "journal-not-found")
    /// Only what was posted from outside can be undone from outside; Kontor's own journals belong
    /// to orders, payments and holds.
    package static let journalNotReversible = Problem(.rule, "journal-not-reversible")
    package static let alreadyReversed = Problem(.conflict, "already-reversed")
    /// A part of several transfers would be anybody's guess.
    package static let reversalNotPartial = Problem(.rule, "reversal-not-partial")
    /// More than is left to reverse.
    package static func exceedsReversible(left: Amount) -> Problem {
        Problem(.conflict, "exceeds-reversible", parameters: ["left": .money(left.minorUnits)])
    }

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
    /// An account whose balance somebody has deleted; it must not be made a second time.
    case withoutBalance(AccountAddress)
    /// An account was to be saved with less than it may hold: nobody has checked.
    case belowFloor(AccountAddress)

    static func duplicate(of journal: Journal) -> LedgerError {
        .duplicate(kind: journal.kind, reference: journal.reference)
    }
}
