import Basics
import Money
import Store

extension Payments {
    /// Lists what was paid or refunded here on a run's day and stands in no bill; when nothing more
    /// is found, the run is completed.
    ///
    /// Days end at different moments here and there: what the next day's bill has resolves the
    /// item.
    /// - Returns: whether there is more to do.
    func listMissing(_ id: ID<ReconciliationRun>, in tx: Transaction) throws -> Bool {
        guard var run = try tx.lockReconciliationRun(id), run.looked == run.lines else {
            return false
        }
        let from = BusinessCalendar.start(of: run.day)
        let until = BusinessCalendar.end(of: run.day)
        let payments = try tx.unbilledPayments(
            at: run.gateway, from: from, until: until, limit: Self.listedAtOnce)
        for payment in payments {
            try tx.insert(
                ReconciliationItem(
                    missing: .payment, of: run.value, payment.attempt, payment.outTradeNo, nil,
                    payment.amount, at: tx.now))
        }
        let refunds = try tx.unbilledRefunds(
            at: run.gateway, from: from, until: until, limit: Self.listedAtOnce)
        for id in refunds {
            guard let refund = try tx.refund(id), let attempt = try tx.attempt(refund.attemptID)
            else { continue }
            try tx.insert(
                ReconciliationItem(
                    missing: .refund, of: run.value, attempt.id, attempt.outTradeNo, refund,
                    refund.amount, at: tx.now))
        }
        let found = payments.count + refunds.count
        run.tally.missingThere += Int64(found)
        if found == 0 {
            run.status = .completed
            run.completedAt = run.completedAt ?? tx.now
        }
        try tx.save(run)
        return found > 0
    }

    private static let listedAtOnce = 50
}

extension Transaction {
    /// The bill of another day may have missed what this one has.
    func resolveMissing(_ item: ReconciliationItem) throws {
        guard item.refund != nil || item.kind == .payment && item.attempt != nil else { return }
        for var missing in try lockMissingThere(
            item.kind, attempt: item.attempt, refund: item.refund)
        {
            missing.status = .resolved
            missing.outcome = .billed
            missing.resolvedAt = now
            try save(missing)
        }
    }
}

extension ReconciliationItem {
    fileprivate init(
        missing kind: GatewayBill.Kind, of run: ReconciliationRun,
        _ attempt: ID<PaymentAttempt>, _ outTradeNo: String, _ refund: PaymentRefund?,
        _ amount: Amount, at now: Instant
    ) {
        self.init(
            id: .make(), run: run.id, gateway: run.gateway, day: run.day, kind: kind,
            finding: .missingThere, status: .open, line: nil, attempt: attempt,
            refund: refund?.id, outTradeNo: outTradeNo, outRefundNo: refund?.outRequestNo ?? "",
            ours: amount, expectedFee: nil, suspended: .zero, bookedFee: .zero, outcome: nil,
            note: nil, resolvedBy: nil, resolvedAt: nil, createdAt: now)
    }
}
