import Basics
import Ledger

/// What is refused to those outside, before the ledger itself looks. `docs/LEDGER.md` has the order.
extension Problem {
    /// A kind that the ledger gives a meaning to.
    static let kindReserved = Problem.rule("kind-reserved", "/kind")
    static let journalTooLong = Problem.rule("journal-too-long", "/transfers")
    static let batchEmpty = Problem.rule("batch-empty", "/batch")
    static let batchTooLong = Problem.rule("batch-too-long", "/batch")
    /// Orders, payments, holds or loans account for what is in it.
    static let accountGuarded = Problem.rule("account-guarded")
    /// Only `ext:…` and `claim:ext:…` are opened by name.
    static let addressNotFree = Problem.rule("address-not-free", "/address")
    static let floorAboveZero = Problem.rule("floor-above-zero", "/floor")
    /// A hold of an order or another part of Kontor, which ends it itself.
    static let holdGuarded = Problem.rule("hold-guarded")
    static let expiryTooFar = Problem.rule("expiry-too-far", "/expiresInSeconds")
}
