import Basics
import Money
import Store

/// An account that a writer has locked and has in mind. Only the cache changes it.
final class CachedAccount {
    let name: AccountName
    let floor: Amount?
    fileprivate(set) var state: Account.State
    fileprivate var isWritten = true
    /// Whether the cache finds it.
    fileprivate var isKnown = false

    fileprivate init(_ account: Account) {
        (name, floor, state) = (account.name, account.floor, account.state)
    }
}

/// The accounts that a writer has in mind. On SQLite they stay there, since nobody else writes; on
/// PostgreSQL for one transaction, as long as their rows are locked.
///
/// Sixty transfers of one batch that touch an account are one UPDATE of its balance.
final class AccountCache: RowCache {
    static let table = "account_balance"
    /// Beyond this many, all are forgotten at once; some 25 MB.
    private static let most = 100_000

    /// What an account was before; nothing if it was not known.
    private struct Change {
        let account: CachedAccount
        let before: (state: Account.State, isWritten: Bool)?
    }

    private var accounts: [AccountAddress: CachedAccount] = [:]
    /// Of accounts that were in mind before: what never changes.
    private var names: [AccountAddress: AccountName] = [:]
    private var changes: [Change] = []
    private var unwritten: [CachedAccount] = []

    var noted: Int { changes.count }

    subscript(address: AccountAddress) -> CachedAccount? { accounts[address] }

    /// Whose account it is, if that is known. There may be no such account: it may have been made in a
    /// transaction that was undone.
    func name(of address: AccountAddress) -> AccountName? { names[address] }

    /// Takes in a row as it stands in the database. It may have been made in this transaction, so it
    /// is forgotten if that is undone.
    func remember(_ locked: Locked<Account>) -> CachedAccount {
        let account = CachedAccount(locked.value)
        learn(account)
        return account
    }

    private func learn(_ account: CachedAccount) {
        changes.append(Change(account: account, before: nil))
        account.isKnown = true
        accounts[account.name.address] = account
    }

    /// Changes an account. It is written when somebody reads it or with the commit, once for all that has
    /// happened to it by then.
    ///
    /// - Throws: `LedgerError.belowFloor`: the schema says so too, but it sees only what an account has
    ///   come to by the commit.
    func change(_ account: CachedAccount, to state: Account.State) throws {
        if let floor = account.floor, state.balance < floor {
            throw LedgerError.belowFloor(account.name.address)
        }
        if !account.isKnown {
            // A statement on the table came between, and made us forget.
            if let again = accounts[account.name.address] { return try change(again, to: state) }
            learn(account)
        }
        changes.append(Change(account: account, before: (account.state, account.isWritten)))
        account.state = state
        if account.isWritten { unwritten.append(account) }
        account.isWritten = false
    }

    func flush(into tx: Transaction) throws {
        for account in unwritten where !account.isWritten {
            try tx.write(account.state, of: account.name.id)
            changes.append(Change(account: account, before: (account.state, false)))
            account.isWritten = true
        }
        unwritten.removeAll(keepingCapacity: true)
    }

    func undo(to place: Int) {
        for change in changes[place...].reversed() {
            let account = change.account
            guard let before = change.before else {
                account.isWritten = true
                account.isKnown = false
                accounts[account.name.address] = nil
                continue
            }
            account.isKnown = true
            accounts[account.name.address] = account
            account.state = before.state
            account.isWritten = before.isWritten
            if !before.isWritten { unwritten.append(account) }
        }
        changes.removeLast(changes.count - place)
    }

    func committed() {
        changes.removeAll(keepingCapacity: true)
        guard accounts.count > Self.most else { return }
        for account in accounts.values { account.isKnown = false }
        accounts.removeAll()
    }

    func forget() {
        if names.count > Self.most { names.removeAll() }
        for (address, account) in accounts {
            names[address] = account.name
            account.isKnown = false
        }
        accounts.removeAll(keepingCapacity: true)
        unwritten.removeAll(keepingCapacity: true)
    }
}
