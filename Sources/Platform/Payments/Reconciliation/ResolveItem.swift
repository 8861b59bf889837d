import Basics
import Ledger
import Money
import Store
import Web

extension Payments {
    /// A person has looked at an item and says what came of it. What was found stays as it is.
    ///
    /// Money that was suspended for it leaves `liability:suspense` for `liability:unidentified`,
    /// from where bookkeepers post it to where it belongs.
    /// - Throws: `not-found`, `note-required`, `note-too-long`, `reconciliation-item-not-open`.
    func resolveItem(
        _ id: ID<ReconciliationItem>, note: String, by actor: ID<Member>, in tx: Transaction
    ) throws -> ReconciliationItem {
        guard !note.isEmpty else { throw Problem.noteRequired }
        guard note.unicodeScalars.count <= Problem.longestNote else { throw Problem.noteTooLong }
        guard var item = try tx.lockReconciliationItem(id) else { throw Problem.notFound }
        guard item.status == .open else { throw Problem.reconciliationItemNotOpen }
        item.status = .resolved
        item.note = note
        item.resolvedBy = actor
        item.resolvedAt = tx.now
        try tx.save(item)
        if !item.suspended.isZero { try tx.post(differenceResolvedJournal(item.value, by: actor)) }
        return item.value
    }
}
