import Basics
import Identity
import Ledger
import Store

extension JournalBody {
    /// What the ledger is asked for: the journal, or what is wrong with it in itself.
    func element(_ books: Books, by actor: String) -> BatchElement {
        BatchElement(
            Result { () throws(Problem) in
                try check(books)
                return journal(by: actor)
            }, isLinked: linked ?? false)
    }
}

extension Books {
    /// Posts journals in their order; an element that is wrong in itself is refused with what is
    /// wrong.
    func post(_ elements: [BatchElement], in tx: Transaction) throws
        -> [Result<PostedJournal, Problem>]
    {
        try tx.post(elements, opens: opens(tx))
    }

    /// Whether an account that does not exist yet is made by posting to it.
    func opens(_ snapshot: Snapshot) -> (AccountAddress) throws -> Bool {
        { address in
            switch address.use {
            case .house: true
            case .wallet(let member): try snapshot.profile(of: member) != nil
            case .free, .guarded, .unknown: false
            }
        }
    }
}

extension BatchBody {
    /// What is wrong with the batch as a whole.
    func check() throws(Problem) {
        guard !batch.isEmpty else { throw .batchEmpty }
        let transfers = batch.reduce(0) { $0 + $1.transfers.count }
        guard batch.count <= Self.longest, transfers <= Self.mostTransfers else {
            throw .batchTooLong
        }
    }
}
