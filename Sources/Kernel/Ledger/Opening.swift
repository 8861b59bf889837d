import Basics
import Money
import Store

/// Accounts that are made or stopped by name, not by posting.
extension Transaction {
    /// Makes an account before anything is posted to it.
    ///
    /// - Parameter floor: the least it may hold, zero or less; nil if it may be overdrawn.
    /// - Returns: false if there is such an account.
    @discardableResult
    package func openAccount(_ address: AccountAddress, currency: Currency, floor: Amount?) throws
        -> Bool
    {
        try insertAccount(address, currency: currency, floor: floor)
    }

    /// Stops an account: nothing goes in or out until it is unfrozen, except that what is held from
    /// it runs its course and comes back to it (ledger case 27).
    ///
    /// - Throws: `account-not-found`.
    package func setFrozen(_ isFrozen: Bool, _ address: AccountAddress) throws {
        guard let account = try accounts([address]).first else {
            throw Problem.accountNotFound(address)
        }
        var sheet = try openSheet([address], currency: account.currency)
        sheet.setFrozen(isFrozen, address)
        try save(sheet)
    }
}

extension Snapshot {
    /// Whether nothing can be posted to an account.
    package func isFrozen(_ address: AccountAddress) throws -> Bool {
        try accounts([address]).first?.isFrozen ?? false
    }
}
