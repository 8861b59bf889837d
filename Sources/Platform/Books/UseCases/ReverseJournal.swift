import Basics
import Ledger
import Money
import Store

extension Books {
    /// Undoes a journal or a part of it.
    ///
    /// - Parameter isForced: what a receiver has spent already is covered by the account of what is
    ///   to be collected.
    func reverse(
        _ id: JournalID, amount: Amount?, isForced: Bool, memo: Memo?, by actor: String,
        in tx: Transaction
    ) throws -> PostedJournal {
        var cover: AccountAddress?
        if isForced, let journal = try tx.journal(id)?.journal,
            let book = journal.postings.first?.debit.book
        {
            let address = AccountAddress.uncollected(book, journal.currency)
            try tx.openAccount(address, currency: journal.currency, floor: nil)
            cover = address
        }
        return try tx.reverse(id, amount: amount, cover: cover, actor: actor, memo: memo?.text)
    }
}
