import Basics
import Money
import Store

extension Transaction {
    /// Posts a journal. Accounts that do not exist yet are made, with a balance of zero.
    ///
    /// - Throws: `LedgerError.duplicate` if this kind was posted for this reference before; a
    ///   `Problem` in the order that `Refusals.swift` documents. Nothing is written then.
    @discardableResult
    package func post(_ journal: Journal) throws -> JournalID {
        try journal.check()
        var sheet = try openSheet(journal.parties, currency: journal.currency)
        let id = try enter(journal, in: &sheet)
        try save(sheet)
        return id
    }

    /// Locks accounts, in the order of their ids, and gives back what expired in them meanwhile.
    func openSheet(_ addresses: some Collection<AccountAddress>, currency: Currency) throws
        -> Sheet
    {
        var sheet = Sheet(now: now, room: addresses.count)
        try lockAccounts(addresses, currency: currency, on: &sheet)
        try sheet.checkCurrency(currency, of: addresses)
        try sweepExpiredHolds(in: &sheet)
        return sheet
    }

    /// A journal that was posted before is a defect, whatever else would be said about it.
    func enter(_ journal: Journal, in sheet: inout Sheet, returning: AccountAddress? = nil) throws
        -> JournalID
    {
        do {
            return try sheet.enter(journal, returning: returning)
        } catch let problem as Problem {
            if !journal.isForeign,
                try journalID(kind: journal.kind, reference: journal.reference) != nil
            {
                throw LedgerError.duplicate(of: journal)
            }
            throw problem
        }
    }

    /// Writes what a sheet has come to. That a journal is a duplicate may come out only when the body
    /// has ended: a round trip to a server is worth more than knowing it now.
    func save(_ sheet: Sheet) throws {
        for record in sheet.records { try insert(record) }
        try sheet.save(to: cache(AccountCache.self))
        for hold in sheet.endedHolds { try save(hold) }
    }
}
