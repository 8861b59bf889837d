import Basics
import Money
import Store

/// A part of what lies in a `held` account: whose it is, what for, and until when.
package struct Hold: Entity, Hashable, Sendable {
    package static let prefix = "hld"

    package enum Status: String, SQLText, Codable, CaseIterable, Sendable {
        case open, captured, released, expired
    }

    package let id: ID<Hold>
    /// Where the money came from and goes back to.
    package let source: AccountAddress
    /// Where it lies meanwhile.
    package let held: AccountAddress
    /// Where it is meant to go, if that is known from the beginning: a hold from outside.
    package let target: AccountAddress?
    package let currency: Currency
    package let amount: Amount
    package let reference: String
    package let journal: JournalID
    package let placedAt: Instant
    /// It ends at this instant, whether or not anything has been written by then.
    package let expiresAt: Instant?
    package var status: Status
    package var captured: Amount
    package var endedAt: Instant?
}

extension Hold {
    /// The status as it is at an instant; a due hold is over though nobody has swept it.
    package func status(at instant: Instant) -> Status {
        guard status == .open, let expiresAt, expiresAt <= instant else { return status }
        return .expired
    }

    func checkOpen(at instant: Instant) throws(Problem) {
        switch status(at: instant) {
        case .open: return
        case .captured: throw .holdAlreadyCaptured
        case .released: throw .holdAlreadyReleased
        case .expired: throw .holdExpired
        }
    }

    mutating func end(_ status: Status, captured: Amount = .zero, at instant: Instant) {
        self.status = status
        self.captured = captured
        endedAt = instant
    }

    /// The shares go where they are wanted and the rest goes back, at once.
    func captureJournal(_ shares: [CaptureShare], reference: String, actor: String?)
        throws(Problem) -> Journal
    {
        let rest = try amount.subtracting(try shares.map(\.amount).total())
        guard rest >= .zero else { throw .exceedsHold }
        var postings = shares.map { Posting(debit: held, credit: $0.to, amount: $0.amount) }
        if rest.isPositive { postings.append(Posting(debit: held, credit: source, amount: rest)) }
        return Journal(
            kind: "hold-capture", reference: reference, actor: actor, currency: currency,
            postings: postings)
    }

    /// Everything goes back.
    func returnJournal(kind: String, reference: String, actor: String? = nil, at: Instant? = nil)
        -> Journal
    {
        Journal(
            kind: kind, reference: reference, actor: actor, effectiveAt: at, currency: currency,
            postings: [Posting(debit: held, credit: source, amount: amount)])
    }
}

/// Where a part of a captured hold goes.
package typealias CaptureShare = (to: AccountAddress, amount: Amount)
