import Basics
import Money
import Promotions

/// What a refund gives back, line by line and tender by tender: the shares that were stored when the
/// order was made, never anything computed again (commerce D7, defect 8).
package struct RefundAllocation: Hashable, Sendable {
    package struct Share: Hashable, Sendable {
        package let line: ID<OrderLine>
        package let wallet: Amount
        package let gateway: Amount
        /// Nothing of the line is left after this: what it gave ends.
        package let isFull: Bool
    }

    /// In the order of the order's lines; a line of net 0 that is given back has a share of nothing.
    package let shares: [Share]
    package let wallet: Amount
    package let gateway: Amount
    package let total: Amount
    /// Nothing of the whole order is left.
    package let isFull: Bool
    /// The coupons that come back: a line's when its line is given back whole, the order's when all
    /// lines are (commerce D11).
    package let returnedCoupons: [ID<Coupon>]

    /// Gives back whole lines: all that is left of each.
    /// - Throws: `refund-lines-missing`, `refund-line-unknown`, `refund-line-twice` (422);
    ///   `already-refunded` (409).
    package init(lines ids: [ID<OrderLine>], of order: Order) throws(Problem) {
        guard !ids.isEmpty else { throw .refundLinesMissing }
        var named: Set<ID<OrderLine>> = []
        for (index, id) in ids.enumerated() {
            guard named.insert(id).inserted else { throw .refundLineTwice(index) }
            guard let line = order.lines.first(where: { $0.id == id }) else {
                throw .refundLineUnknown(index)
            }
            guard line.refundedAt == nil else { throw .alreadyRefunded }
        }
        let shares = try order.lines.filter { named.contains($0.id) }.map {
            line throws(Problem) in
            try line.share(of: line.left())
        }
        try self.init(shares, of: order)
    }

    /// Gives back a sum, from the lines in their order, each from its stored shares, over its
    /// tenders by largest remainder. If it is all that is left, lines of net 0 are given back too.
    /// - Throws: `refund-amount-not-positive` (422); `already-refunded`,
    ///   `refund-exceeds-remaining` (409).
    package init(amount: Amount, of order: Order) throws(Problem) {
        guard amount.isPositive else { throw .refundAmountNotPositive }
        let open = order.lines.filter { $0.refundedAt == nil }
        guard !open.isEmpty else { throw .alreadyRefunded }
        var remaining = Amount.zero
        for line in open { remaining = try remaining.adding(try line.left()) }
        guard amount <= remaining else { throw .refundExceedsRemaining(remaining) }

        var rest = amount
        var shares: [Share] = []
        for line in open {
            let taken = min(rest, try line.left())
            guard taken.isPositive || amount == remaining else { continue }
            shares.append(try line.share(of: taken))
            rest = try rest.subtracting(taken)
        }
        try self.init(shares, of: order)
    }

    private init(_ shares: [Share], of order: Order) throws(Problem) {
        let given = Set(shares.filter(\.isFull).map(\.line))
        let isFull = order.lines.allSatisfy { $0.refundedAt != nil || given.contains($0.id) }
        self.shares = shares
        wallet = try shares.map(\.wallet).total()
        gateway = try shares.map(\.gateway).total()
        total = try wallet.adding(gateway)
        self.isFull = isFull
        let ofLines = order.lines.filter { given.contains($0.id) }.compactMap(\.couponID)
        returnedCoupons = ofLines + (isFull ? [order.orderCouponID].compactMap { $0 } : [])
    }
}

extension OrderLine {
    /// What was paid for it and not given back yet.
    func left() throws(Problem) -> Amount {
        try net.subtracting(try refundedWallet.adding(refundedGateway))
    }

    /// A part of what is left, over its tenders. All that was ever given back is split as a whole and
    /// what went before is taken off, so that many small refunds end up where one would.
    func share(of amount: Amount) throws(Problem) -> RefundAllocation.Share {
        let before = try refundedWallet.adding(refundedGateway)
        let given = try before.adding(amount)
        let parts = given.allocated(over: [wallet, gateway])
        return RefundAllocation.Share(
            line: id, wallet: try parts[0].subtracting(refundedWallet),
            gateway: try parts[1].subtracting(refundedGateway), isFull: given == net)
    }
}
