import Basics
import Money
import Promotions

/// One thing to be priced, with the coupon chosen for it.
package struct PricingLine: Hashable, Sendable {
    package var target: CouponTarget
    package var listPrice: Amount
    package var coupon: Coupon?

    package init(_ target: CouponTarget, listPrice: Amount, coupon: Coupon? = nil) {
        self.target = target
        self.listPrice = listPrice
        self.coupon = coupon
    }
}

/// What a member wants to pay for and with: a function of it and the time is the price.
package struct PricingRequest: Hashable, Sendable {
    package var lines: [PricingLine]
    package var orderCoupon: Coupon?
    package var walletAmount: Amount
    /// The order that may already have reserved the coupons (an auction's order, paid later).
    package var order: String?

    package init(
        lines: [PricingLine], orderCoupon: Coupon? = nil, walletAmount: Amount = .zero,
        order: String? = nil
    ) {
        self.lines = lines
        self.orderCoupon = orderCoupon
        self.walletAmount = walletAmount
        self.order = order
    }
}

/// What a cart costs, to the last fen and per line (commerce D2-D8).
///
/// Line coupons come first, each on its line; the order coupon on what remains of the lines it is
/// for; then the wallet's part, then the gateway's. Order discount and tenders are spread over the
/// lines by largest remainder and kept, so that a refund gives back what was paid and nothing is
/// ever computed a second time.
package struct Pricing: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package let listPrice: Amount
        package let lineDiscount: Amount
        package let orderDiscount: Amount
        package let net: Amount
        package let wallet: Amount
        package let gateway: Amount
        package let couponID: ID<Coupon>?
    }

    package let lines: [Line]
    package let orderCouponID: ID<Coupon>?
    package let listTotal: Amount
    package let lineDiscount: Amount
    package let orderDiscount: Amount
    package let total: Amount
    package let walletAmount: Amount
    package let gatewayAmount: Amount

    /// - Throws: `lines-missing`, `duplicate-line`, `wallet-amount-negative`,
    ///   `tender-exceeds-total`, and for a coupon that was named and does not fit the problem of its
    ///   `CouponObstacle`, at the field that named it. Never half a price.
    package init(_ request: PricingRequest, at now: Instant) throws(Problem) {
        try request.checkLines()
        let cart = try DiscountedCart(request, at: now)
        let orderDiscount = try cart.orderDiscount(request.orderCoupon, request.order, at: now)
        let shares = orderDiscount.allocated(over: cart.weights(of: request.orderCoupon))
        var nets: [Amount] = []
        for (line, share) in zip(cart.lines, shares) {
            nets.append(try line.remaining.subtracting(share))
        }
        let total = try nets.total()
        guard request.walletAmount >= .zero else { throw .walletAmountNegative }
        guard request.walletAmount <= total else { throw .tenderExceedsTotal(total) }
        let wallets = request.walletAmount.allocated(over: nets)

        var lines: [Line] = []
        for (index, line) in cart.lines.enumerated() {
            lines.append(
                Line(
                    listPrice: line.listPrice, lineDiscount: line.discount,
                    orderDiscount: shares[index], net: nets[index], wallet: wallets[index],
                    gateway: try nets[index].subtracting(wallets[index]),
                    couponID: request.lines[index].coupon?.id))
        }
        self.lines = lines
        orderCouponID = request.orderCoupon?.id
        listTotal = try cart.lines.map(\.listPrice).total()
        lineDiscount = try cart.lines.map(\.discount).total()
        self.orderDiscount = orderDiscount
        self.total = total
        walletAmount = request.walletAmount
        gatewayAmount = try total.subtracting(request.walletAmount)
    }
}

extension PricingRequest {
    /// One product is one line, one coupon is one use.
    func checkLines() throws(Problem) {
        guard !lines.isEmpty else { throw .linesMissing }
        var products: Set<ProductRef> = []
        var coupons: Set<ID<Coupon>> = []
        for (index, line) in lines.enumerated() {
            guard products.insert(line.target.product).inserted else { throw .duplicateLine(index) }
            guard line.listPrice >= .zero else { throw .priceNegative(index) }
            if let coupon = line.coupon, !coupons.insert(coupon.id).inserted {
                throw .couponNamedTwice.at("/lines/\(index)/couponId")
            }
        }
        if let orderCoupon, coupons.contains(orderCoupon.id) {
            throw .couponNamedTwice.at("/orderCouponId")
        }
    }
}

/// A cart after its line coupons: what an order coupon looks at.
struct DiscountedCart: Sendable {
    struct Line: Sendable {
        let target: CouponTarget
        let listPrice: Amount
        let discount: Amount
        let remaining: Amount
    }

    let lines: [Line]

    init(_ request: PricingRequest, at now: Instant) throws(Problem) {
        var lines: [Line] = []
        for (index, line) in request.lines.enumerated() {
            let discount: Amount
            switch line.coupon?.onLine(line, at: now, for: request.order) {
            case nil: discount = .zero
            case .usable(let amount): discount = amount
            case .unusable(let obstacle):
                throw obstacle.problem.at("/lines/\(index)/couponId")
            }
            lines.append(
                Line(
                    target: line.target, listPrice: line.listPrice, discount: discount,
                    remaining: try line.listPrice.subtracting(discount)))
        }
        self.lines = lines
    }

    /// What the order coupon takes off, over all lines: rounded once, on the sum (commerce D4).
    func orderDiscount(_ coupon: Coupon?, _ order: String?, at now: Instant) throws(Problem)
        -> Amount
    {
        guard let coupon else { return .zero }
        switch try coupon.onOrder(self, at: now, for: order) {
        case .usable(let amount): return amount
        case .unusable(let obstacle): throw obstacle.problem.at("/orderCouponId")
        }
    }

    /// What the order discount is spread over: what remains of the lines the coupon is for
    /// (commerce D6).
    func weights(of coupon: Coupon?) -> [Amount] {
        lines.map { coupon?.terms.scope.covers($0.target) == true ? $0.remaining : .zero }
    }
}
