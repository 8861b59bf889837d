/// What payers, gateways and bookkeepers do.
extension Chooser {
    /// Money comes, or is said to come.
    mutating func payment(in model: Model) -> Step.Action? {
        if random.chance(25) {
            let amount = random.weighted([
                (6, random.among(1...60_000)), (3, random.among(500_000...2_000_000)), (1, 0),
                (1, -5),
                (1, 10_000_001),
            ])
            return send(
                .topUp(
                    member: random.below(model.members), amount: amount,
                    gateway: random.chance(97) ? "alipay" : "wechatpay",
                    channel: random.chance(97) ? "page" : "app"))
        }
        let open = model.attempts.indices.suffix(12).filter { model.attempts[$0].isUnsettled }
        let pool = random.chance(85) ? Array(open) : Array(model.attempts.indices.suffix(12))
        guard let attempt = random.pick(pool) else { return nil }
        switch model.gateway.trades[attempt]?.state {
        case nil where random.chance(90): return .openCashier(attempt: attempt)
        case .waiting? where random.chance(90):
            let wrong = random.chance(6) ? random.pick([-1, 1, 500]) ?? 0 : 0
            return .pay(attempt: attempt, amount: max(0, model.attempts[attempt].amount + wrong))
        case .paid(let amount)? where random.chance(90):
            return .notify(attempt: attempt, .paid(amount: amount))
        default: return .notify(attempt: attempt, strangeNotice(of: attempt, in: model))
        }
    }

    private mutating func strangeNotice(of attempt: Int, in model: Model) -> Step.Notice {
        switch random.below(4) {
        case 0: .forged
        case 1: .foreign
        case 2: .unknownTrade
        default:
            .paid(amount: max(0, model.attempts[attempt].amount + (random.pick([-1, 1, 0]) ?? 0)))
        }
    }

    /// What comes after a payment.
    mutating func afterwards(in model: Model) -> Step.Action? {
        switch random.below(10) {
        case 0...1:
            let waiting = model.attempts.indices.filter { model.attempts[$0].state == .needsReview }
            let pool = random.chance(95) ? Array(waiting) : Array(model.attempts.indices.suffix(5))
            return send(
                random.pick(pool).map { .decideReceipt(attempt: $0, credit: random.chance(50)) })
        case 2...3:
            let sent = model.refunds.indices.filter { model.refunds[$0].state != .requested }
            let failed = sent.filter { model.refunds[$0].state == .failed }
            let pool = random.chance(95) ? failed : Array(sent)
            return send(
                random.pick(pool).map { .decideRefund(refund: $0, credit: random.chance(40)) })
        default: return send(refund(in: model))
        }
    }

    private mutating func refund(in model: Model) -> Command? {
        let paid = model.orders.indices.filter {
            [.completed, .partiallyRefunded].contains(model.orders[$0].state)
        }
        let pool = random.chance(88) ? Array(paid) : Array(model.orders.indices)
        guard let number = random.pick(pool) else { return nil }
        let order = model.orders[number]
        let reason = random.chance(3) ? "" : "changed their mind"
        if random.chance(50) {
            var lines = order.lines.filter { _ in random.chance(50) }
            if lines.isEmpty, random.chance(90) { lines = [order.lines.lowerBound] }
            if random.chance(5) { lines.append(random.below(model.lines.count)) }
            let amount = random.chance(3) ? 5 : nil
            return .refund(order: number, lines: lines, amount: amount, reason: reason)
        }
        let left = order.price.total - order.refunded
        let amount = random.weighted([
            (5, random.among(1...max(1, left))), (2, left), (1, left + 1), (1, 0),
        ])
        return .refund(order: number, lines: nil, amount: amount, reason: reason)
    }

    /// What bookkeepers and other programs do with the ledger.
    mutating func bookkeeping(in model: Model) -> Step.Action? {
        switch random.below(15) {
        case 12...14: return send(.postBatch(batch(in: model)))
        case 0...3:
            var transfers = (0..<random.among(1...3)).map { _ in transfer(in: model) }
            if random.chance(2) { transfers = [] }
            return send(.post(transfers))
        case 4...5:
            let journal = random.pick(Array(model.journals.indices.suffix(8)))
            let part = random.chance(50) ? nil : amount()
            let isForced = random.chance(30)
            return send(journal.map { .reverse(journal: $0, amount: part, isForced: isForced) })
        case 6...7:
            let seconds = random.weighted([
                (4, random.among(1...4_000)), (4, nil), (1, 0), (1, -3),
            ])
            return send(.hold(transfer(in: model), seconds: seconds))
        case 8...9: return send(end(in: model))
        default:
            let frozen = model.books.frozen.sorted()
            if let account = random.pick(frozen), random.chance(85) {
                return send(.freeze(account: account, false))
            }
            return random.chance(25)
                ? send(.freeze(account: account(in: model), !random.chance(20))) : nil
        }
    }

    private mutating func batch(in model: Model) -> [BatchElement] {
        guard !random.chance(2) else { return [] }
        var batch = (0..<random.among(1...6)).map { _ in
            let transfers = (0..<random.among(1...2)).map { _ in transfer(in: model) }
            return BatchElement(
                transfers: random.chance(3) ? [] : transfers, isLinked: random.chance(45))
        }
        batch[batch.count - 1].isLinked = random.chance(6)
        return batch
    }

    private mutating func end(in model: Model) -> Command? {
        let open = model.holds.indices.filter { model.holds[$0].state == "open" }
        let pool = random.chance(80) ? Array(open) : Array(model.holds.indices)
        guard let hold = random.pick(pool) else { return nil }
        if random.chance(35) { return .release(hold: hold) }
        let most = model.holds[hold].amount
        let part = random.weighted([
            (4, nil), (4, random.among(1...most)), (1, most + 1), (1, 0),
        ])
        return .capture(hold: hold, amount: part)
    }

    private mutating func amount() -> Int {
        random.chance(3) ? random.pick([0, -1]) ?? 0 : random.among(1...30_000)
    }

    private mutating func transfer(in model: Model) -> Books.Transfer {
        let from = random.chance(50) ? Model.outside[0] : account(in: model)
        var to = account(in: model)
        if to == from, !random.chance(10) { to = Books.available(random.below(model.members)) }
        return Books.Transfer(from: from, to: to, amount: amount())
    }

    private mutating func account(in model: Model) -> String {
        switch random.below(20) {
        case 0...4: return Model.outside[1]
        case 5...9: return Model.outside[2]
        case 10...11: return Model.outside[0]
        case 12...16: return Books.available(random.below(model.members))
        case 17: return random.chance(40) ? Model.outside[3] : "expense:promotions"
        case 18: return Model.nobody
        default: return Model.promised
        }
    }
}
