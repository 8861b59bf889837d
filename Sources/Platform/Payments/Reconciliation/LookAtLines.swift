import Basics
import Ledger
import Money
import Store

extension Payments {
    /// Compares the next lines of a run with our books and writes down what comes of it: what a
    /// line tells that we did not know, its fee, and what is different.
    ///
    /// A line with news locks a business object, and is looked at alone; the others lock no more
    /// than the accounts that they are booked on.
    /// - Parameter isRefused: the next line's news cannot be taken in: it is left to a person.
    /// - Returns: whether there are more.
    func lookAtLines(
        of id: ID<ReconciliationRun>, isRefused: Bool = false, in tx: Transaction
    ) throws -> Bool {
        guard var run = try tx.lockReconciliationRun(id) else { return false }
        let first = run.looked + 1
        for line in try tx.billLines(of: id, after: run.looked, limit: Self.lookedAtOnce) {
            let side = try side(of: line, at: run.gateway, in: tx)
            let isRepeated = try tx.hasTwin(line, gateway: run.gateway)
            let news = isRepeated ? .none : line.content.news(for: side.ours)
            if news != .none && line.number != first { break }
            // Nobody would take in later what nobody here has asked for: it waits for its account.
            if isRefused && [.payment, .refund].contains(news) {
                try leave(line, side, in: &run, tx)
            } else {
                try look(at: line, side, news, isRepeated: isRepeated, in: &run, tx)
            }
            if news != .none { break }
        }
        try tx.save(run)
        return run.looked < run.lines
    }

    private static let lookedAtOnce = 50

    private func look(
        at line: BillLine, _ before: Side, _ news: BillNews, isRepeated: Bool,
        in run: inout Locked<ReconciliationRun>, _ tx: Transaction
    ) throws {
        let content = line.content
        let returned =
            news == .payment ? try tx.billedReturn(of: line, gateway: run.gateway) : nil
        let learned = try takeIn(
            news, of: line, before, returnedAs: returned, at: run.gateway, in: tx)
        let side =
            news == .none ? before : try side(of: line, at: run.gateway, in: tx)
        let rate = feeRate(of: run.gateway)
        let judgement = try content.judgement(
            against: side.ours, learned: learned, isRepeated: isRepeated, rate: rate)
        let item = ReconciliationItem(
            line: line, side, judgement, learned, rate: rate, of: run.value, at: tx.now)
        try note(item, in: &run, tx)
        if learned != nil { run.tally.settled += 1 }
        try tx.resolveMissing(item)
    }

    /// Leaves a line to a person whose news the books refuse. Its fee has been taken all the same.
    private func leave(
        _ line: BillLine, _ side: Side, in run: inout Locked<ReconciliationRun>, _ tx: Transaction
    ) throws {
        let judgement = Judgement(
            finding: .missingHere, isOpen: true, ours: .zero, difference: .zero)
        let item = ReconciliationItem(
            line: line, side, judgement, .refused, rate: feeRate(of: run.gateway), of: run.value,
            at: tx.now)
        try note(item, in: &run, tx)
    }

    private func note(
        _ item: ReconciliationItem, in run: inout Locked<ReconciliationRun>, _ tx: Transaction
    ) throws {
        try tx.insert(item)
        if !item.bookedFee.isZero { try tx.post(gatewayFeeJournal(item)) }
        if !item.suspended.isZero { try tx.post(billDifferenceJournal(item)) }
        run.looked += 1
        run.tally[item.finding] += 1
    }

    private func takeIn(
        _ news: BillNews, of billed: BillLine, _ side: Side, returnedAs returned: String?,
        at gateway: String, in tx: Transaction
    ) throws -> ReconciliationItem.Outcome? {
        let line = billed.content
        switch (news, side.ours) {
        case (.payment, _):
            let receipt = Receipt(
                gateway: gateway, outTradeNo: line.outTradeNo, tradeNo: line.tradeNo,
                amount: line.amount)
            switch try receive(receipt, returnedAs: returned, in: tx) {
            case .settled: return .settled
            case .late: return .late
            case .duplicate: return .paidTwice
            case .needsReview: return .needsReview
            case .cameAndWent: return .refundedThere
            // A notification was faster after all.
            case .alreadyKnown, .unknownTrade: return nil
            }
        case (.refund, .refund(let refund)):
            guard var attempt = try tx.lockAttempt(refund.attemptID),
                var refund = try tx.lockRefund(refund.id),
                refund.status.isUnderWay || refund.status.isRefused
            else { return nil }
            try settle(&refund, as: .succeeded, of: &attempt, in: tx)
            return .settled
        case (.foreignRefund, _):
            guard let id = side.attempt, let attempt = try tx.lockAttempt(id),
                // Looked at again: a notification may have been faster.
                line.news(for: try self.side(of: billed, at: gateway, in: tx).ours) == news
            else { return nil }
            switch try book(line.amount, of: attempt, number: line.outRefundNo, in: tx) {
            case .settled: return .settled
            case .foreign: return .refundedThere
            default: return nil
            }
        case (.partOfSum, .sum(let sum)):
            guard let sum = try tx.lockRefund(sum.id), sum.amount > line.amount else { return nil }
            try tellApart(line, of: sum, in: tx)
            return nil
        default: return nil
        }
    }

    /// Makes two of a refund that is several: the one that the line tells of, and the rest. No money
    /// moves: the sum is in the books.
    private func tellApart(
        _ line: GatewayBill.Line, of sum: Locked<PaymentRefund>, in tx: Transaction
    ) throws {
        var sum = sum
        let rest = try sum.amount.subtracting(line.amount)
        var other = sum.value
        other.id = .make()
        // The last one's number may be known, and that of the rest is not.
        let isNamed = sum.foreignNumber == line.outRefundNo
        sum.amount = isNamed ? line.amount : rest
        other.amount = isNamed ? rest : line.amount
        other.foreignNumber =
            isNamed ? PaymentRefund.number(ofRest: other.id) : line.outRefundNo
        other.reason = "made at the gateway, told with \(sum.id)"
        try tx.save(sum)
        try tx.insert(other)
    }
}

/// Our side of a line, with the attempt that it belongs to.
private struct Side {
    var ours: OurSide
    var attempt: ID<PaymentAttempt>?
    var refund: ID<PaymentRefund>?
}

extension Payments {
    private func side(of billed: BillLine, at gateway: String, in snapshot: Snapshot) throws
        -> Side
    {
        let line = billed.content
        let attempt = try snapshot.attempt(gateway: gateway, outTradeNo: line.outTradeNo)
        guard let attempt else { return Side(ours: .nothing) }
        switch line.kind {
        case .payment: return Side(ours: .payment(attempt), attempt: attempt.id)
        case .refund:
            guard let refund = try self.refund(of: attempt, in: billed, snapshot) else {
                return Side(ours: .payment(attempt), attempt: attempt.id)
            }
            let isSum =
                line.isPart(of: refund) && attempt.refundedTotal != nil
                && refund.origin == .gateway && refund.status == .succeeded
            return Side(
                ours: isSum ? .sum(refund) : .refund(refund), attempt: attempt.id,
                refund: refund.id)
        }
    }

    /// The refund that a line is about: by the gateway's number for one that was made there, by ours
    /// for ours. One that was told without any number is known by its amount, once; if there is none,
    /// the line is one of several of which only the sum was told. A refund of another trade is none
    /// of this line's.
    private func refund(
        of attempt: PaymentAttempt, in billed: BillLine, _ snapshot: Snapshot
    ) throws -> PaymentRefund? {
        let line = billed.content
        let all = try snapshot.refunds(of: attempt.id)
        let number = line.outRefundNo
        if let known = all.first(where: { $0.foreignNumber == number }) { return known }
        let own = all.first { $0.foreignNumber == nil && $0.id.description == number }
        if let own, own.status != .credited { return own }
        let unbilled = try all.filter { try !snapshot.isBilled($0.id) }
        let known = unbilled.first { $0.isUnnumbered && $0.amount == line.amount }
        if let known { return known }
        let sums = try unbilled.filter {
            try line.isPart(of: $0) && ($0.isUnnumbered || snapshot.isSum($0, beside: billed))
        }.sorted { $0.amount > $1.amount }
        // Not the one that another line of the bill has to itself.
        let free = try sums.first { sum in
            try !snapshot.hasLater(
                than: billed, amount: sum.amount)
        }
        return free ?? sums.first ?? own
    }
}

extension Snapshot {
    /// Whether a refund made at the gateway is more than its own line in the same bill: others were told
    /// with it.
    fileprivate func isSum(_ refund: PaymentRefund, beside line: BillLine) throws -> Bool {
        guard refund.origin == .gateway, let number = refund.foreignNumber,
            let own = try billedAmount(of: number, beside: line)
        else { return false }
        return try own.adding(line.content.amount) <= refund.amount
    }
}

extension GatewayBill.Line {
    /// Whether more went back by this refund than the line tells of.
    fileprivate func isPart(of refund: PaymentRefund) -> Bool {
        state == .settled && amount.isPositive && amount < refund.amount
    }
}

extension ReconciliationItem {
    fileprivate init(
        line: BillLine, _ side: Side, _ judgement: Judgement, _ outcome: Outcome?, rate: FeeRate,
        of run: ReconciliationRun, at now: Instant
    ) {
        let content = line.content
        let isRepeated = judgement.finding == .duplicate
        self.init(
            id: .make(), run: run.id, gateway: run.gateway, day: run.day, kind: content.kind,
            finding: judgement.finding, status: judgement.isOpen ? .open : .resolved,
            line: line.id, attempt: side.attempt, refund: side.refund,
            outTradeNo: content.outTradeNo, outRefundNo: content.outRefundNo, ours: judgement.ours,
            expectedFee: rate.expected(content), suspended: judgement.difference,
            bookedFee: isRepeated ? .zero : content.fee, outcome: outcome, note: nil,
            resolvedBy: nil, resolvedAt: judgement.isOpen ? nil : now, createdAt: now)
    }
}
