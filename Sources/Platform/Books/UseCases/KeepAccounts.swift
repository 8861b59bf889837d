import Basics
import Ledger
import Money
import Store

/// Accounts that are opened, looked at and stopped by name.
extension Books {
    /// Opens an account of the free names.
    ///
    /// - Parameter floor: the least it may hold; nil if it may be overdrawn without end.
    func open(_ address: AccountAddress, currency: Currency, floor: Amount?, in tx: Transaction)
        throws -> AccountSummary
    {
        // Its held account needs a name too.
        guard address.use == .free, AccountAddress(reading: address.held.text) != nil else {
            throw Problem.addressNotFree
        }
        if let floor, floor > .zero { throw Problem.floorAboveZero }
        guard try tx.openAccount(address, currency: currency, floor: floor) else {
            throw Problem.accountExists
        }
        return try summary(of: address, in: tx)
    }

    /// Stops an account or lets it go on. Only free accounts and members' wallets can be stopped:
    /// a shop cannot do without the house's own.
    func setFrozen(_ isFrozen: Bool, _ address: AccountAddress, in tx: Transaction) throws
        -> AccountSummary
    {
        switch address.use {
        case .free, .wallet: break
        case .house, .guarded: throw Problem.accountGuarded
        case .unknown: throw Problem.accountNotFound(address)
        }
        if try opens(tx)(address) {
            try tx.openAccount(address, currency: .cny, floor: address.floor)
        }
        try tx.setFrozen(isFrozen, address)
        return try summary(of: address, in: tx)
    }

    /// An account, also one that only waits for its first posting.
    func summary(of address: AccountAddress, in snapshot: Snapshot) throws -> AccountSummary {
        if let account = try snapshot.account(address) { return account }
        guard try opens(snapshot)(address) else { throw Problem.accountNotFound(address) }
        return .unopened(address)
    }
}
