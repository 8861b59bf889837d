import Basics
import Money
import Store

/// An element of a batch: a journal, or why it cannot be one.
package struct BatchElement: Sendable {
    package var journal: Result<Journal, Problem>
    /// Stands or falls with the next element.
    package var isLinked: Bool

    package init(_ journal: Result<Journal, Problem>, isLinked: Bool = false) {
        self.journal = journal
        self.isLinked = isLinked
    }
}

extension Transaction {
    /// Posts journals in their order, each by itself and a chain of linked ones as one: an element
    /// that is refused leaves the others as if it had never come (ledger case 13).
    ///
    /// - Parameter opens: whether an account that does not exist is made by posting to it.
    /// - Returns: for each element what was posted, or the refusal in the order that
    ///   `Refusals.swift` documents. Of a chain, the first element at fault says why, the others
    ///   say `linked-failed`.
    package func post(
        _ batch: [BatchElement], opens: (AccountAddress) throws -> Bool
    ) throws -> [Result<PostedJournal, Problem>] {
        var batch = batch
        let known = try makeAccounts(for: &batch, opens: opens)
        var sheet = Sheet(now: now, room: known.count)
        try lockAccounts(known, currency: .cny, on: &sheet)
        try sweepExpiredHolds(in: &sheet)
        let results = try chains(of: batch).flatMap { try sheet.enter($0) }
        try save(sheet)
        return results
    }

    /// Finds the accounts of a batch and makes those that may be made; an element that names
    /// another fails.
    private func makeAccounts(
        for batch: inout [BatchElement], opens: (AccountAddress) throws -> Bool
    ) throws -> Set<AccountAddress> {
        for index in batch.indices {
            batch[index].journal = batch[index].journal.flatMap { journal in
                Result { () throws(Problem) in
                    try journal.check()
                    return journal
                }
            }
        }
        let wanted = batch.reduce(into: Set<AccountAddress>()) { all, element in
            if case .success(let journal) = element.journal { all.formUnion(journal.addresses) }
        }
        var known = try existing(wanted)
        for index in batch.indices {
            guard case .success(let journal) = batch[index].journal else { continue }
            let missing = journal.addressesInOrder.filter { !known.contains($0) }
            do {
                try makeAccounts(missing, currency: journal.currency, opens: opens)
                known.formUnion(missing)
            } catch let problem as Problem {
                batch[index].journal = .failure(problem)
            }
        }
        return known
    }

    /// - Throws: `account-not-found` for the first that may not be made; none is made then.
    private func makeAccounts(
        _ missing: [AccountAddress], currency: Currency, opens: (AccountAddress) throws -> Bool
    ) throws {
        if let stranger = try missing.first(where: { try !opens($0) }) {
            throw Problem.accountNotFound(stranger)
        }
        for address in missing {
            try insertAccount(address, currency: currency, floor: address.floor)
        }
    }

    /// Sees to it that accounts exist and are in a currency, as a posting between them would.
    ///
    /// - Throws: `account-not-found`, `currency-mismatch`.
    package func require(
        _ addresses: [AccountAddress], currency: Currency, opens: (AccountAddress) throws -> Bool
    ) throws {
        let found = try accounts(addresses)
        let known = Set(found.map(\.address))
        try makeAccounts(
            addresses.filter { !known.contains($0) }, currency: currency, opens: opens)
        guard found.allSatisfy({ $0.currency == currency }) else { throw Problem.currencyMismatch }
    }

    private func chains(of batch: [BatchElement]) -> [[BatchElement]] {
        var chains: [[BatchElement]] = []
        var isOpen = false
        for element in batch {
            if isOpen { chains[chains.count - 1].append(element) } else { chains.append([element]) }
            isOpen = element.isLinked
        }
        return chains
    }
}

extension Journal {
    /// As they are named, posting by posting.
    fileprivate var addressesInOrder: [AccountAddress] {
        postings.flatMap { [$0.debit, $0.credit] }
    }
}

extension Sheet {
    /// Makes all of a chain happen or nothing of it.
    fileprivate mutating func enter(_ chain: [BatchElement]) throws
        -> [Result<PostedJournal, Problem>]
    {
        guard chain.last?.isLinked == false else {
            return chain.indices.map {
                .failure($0 == chain.count - 1 ? .linkedChainOpen : .linkedFailed)
            }
        }
        let addresses = chain.reduce(into: Set<AccountAddress>()) { all, element in
            if case .success(let journal) = element.journal { all.formUnion(journal.addresses) }
        }
        var posted: [PostedJournal] = []
        do {
            try attempt(addresses) { sheet in
                for element in chain { posted.append(try sheet.enter(try element.journal.get())) }
            }
            return posted.map { .success($0) }
        } catch let problem as Problem {
            // As many as were posted came before the one at fault.
            return chain.indices.map { .failure($0 == posted.count ? problem : .linkedFailed) }
        }
    }

    private mutating func enter(_ journal: Journal) throws -> PostedJournal {
        try checkCurrency(journal.currency, of: journal.addresses)
        let id: JournalID = try enter(journal)
        return PostedJournal(id: id, at: records.last?.at ?? now, journal: journal)
    }
}
