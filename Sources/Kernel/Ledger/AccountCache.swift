import Basics
import Money
import Store

/// The accounts that a writer has in mind. On SQLite they stay there, since nobody else writes; on
/// PostgreSQL for one transaction, as long as their rows are locked.
///
/// Sixty transfers of one batch that touch an account are one UPDATE of its balance.
final class AccountCache: RowCache {
    static let table = "account_balance"
    /// Beyond this many, all are forgotten at once; some 25 MB.
    private static let most = 100_000

    private final class Slot {
        var account: Locked<Account>
        var isWritten = true

        init(_ account: Locked<Account>) { self.account = account }
    }

    /// What a slot was before; nothing if there was none.
    private struct Change {
        let slot: Slot
        let before: (state: Account.State, isWritten: Bool)?
    }

    private var slots: [AccountAddress: Slot] = [:]
    /// Of accounts that were in mind before: what never changes.
    private var names: [AccountAddress: AccountName] = [:]
    private var changes: [Change] = []
    private var unwritten: [Slot] = []

    var noted: Int { changes.count }

    subscript(address: AccountAddress) -> Locked<Account>? { slots[address]?.account }

    /// Whose account it is, if that is known. There may be no such account: it may have been made in a
    /// transaction that was undone.
    func name(of address: AccountAddress) -> AccountName? { names[address] }

    /// Takes in a row as it stands in the database. It may have been made in this transaction, so it
    /// is forgotten if that is undone.
    func remember(_ account: Locked<Account>) {
        let slot = Slot(account)
        changes.append(Change(slot: slot, before: nil))
        slots[account.value.address] = slot
    }

    /// Changes an account. It is written when somebody reads it or with the commit, once for all that has
    /// happened to it by then.
    ///
    /// - Throws: `LedgerError.belowFloor`: the schema says so too, but it sees only what an account has
    ///   come to by the commit.
    func change(_ account: Locked<Account>) throws {
        if let floor = account.value.floor, account.value.balance < floor {
            throw LedgerError.belowFloor(account.value.address)
        }
        guard let slot = slots[account.value.address] else {
            // A statement on the table came between, and made us forget.
            remember(account)
            return try change(account)
        }
        changes.append(Change(slot: slot, before: (slot.account.value.state, slot.isWritten)))
        slot.account.value.state = account.value.state
        if slot.isWritten { unwritten.append(slot) }
        slot.isWritten = false
    }

    func flush(into tx: Transaction) throws {
        for slot in unwritten where !slot.isWritten {
            let state = slot.account.value.state
            try tx.write(state, of: slot.account.value.name.id)
            changes.append(Change(slot: slot, before: (state, false)))
            slot.isWritten = true
        }
        unwritten.removeAll(keepingCapacity: true)
    }

    func undo(to place: Int) {
        for change in changes[place...].reversed() {
            let address = change.slot.account.value.address
            guard let before = change.before else {
                change.slot.isWritten = true
                slots[address] = nil
                continue
            }
            slots[address] = change.slot
            change.slot.account.value.state = before.state
            change.slot.isWritten = before.isWritten
            if !before.isWritten { unwritten.append(change.slot) }
        }
        changes.removeLast(changes.count - place)
    }

    func committed() {
        changes.removeAll(keepingCapacity: true)
        if slots.count > Self.most { slots.removeAll() }
    }

    func forget() {
        if names.count > Self.most { names.removeAll() }
        for (address, slot) in slots { names[address] = slot.account.value.name }
        slots.removeAll(keepingCapacity: true)
        unwritten.removeAll(keepingCapacity: true)
    }
}
