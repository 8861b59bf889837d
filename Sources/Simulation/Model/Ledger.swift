/// A journal that somebody outside has posted, or that undoes one.
struct ForeignJournal: Equatable {
    var transfers: [Books.Transfer]
    var undone = 0
    var isReversal = false

    var total: Int { transfers.reduce(0) { $0 + $1.amount } }
}

/// The ledger as bookkeepers and other programs use it.
extension Model {
    /// Opened when the run begins: `world` may be overdrawn, `dollars` is in another currency.
    static let outside = ["world", "a", "b", "dollars"].map { "ext:{space}:\($0)" }
    /// Never opened.
    static let nobody = "ext:{space}:nobody"
    static let uncollected = "ext:uncollected:CNY"

    /// Accounts that cannot be posted to by name.
    private func isGuarded(_ account: String) -> Bool {
        account.hasSuffix(":held") || account.hasPrefix("order:")
            || [Self.promised, Self.unapplied, Self.suspense].contains(account)
    }

    /// What is wrong with transfers whatever the accounts hold.
    func checkTransfers(_ transfers: [Books.Transfer]) throws(Refusal) {
        for transfer in transfers {
            guard transfer.amount > 0 else { throw .rule("amount-not-positive") }
            guard transfer.from != transfer.to else { throw Refusal(400, "same-account") }
            guard !isGuarded(transfer.from), !isGuarded(transfer.to) else {
                throw .rule("account-guarded")
            }
        }
    }

    /// What is wrong with a journal whatever the accounts hold.
    func checkJournal(_ transfers: [Books.Transfer]) throws(Refusal) {
        guard !transfers.isEmpty else { throw .rule("journal-empty") }
        try checkTransfers(transfers)
    }

    private func checkAccounts(_ transfers: [Books.Transfer]) throws(Refusal) {
        let named = transfers.flatMap { [$0.from, $0.to] }
        guard !named.contains(Self.nobody) else {
            throw Refusal(404, "account-not-found")
        }
        guard !named.contains("ext:{space}:dollars") else { throw .rule("currency-mismatch") }
    }

    mutating func postForeign(_ transfers: [Books.Transfer]) throws(Refusal) -> Reply {
        try checkAccounts(transfers)
        try books.post("entry", transfers)
        journals.append(ForeignJournal(transfers: transfers))
        return Reply(
            201, [("id", .text("{journal \(journals.count - 1)}")), ("reversed", .int(0))])
    }

    /// Undoes what is left of a journal, or an amount of it (ledger case 18).
    mutating func reverse(_ number: Int, amount: Int?, isForced: Bool) throws(Refusal) -> Reply {
        let original = journals[number]
        guard !original.isReversal else { throw .rule("journal-not-reversible") }
        let left = original.total - original.undone
        guard left > 0 else { throw .conflict("already-reversed") }
        if let amount {
            guard original.transfers.count == 1 else { throw .rule("reversal-not-partial") }
            guard amount <= left else {
                throw .conflict("exceeds-reversible", [("left", .int(left))])
            }
        }
        let part = amount ?? left
        var transfers = original.transfers.reversed().map {
            Books.Transfer(
                from: $0.to, to: $0.from, amount: original.transfers.count == 1 ? part : $0.amount)
        }
        if isForced { transfers = covered(transfers) }
        try books.post("reversal", transfers)
        journals[number].undone += part
        journals.append(ForeignJournal(transfers: transfers, isReversal: true))
        return Reply(201, [("id", .text("{journal \(journals.count - 1)}"))])
    }

    /// What an account cannot give comes from the account of what is to be collected.
    private func covered(_ transfers: [Books.Transfer]) -> [Books.Transfer] {
        var moved: [String: Int] = [:]
        return transfers.flatMap { transfer -> [Books.Transfer] in
            let has = books.balance(transfer.from) + (moved[transfer.from] ?? 0)
            let gives =
                books.floor(transfer.from).map { min(transfer.amount, max(0, has - $0)) }
                ?? transfer.amount
            moved[transfer.from, default: 0] -= gives
            moved[transfer.to, default: 0] += transfer.amount
            return [
                Books.Transfer(from: transfer.from, to: transfer.to, amount: gives),
                Books.Transfer(
                    from: Self.uncollected, to: transfer.to, amount: transfer.amount - gives),
            ].filter { $0.amount > 0 }
        }
    }

    mutating func hold(_ transfer: Books.Transfer, for seconds: Int?) throws(Refusal) -> Reply {
        try checkAccounts([transfer])
        try books.post(
            "hold",
            [.init(from: transfer.from, to: Books.held(transfer.from), amount: transfer.amount)])
        let end = seconds.map { now + .seconds($0) }
        // After a while Kontor has to read who asks, which takes the first microsecond.
        if let end { blurred.insert(end) }
        holds.append(
            Books.Hold(
                source: transfer.from, target: transfer.to, amount: transfer.amount,
                expiresAt: end))
        return Reply(
            201, [("id", .text("{hold \(holds.count - 1)}"))] + holdFields(holds.count - 1))
    }

    func holdFields(_ number: Int) -> [(String, Reply.Value)] {
        let hold = holds[number]
        return [
            ("status", .text(hold.state)), ("amount", .int(hold.amount)),
            ("captured", .int(hold.captured)),
            ("expiresAt", hold.expiresAt.map { .time($0) } ?? .nothing),
        ]
    }

    private func openHold(_ number: Int) throws(Refusal) -> Books.Hold {
        switch holds[number].state {
        case "captured": throw .conflict("hold-already-captured")
        case "released": throw .conflict("hold-already-released")
        case "expired": throw .conflict("hold-expired")
        default: return holds[number]
        }
    }

    /// Takes all of a hold or a part of it; the rest comes back (ledger case 10).
    mutating func capture(_ number: Int, amount: Int?) throws(Refusal) -> Reply {
        let hold = try openHold(number)
        let part = amount ?? hold.amount
        guard part <= hold.amount else { throw .rule("exceeds-hold") }
        let held = Books.held(hold.source)
        let transfers = [
            Books.Transfer(from: held, to: hold.target ?? "", amount: part),
            Books.Transfer(from: held, to: hold.source, amount: hold.amount - part),
        ]
        try books.post(
            "hold-capture", transfers.filter { $0.amount > 0 }, returning: hold.source)
        holds[number].state = "captured"
        holds[number].captured = part
        return Reply(200, holdFields(number))
    }

    mutating func release(_ number: Int) throws(Refusal) -> Reply {
        let hold = try openHold(number)
        try books.post(
            "hold-release",
            [.init(from: Books.held(hold.source), to: hold.source, amount: hold.amount)],
            returning: hold.source)
        holds[number].state = "released"
        return Reply(200, holdFields(number))
    }

    mutating func freeze(_ account: String, _ isFrozen: Bool) throws(Refusal) -> Reply {
        guard account.hasPrefix("ext:") || account.hasSuffix(":available") else {
            throw .rule("account-guarded")
        }
        guard account != Self.nobody else { throw Refusal(404, "account-not-found") }
        if isFrozen { books.frozen.insert(account) } else { books.frozen.remove(account) }
        return Reply(200, [("frozen", .flag(isFrozen)), ("balance", .int(books.balance(account)))])
    }
}
