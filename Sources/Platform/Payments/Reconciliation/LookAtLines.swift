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
            let side = try side(of: line.content, at: run.gateway, in: tx)
            let isRepeated = try tx.hasTwin(line, gateway: run.gateway)
            let news = isRepeated ? .none : line.content.news(for: side.ours)
            if news != .none && line.number != first { break }
            if isRefused && news != .none {
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
        let learned = try takeIn(news, of: content, before, at: run.gateway, in: tx)
        let side =
            news == .none ? before : try side(of: content, at: run.gateway, in: tx)
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
        _ news: BillNews, of line: GatewayBill.Line, _ side: Side, at gateway: String,
        in tx: Transaction
    ) throws -> ReconciliationItem.Outcome? {
        switch (news, side.ours) {
        case (.payment, _):
            let receipt = Receipt(
                gateway: gateway, outTradeNo: line.outTradeNo, tradeNo: line.tradeNo,
                amount: line.amount)
            switch try receive(receipt, in: tx) {
            case .settled: return .settled
            case .late: return .late
            case .duplicate: return .paidTwice
            case .needsReview: return .needsReview
            // A notification was faster after all.
            case .alreadyKnown, .unknownTrade: return nil
            }
        case (.refund, .refund(let refund)):
            guard var refund = try tx.lockRefund(refund.id) else { return nil }
            guard refund.status.isUnderWay || refund.status.isRefused else { return nil }
            refund.status = .succeeded
            refund.detail = nil
            refund.settledAt = tx.now
            try tx.save(refund)
            try tx.post(refundPaidJournal(refund.value, gateway: gateway))
            return .settled
        default: return nil
        }
    }
}

/// Our side of a line, with the attempt that it belongs to.
private struct Side {
    var ours: OurSide
    var attempt: ID<PaymentAttempt>?
    var refund: ID<PaymentRefund>?
}

extension Payments {
    private func side(of line: GatewayBill.Line, at gateway: String, in snapshot: Snapshot) throws
        -> Side
    {
        let attempt = try snapshot.attempt(gateway: gateway, outTradeNo: line.outTradeNo)
        guard let attempt else { return Side(ours: .nothing) }
        switch line.kind {
        case .payment: return Side(ours: .payment(attempt), attempt: attempt.id)
        case .refund:
            // A refund of another trade is none of this line's.
            guard let id = ID<PaymentRefund>(line.outRefundNo),
                let refund = try snapshot.refund(id), refund.attemptID == attempt.id
            else { return Side(ours: .nothing, attempt: attempt.id) }
            return Side(ours: .refund(refund), attempt: attempt.id, refund: id)
        }
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
