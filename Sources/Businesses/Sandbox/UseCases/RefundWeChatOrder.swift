import Basics
import Scheduling
import Store
import Web

extension SandboxWeChatPay {
    /// The merchant gives money back. The answer says that it is under way, or, if the number was used
    /// before, what has become of it.
    func refund(
        _ content: WeChatContent, _ faults: FaultSettings, in tx: Transaction
    ) throws -> JSONValue {
        let wish = try WeChatRefundWish(content, targets: targets)
        guard let order = try tx.lockWeChatOrder(named: content) else {
            throw WeChatRefusal.noSuchRefund
        }
        if let known = try tx.wechatRefund(outRefundNo: wish.number) {
            guard known.orderID == order.id, known.amount == wish.fen else {
                throw WeChatRefusal.refundNumberReused
            }
            return order.value.answer(known)
        }
        if try tx.take(.refuseRefunds, faults) { throw WeChatRefusal.notEnough }
        if faults.has(.strictRefunds),
            let last = try tx.wechatRefunds(of: order.id).last?.createdAt,
            tx.now < last + WeChatOrder.pause
        {
            throw WeChatRefusal.refundTooSoon
        }
        let (after, made) = try take(wish, from: order, faults, in: tx)
        return after.answer(made)
    }

    /// The merchant gives money back at WeChat Pay's own console; the notice, sent to the order's
    /// address, is all the shop hears of it.
    ///
    /// - Parameter fen: nil for all that is left.
    /// - Throws: `sandbox-order-unknown`, `sandbox-refund-refused`.
    func refundAtConsole(_ outTradeNo: String, fen: Int64?) async throws {
        try await database.write { [self] tx in
            guard let order = try tx.lockWeChatOrder(outTradeNo: outTradeNo) else {
                throw Problem.sandboxOrderUnknown
            }
            let fen = fen ?? (order.total - order.refunded)
            guard fen > 0 else { throw Problem.sandboxRefund(WeChatRefusal.refundTooMuch.code) }
            let wish = WeChatRefundWish(
                number: "CONSOLE\(try numbers.id(ID<WeChatRefund>.self, in: tx).rawValue)",
                fen: fen,
                total: order.total, reason: nil, notifyURL: nil)
            do {
                let faults = try tx.faults(of: outTradeNo, at: .wechatpay)
                _ = try take(wish, from: order, faults, in: tx)
            } catch let refusal as WeChatRefusal {
                throw Problem.sandboxRefund(refusal.code)
            }
        }
    }

    /// Takes a refund on; the job ends it.
    private func take(
        _ wish: WeChatRefundWish, from order: Locked<WeChatOrder>, _ faults: FaultSettings,
        in tx: Transaction
    ) throws -> (WeChatOrder, WeChatRefund) {
        var order = order
        try order.value.refund(wish, earlier: try tx.wechatRefunds(of: order.id), at: tx.now)
        let outcome: WeChatRefund.State =
            try tx.take(.abnormalRefunds, faults)
            ? .abnormal : tx.take(.closedRefunds, faults) ? .closed : .success
        let refund = WeChatRefund(
            id: try numbers.id(in: tx), orderID: order.id, outRefundNo: wish.number,
            amount: wish.fen,
            reason: wish.reason, notifyURL: wish.notifyURL, createdAt: tx.now, outcome: outcome,
            dueAt: tx.now + WeChatRefund.duration, state: .processing)
        guard try tx.insert(refund) else { throw WeChatRefusal.refundNumberReused }
        try tx.save(order)
        try tx.schedule(Self.refundJob, refund.id.description, at: refund.dueAt)
        return (order.value, refund)
    }

    /// A refund that was under way is done, and the merchant is told.
    func finishRefund(_ job: JobContext, in tx: Transaction) throws {
        guard let id = ID<WeChatRefund>(job.key), var refund = try tx.lockWeChatRefund(id),
            refund.state == .processing, var order = try tx.lockWeChatOrder(refund.orderID)
        else { return }
        refund.value = refund.value.aged(to: tx.now)
        try tx.save(refund)
        if refund.state == .closed {
            order.value.refunded -= refund.amount
            try tx.save(order)
        }
        let content = order.value.notice(refund.value)
        _ = try post.announce(
            order.outTradeNo, by: .wechatpay, to: refund.notifyURL ?? order.notifyURL, in: tx
        ) { _ in String(decoding: content.bytes, as: UTF8.self) }
    }
}

extension Transaction {
    /// The order that a refund is for; WeChat Pay's own number wins.
    fileprivate func lockWeChatOrder(named content: WeChatContent) throws -> Locked<WeChatOrder>? {
        guard let transactionID = content.text("transaction_id"), !transactionID.isEmpty else {
            return try lockWeChatOrder(
                outTradeNo: try content.required("out_trade_no", longest: 32))
        }
        guard let number = WeChatNumber.number(transactionID),
            let order = try lockWeChatOrder(ID<WeChatOrder>(rawValue: number)),
            order.value.transactionID == transactionID
        else { return nil }
        return order
    }
}
