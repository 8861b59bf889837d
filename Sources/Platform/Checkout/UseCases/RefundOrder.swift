import Basics
import Ledger
import Money
import Payments
import Promotions
import Store
import Web

extension Checkout {
    /// What came of a refund that was asked for.
    package enum RefundAnswer: Sendable {
        case refunded(OrderRefund, of: Order)
        /// It is above the limit: nothing has moved, and somebody else has to approve it.
        case requested(RefundRequest, of: Order)
    }

    /// Gives back part of a paid order from its stored shares: the wallet's part at once, the
    /// gateway's part through the gateway. Access ends for lines given back whole (commerce D7, D11).
    ///
    /// If the order would have given back more than `Settings.refundApprovalAbove` in all, it is only
    /// asked for, and a second person approves it.
    /// - Throws: `not-found`, `order-not-refundable`, `reason-required`, `reason-too-long`, what
    ///   `RefundAllocation` refuses, and `refund-awaits-approval` if another one waits already.
    package func refund(
        _ id: ID<Order>, _ demand: RefundDemand, reason: String, by actor: ID<Member>,
        in tx: Transaction
    ) throws -> RefundAnswer {
        try check(reason: reason)
        guard var order = try tx.lockOrder(id) else { throw Problem.notFound }
        let allocation = try demand.allocation(of: order.value)
        if try needsSecondPerson(allocation, of: order.value) {
            let request = RefundRequest(
                id: .make(), order: id, demand: demand, total: allocation.total, reason: reason,
                requestedBy: actor, createdAt: tx.now)
            guard try tx.insert(request) else { throw Problem.refundAwaitsApproval }
            try tx.note("refund-requested", id, by: actor.description)
            return .requested(request, of: order.value)
        }
        let refund = try giveBack(allocation, of: &order, reason: reason, by: actor, in: tx)
        return .refunded(refund, of: order.value)
    }

    func check(reason: String) throws(Problem) {
        guard !reason.isEmpty else { throw .reasonRequired }
        guard reason.unicodeScalars.count <= Problem.longestReason else { throw .reasonTooLong }
    }

    /// Whether one person is not enough: all that an order gives back counts together, so that many
    /// small refunds go no further than one large one.
    private func needsSecondPerson(_ allocation: RefundAllocation, of order: Order) throws -> Bool {
        guard let limit = settings.refundApprovalAbove else { return false }
        return try order.refunded.adding(allocation.total) > limit
    }

    /// Moves the money of a refund that may be made, and all that goes with it.
    func giveBack(
        _ allocation: RefundAllocation, of order: inout Locked<Order>, reason: String,
        by actor: ID<Member>, in tx: Transaction
    ) throws -> OrderRefund {
        for coupon in try tx.lockCoupons(allocation.returnedCoupons) {
            try tx.giveBack(coupon, from: order.id.description)
        }
        let refund = try book(allocation, of: order.value, reason: reason, actor: actor, in: tx)
        let ended = try apply(allocation, to: &order, in: tx)
        try tx.note("refunded", order.id, by: actor.description)
        if !ended.isEmpty { try seller(of: order.value).revoke(ended, of: order.value, in: tx) }
        return refund
    }

    private func book(
        _ allocation: RefundAllocation, of order: Order, reason: String, actor: ID<Member>,
        in tx: Transaction
    ) throws -> OrderRefund {
        var refund = OrderRefund(
            id: .make(), wallet: allocation.wallet, gateway: allocation.gateway, reason: reason,
            paymentRefundID: nil, createdAt: tx.now)
        if allocation.gateway.isPositive {
            guard let intent = try tx.intent(purpose: OrderPurpose.kind, subject: order.id.rawValue)
            else { throw Problem.orderNotRefundable }
            refund.paymentRefundID = try payments.refund(
                intent: intent.id, amount: allocation.gateway, reason: reason, in: tx
            ).rawValue
        }
        try tx.insert(refund, of: order.id, actor: actor)
        if allocation.total.isPositive {
            try tx.post(
                orderRefundJournal(
                    refund, order: order, actor: actor,
                    revenue: seller(of: order).revenueAccount))
        }
        return refund
    }

    /// Writes the shares to the lines.
    /// - Returns: the lines that were given back whole.
    private func apply(
        _ allocation: RefundAllocation, to order: inout Locked<Order>, in tx: Transaction
    ) throws -> [OrderLine] {
        var ended: [OrderLine] = []
        for share in allocation.shares {
            guard let index = order.lines.firstIndex(where: { $0.id == share.line }) else {
                continue
            }
            var line = order.lines[index]
            line.refundedWallet = try line.refundedWallet.adding(share.wallet)
            line.refundedGateway = try line.refundedGateway.adding(share.gateway)
            if share.isFull {
                line.refundedAt = tx.now
                ended.append(line)
            }
            order.lines[index] = line
            try tx.save(line, of: order)
        }
        order.refunded = try order.refunded.adding(allocation.total)
        order.status = allocation.isFull ? .refunded : .partiallyRefunded
        try tx.save(order)
        return ended
    }
}
