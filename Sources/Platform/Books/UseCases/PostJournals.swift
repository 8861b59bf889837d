import Basics
import Identity
import Ledger
import Store

extension Books {
    /// Posts journals in their order. What is wrong with one in itself was found by `check`; an
    /// element that it refused is refused here with the same words.
    func post(_ bodies: [JournalBody], by actor: String, in tx: Transaction) throws
        -> [Result<PostedJournal, Problem>]
    {
        let elements = bodies.map { body in
            BatchElement(
                Result { () throws(Problem) in
                    try body.check(self)
                    return body.journal(by: actor)
                }, isLinked: body.linked ?? false)
        }
        return try tx.post(elements, opens: opens(tx))
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
