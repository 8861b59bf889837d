import Basics
import Ledger
import Money
import Web

struct TransferBody: Codable, Sendable {
    var debit: AccountAddress
    var credit: AccountAddress
    var amount: Amount
}

/// A journal as it is asked for.
struct JournalBody: Codable, Sendable {
    var kind: JournalKind
    /// `CNY` unless told.
    var currency: CurrencyCode?
    /// `cash` unless told.
    var ledger: Book?
    var reference: Reference
    /// When it counts from, if that is not now.
    var effectiveAt: Instant?
    var transfers: [TransferBody]
    var memo: Memo?
    /// In a batch: stands or falls with the next.
    var linked: Bool?
}

/// Several journals, each by itself or linked with the next.
struct BatchBody: Codable, Sendable, Marked {
    static let mark = "batch"
    static let longest = 500
    static let mostTransfers = 1_000

    var batch: [JournalBody]
}

extension JournalBody {
    static let mostTransfers = 200

    /// The same with every default written out: what two requests are compared by.
    var complete: JournalBody {
        var copy = self
        copy.currency = currency ?? .cny
        copy.ledger = ledger ?? .cash
        copy.linked = linked ?? false
        return copy
    }

    func journal(by actor: String) -> Journal {
        Journal(
            kind: kind.text, reference: reference.text, isForeign: true, actor: actor,
            memo: memo?.text, effectiveAt: effectiveAt, currency: (currency ?? .cny).currency,
            postings: transfers.map {
                Posting(debit: $0.debit, credit: $0.credit, amount: $0.amount)
            })
    }

    /// What is wrong with it whatever the accounts hold; such a refusal uses up no key.
    func check(_ books: Books) throws(Problem) {
        guard !Journal.ownKinds.contains(kind.text) else { throw .kindReserved }
        guard !transfers.isEmpty else { throw Problem.emptyJournal.at("/transfers") }
        guard transfers.count <= Self.mostTransfers else { throw .journalTooLong }
        for (index, transfer) in transfers.enumerated() {
            try transfer.check(
                books, ledger ?? .cash, (currency ?? .cny).currency, at: "/transfers/\(index)")
        }
    }
}

extension TransferBody {
    /// In the documented order: the amount, the two sides, each side by itself.
    func check(_ books: Books, _ ledger: Book, _ currency: Currency, at place: String = "")
        throws(Problem)
    {
        guard amount.isPositive else { throw Problem.amountNotPositive.at("\(place)/amount") }
        guard debit != credit else { throw Problem.sameAccount.at("\(place)/credit") }
        for (address, side) in [(debit, "debit"), (credit, "credit")] {
            do throws(Problem) {
                guard address.book == ledger else { throw Problem.ledgerMismatch }
                try books.checkUse(of: address, currency)
            } catch {
                throw error.at("\(place)/\(side)")
            }
        }
    }
}

extension Books {
    /// Whether somebody outside may post to an account, by its name alone. The house's own accounts
    /// and those of members are in the currency of the house.
    func checkUse(of address: AccountAddress, _ currency: Currency) throws(Problem) {
        guard !guarded.contains(address) else { throw .accountGuarded }
        switch address.use {
        case .guarded: throw .accountGuarded
        case .house, .wallet: guard currency == .cny else { throw .currencyMismatch }
        case .free, .unknown: break
        }
    }
}
