import Basics
import Ledger
import Money
import Payments
import Promotions
import Store
import Web

extension Checkout {
    /// What an operator gives back: whole lines, or a sum taken from the lines in their order.
    package enum RefundDemand: Sendable {
        case lines([ID<OrderLine>])
        case amount(Amount)
    }

    /// Gives back part of a paid order from its stored shares: the wallet's part at once, the
    /// gateway's part through the gateway. Access ends for lines given back whole (commerce D7, D11).
    /// - Throws: `not-found`, `order-not-refundable`, and what `RefundAllocation` refuses.
    package func refund(
        _ id: ID<Order>, _ demand: RefundDemand, reason: String, by actor: ID<Member>,
        in tx: Transaction
    ) throws -> (order: Order, refund: OrderRefund, allocation: RefundAllocation) {
        guard !reason.isEmpty else { throw Problem.reasonRequired }
        guard reason.unicodeScalars.count <= Problem.longestReason else {
            throw Problem.reasonTooLong
        }
        guard var order = try tx.lockOrder(id) else { throw Problem.notFound }
        if order.status == .refunded { throw Problem.alreadyRefunded }
        guard [.completed, .paid, .partiallyRefunded].contains(order.status) else {
            throw Problem.orderNotRefundable
        }
        let allocation =
            switch demand {
            case .lines(let lines): try RefundAllocation(lines: lines, of: order.value)
            case .amount(let amount): try RefundAllocation(amount: amount, of: order.value)
            }
        for coupon in try tx.lockCoupons(allocation.returnedCoupons) {
            try tx.giveBack(coupon, from: id.description)
        }
        let refund = try book(allocation, of: order.value, reason: reason, actor: actor, in: tx)
        let ended = try apply(allocation, to: &order, in: tx)
        try tx.note("refunded", id, by: actor.description)
        if !ended.isEmpty { try seller(of: order.value).revoke(ended, of: order.value, in: tx) }
        return (order.value, refund, allocation)
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
