import Basics
import Money
import Store

extension Transaction {
    /// Sets money aside: moves it from an account into a `held` one and notes what for.
    ///
    /// - Parameters:
    ///   - reference: what the money is held for; one hold of Kontor's own for a reference, ever.
    ///   - target: where a hold from outside is meant to go; nil for Kontor's own.
    ///   - expiresAt: when it goes back by itself; nil if something else ends it.
    /// - Throws: as `post`, and `expiry-not-in-future`.
    package func placeHold(
        from source: AccountAddress, into held: AccountAddress, amount: Amount, reference: String,
        expiresAt: Instant? = nil, currency: Currency = .cny, target: AccountAddress? = nil,
        actor: String? = nil, memo: String? = nil
    ) throws -> ID<Hold> {
        let journal = Journal(
            kind: "hold", reference: reference, isForeign: target != nil, actor: actor, memo: memo,
            currency: currency,
            postings: [Posting(debit: source, credit: held, amount: amount)])
        try journal.check()
        if let expiresAt, expiresAt <= now { throw Problem.expiryNotInFuture }
        var sheet = try openSheet(journal.parties, currency: currency)
        let journalID = try enter(journal, in: &sheet)
        let hold = Hold(
            id: .make(), source: source, held: held, target: target, currency: currency,
            amount: amount,
            reference: reference, journal: journalID, placedAt: now, expiresAt: expiresAt,
            status: .open, captured: .zero, endedAt: nil)
        if let expiresAt {
            sheet.expect(expiry: expiresAt, of: source)
            sheet.expect(expiry: expiresAt, of: held)
        }
        try save(sheet)
        try insert(hold)
        return hold.id
    }

    /// Takes all of a hold or a part of it, for one receiver or several; the rest goes back to
    /// where it came from in the same journal. A hold is captured once.
    ///
    /// - Throws: `LedgerError.duplicate`; a `Problem` in the order that `Refusals.swift` documents.
    @discardableResult
    package func captureHold(
        _ id: ID<Hold>, _ shares: [CaptureShare], reference: String, actor: String? = nil
    ) throws -> JournalID {
        guard !shares.isEmpty, shares.allSatisfy(\.amount.isPositive) else {
            throw Problem.amountNotPositive
        }
        let captured = try shares.map(\.amount).total()
        return try endHold(id, .captured, captured: captured) {
            try $0.captureJournal(shares, reference: reference, actor: actor)
        }
    }

    /// Gives all of a hold back.
    ///
    /// - Throws: `LedgerError.duplicate`; a `Problem` in the order that `Refusals.swift` documents.
    @discardableResult
    package func releaseHold(_ id: ID<Hold>, reference: String, actor: String? = nil) throws
        -> JournalID
    {
        try endHold(id, .released) {
            $0.returnJournal(kind: "hold-release", reference: reference, actor: actor)
        }
    }

    private func endHold(
        _ id: ID<Hold>, _ status: Hold.Status, captured: Amount = .zero,
        _ journal: (Hold) throws -> Journal
    ) throws -> JournalID {
        // Holds are locked after accounts, as a sweep does; which accounts they are never changes.
        guard let hold = try self.hold(id) else { throw Problem.holdNotFound }
        try hold.checkOpen(at: now)
        let wanted = try journal(hold)
        try wanted.check()
        var sheet = try openSheet(wanted.parties, currency: hold.currency)
        guard var locked = try lockHold(id) else { throw Problem.holdNotFound }
        try locked.value.checkOpen(at: now)
        let journalID = try enter(wanted, in: &sheet, returning: hold.source)
        locked.value.end(status, captured: captured, at: now)
        sheet.end(locked)
        try save(sheet)
        return journalID
    }

    /// Gives back what is due in the accounts of a sheet. Each expiry is a journal that counts from
    /// the instant at which the hold ended.
    func sweepExpiredHolds(in sheet: inout Sheet) throws {
        let addresses = sheet.dueAddresses
        guard !addresses.isEmpty else { return }
        for var hold in try lockDueHolds(addresses) {
            let partners = [hold.source, hold.held].filter { !sheet.contains($0) }
            if !partners.isEmpty {
                try lockAccounts(partners, currency: hold.currency, on: &sheet)
            }
            try sheet.enter(
                hold.value.returnJournal(
                    kind: "hold-expiry", reference: hold.id.description, at: hold.expiresAt),
                returning: hold.source)
            hold.value.end(.expired, at: now)
            sheet.end(hold)
        }
        for address in addresses {
            sheet.setNextExpiry(try nextExpiry(of: address), of: address)
        }
    }
}
