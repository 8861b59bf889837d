/// What an operator gave back of an order.
struct OrderRefund: Equatable {
    var order: Int
    var wallet: Int
    var gateway: Int
    /// Of the gateway's part.
    var gatewayRefund: Int?
}

/// Money on its way back through the gateway.
struct GatewayRefund: Equatable {
    enum State: String { case requested, succeeded, failed, unknown, credited }
    enum Origin: String { case business, late, duplicate, review }

    var attempt: Int
    var amount: Int
    var origin: Origin
    var createdAt: Int
    var state = State.requested

    /// Where it is owed until it is through.
    var liability: String {
        switch origin {
        case .business: Model.promised
        case .late, .duplicate: Model.unapplied
        case .review: Model.suspense
        }
    }
}

extension Model {
    mutating func promiseRefund(of attempt: Int, _ amount: Int, _ origin: GatewayRefund.Origin) {
        refunds.append(
            GatewayRefund(attempt: attempt, amount: amount, origin: origin, createdAt: now))
        jobs.schedule(.sendRefund, refunds.count - 1, at: now)
    }

    mutating func sendRefund(_ number: Int) {
        let refund = refunds[number]
        jobs.drop(.sendRefund, number)
        guard refund.state == .requested || refund.state == .unknown else { return }
        switch gateway.refund(refund.attempt, number: number, refund.amount) {
        case .succeeded:
            refunds[number].state = .succeeded
            book("refund-paid", refund.liability, Self.receivable, refund.amount)
        case .refused: refunds[number].state = .failed
        default:
            refunds[number].state = .unknown
            // Soon at first, then more and more rarely.
            jobs.schedule(.sendRefund, number, at: now + patience(since: refund.createdAt))
        }
    }

    /// Gives back whole lines, or a sum taken from the lines in their order (commerce D7, D11).
    mutating func refund(_ number: Int, lines wanted: [Int]?, amount: Int?, reason: String)
        throws(Refusal) -> Reply
    {
        guard !reason.isEmpty else { throw .rule("reason-required") }
        let order = orders[number]
        switch order.state {
        case .refunded: throw .conflict("already-refunded")
        case .completed, .partiallyRefunded: break
        default: throw .conflict("order-not-refundable")
        }
        var shares: [(line: Int, amount: Int)]
        if let wanted {
            shares = try sharesOf(wanted, in: order)
        } else {
            shares = try sharesOf(sum: amount ?? 0, in: order)
        }
        shares.sort { $0.line < $1.line }
        var back = OrderRefund(order: number, wallet: 0, gateway: 0)
        var ended: [Int] = []
        for (line, amount) in shares {
            // All that ever went back is split as a whole, so that many refunds end where one would.
            let was = lines[line]
            let parts = split(
                was.backWallet + was.backGateway + amount, over: [was.wallet, was.gateway])
            back.wallet += parts[0] - was.backWallet
            back.gateway += parts[1] - was.backGateway
            (lines[line].backWallet, lines[line].backGateway) = (parts[0], parts[1])
            if lines[line].left == 0 {
                lines[line].isBack = true
                ended.append(line)
            }
        }
        try settle(back, ended)
        return Reply(
            201,
            [("id", .text("{orderRefund \(orderRefunds.count - 1)}"))]
                + refundFields(orderRefunds.count - 1))
    }

    private func sharesOf(_ wanted: [Int], in order: Order) throws(Refusal) -> [(Int, Int)] {
        guard !wanted.isEmpty else { throw .rule("refund-lines-missing") }
        var seen: Set<Int> = []
        for line in wanted {
            guard seen.insert(line).inserted else { throw .rule("refund-line-twice") }
            guard order.lines.contains(line) else { throw .rule("refund-line-unknown") }
            guard !lines[line].isBack else { throw .conflict("already-refunded") }
        }
        return wanted.map { ($0, lines[$0].left) }
    }

    private func sharesOf(sum: Int, in order: Order) throws(Refusal) -> [(Int, Int)] {
        guard sum > 0 else { throw .rule("refund-amount-not-positive") }
        let open = order.lines.filter { !lines[$0].isBack }
        let most = open.reduce(0) { $0 + lines[$1].left }
        guard sum <= most else {
            throw .conflict("refund-exceeds-remaining", [("remaining", .int(most))])
        }
        var rest = sum
        var shares: [(Int, Int)] = []
        for line in open {
            let part = min(rest, lines[line].left)
            rest -= part
            if part > 0 || sum == most { shares.append((line, part)) }
        }
        return shares
    }

    /// Books a refund and ends what it ends.
    private mutating func settle(_ back: OrderRefund, _ ended: [Int]) throws(Refusal) {
        let order = orders[back.order]
        let isAll = order.lines.allSatisfy { lines[$0].isBack }
        for coupon in ended.compactMap({ lines[$0].coupon }) { giveBack(coupon) }
        if isAll, let coupon = order.coupon { giveBack(coupon) }
        var back = back
        if back.gateway > 0 {
            let paid = attempts(of: .order(back.order)).first { attempts[$0].fate == .settled }
            promiseRefund(of: paid ?? 0, back.gateway, .business)
            back.gatewayRefund = refunds.count - 1
        }
        let transfers = [
            Books.Transfer(
                from: Self.revenue, to: Books.available(order.member), amount: back.wallet),
            Books.Transfer(from: Self.revenue, to: Self.promised, amount: back.gateway),
        ].filter { $0.amount > 0 }
        if !transfers.isEmpty { try books.post("order-refund", transfers) }
        orderRefunds.append(back)
        orders[back.order].refunded += back.wallet + back.gateway
        orders[back.order].state = isAll ? .refunded : .partiallyRefunded
        for index in grants.indices where ended.contains(grants[index].line) {
            grants[index].isRevoked = true
        }
    }

    func refundFields(_ number: Int) -> [(String, Reply.Value)] {
        let refund = orderRefunds[number]
        let state = refund.gatewayRefund.map { refunds[$0].state } ?? .succeeded
        return [
            ("amount", .int(refund.wallet + refund.gateway)), ("wallet", .int(refund.wallet)),
            ("gateway", .int(refund.gateway)), ("status", .text(state.rawValue)),
        ]
    }

    /// A person decides about a refund that the gateway refuses.
    mutating func decideRefund(_ number: Int, credit: Bool) throws(Refusal) -> Reply {
        guard refunds[number].state == .failed else { throw .conflict("refund-not-failed") }
        let refund = refunds[number]
        if credit {
            let member = intent(attempts[refund.attempt].subject)?.member ?? 0
            try books.post(
                "refund-credited",
                [
                    .init(
                        from: refund.liability, to: Books.available(member), amount: refund.amount)
                ])
            refunds[number].state = .credited
        } else {
            refunds[number].state = .requested
            jobs.schedule(.sendRefund, number, at: now)
        }
        return Reply(200, [("status", .text(refunds[number].state.rawValue))])
    }

    /// A person decides about a payment of the wrong amount.
    mutating func decideReceipt(_ number: Int, credit: Bool) throws(Refusal) -> Reply {
        let attempt = attempts[number]
        guard attempt.state == .needsReview, attempt.fate == nil, let received = attempt.received
        else { throw .conflict("payment-not-in-review") }
        attempts[number].fate = credit ? .credited : .returned
        let wanted = intent(attempt.subject)
        if received > 0, credit {
            try books.post(
                "receipt-credited",
                [
                    .init(
                        from: Self.suspense, to: Books.available(wanted?.member ?? 0),
                        amount: received)
                ])
        } else if received > 0 {
            promiseRefund(of: number, received, .review)
        }
        if wanted?.state == .needsReview {
            var waits = false
            if case .order(let order) = attempt.subject {
                waits = orders[order].state == .pendingPayment
            }
            setIntent(attempt.subject, waits ? .open : .ended)
        }
        return Reply(
            200,
            [
                ("status", .text("needs-review")),
                ("disposition", .text(credit ? "credited" : "returned")),
            ])
    }
}
