/// Several journals in one request.
struct BatchElement: Equatable {
    var transfers: [Books.Transfer]
    /// Stands or falls with the next.
    var isLinked = false
}

extension Model {
    /// Posts each by itself and a chain of linked ones as one (ledger case 13).
    mutating func post(_ batch: [BatchElement]) -> Reply {
        var fields: [(String, Reply.Value)] = [("results", .count(batch.count))]
        var place = 0
        for chain in chains(of: batch) {
            for result in enter(chain) {
                fields += self.fields(of: result).map { ("results.\(place).\($0.0)", $0.1) }
                place += 1
            }
        }
        return Reply(201, fields)
    }

    private func chains(of batch: [BatchElement]) -> [[BatchElement]] {
        var chains: [[BatchElement]] = []
        for (index, element) in batch.enumerated() {
            if index > 0, batch[index - 1].isLinked {
                chains[chains.count - 1].append(element)
            } else {
                chains.append([element])
            }
        }
        return chains
    }

    /// - Returns: the number of the journal of each, or what it is refused for.
    private mutating func enter(_ chain: [BatchElement]) -> [Result<Int, Refusal>] {
        func refused(_ fault: Int, _ refusal: Refusal) -> [Result<Int, Refusal>] {
            chain.indices.map { .failure($0 == fault ? refusal : .conflict("linked-failed")) }
        }
        guard chain.last?.isLinked == false else {
            return refused(chain.count - 1, .rule("linked-chain-open"))
        }
        let first = journals.count
        var next = self
        for (index, element) in chain.enumerated() {
            do throws(Refusal) {
                try next.checkJournal(element.transfers)
                _ = try next.postForeign(element.transfers)
            } catch {
                return refused(index, error)
            }
        }
        self = next
        return chain.indices.map { .success(first + $0) }
    }

    private func fields(of result: Result<Int, Refusal>) -> [(String, Reply.Value)] {
        switch result {
        case .success(let journal):
            [("status", .text("posted")), ("journal.id", .text("{journal \(journal)}"))]
        case .failure(let refusal):
            [
                ("status", .text("refused")), ("problem.status", .int(refusal.reply.status)),
                ("problem.code", .text(refusal.reply.code ?? "")),
            ] + refusal.reply.fields.map { ("problem.\($0.place)", $0.value) }
        }
    }
}
