import Basics
import Ledger
import Money
import Payments
import Promotions
import Scheduling
import Store
import Web

extension Checkout {
    /// What a member agrees to.
    package struct Acceptance: Sendable {
        package var quote: ID<Quote>
        /// nil takes the latest version.
        package var version: Int64?
        /// The total the member has seen.
        package var expectedTotal: Amount
        package var gateway: String?
        package var channel: String?
        package var payer: PayerContext
        /// The most that may come from the wallet: what the payment password was asked for, or the
        /// amount below which it is not asked for. Held against the version that is ordered.
        package var walletLimit: Amount

        package init(
            quote: ID<Quote>, version: Int64?, expectedTotal: Amount, gateway: String?,
            channel: String?, payer: PayerContext = PayerContext(), walletLimit: Amount
        ) {
            self.quote = quote
            self.version = version
            self.expectedTotal = expectedTotal
            self.gateway = gateway
            self.channel = channel
            self.payer = payer
            self.walletLimit = walletLimit
        }
    }

    /// Makes an order of a quote: reserves the coupons, holds the wallet's part, and either completes
    /// at once (nothing left for a gateway) or waits for the payment until it expires.
    ///
    /// - Throws: `quote-consumed`, `quote-expired`, `quote-stale`, `price-changed` (with the version
    ///   of a fresh quote), `coupon-not-available`, `insufficient-funds`.
    package func placeOrder(_ acceptance: Acceptance, by member: ID<Member>, in tx: Transaction)
        throws -> Order
    {
        guard var quote = try tx.lockQuote(acceptance.quote), quote.member == member else {
            throw Problem.notFound.at("/quoteId")
        }
        try check(quote.value, acceptance, at: tx.now)
        let priced = try price(
            quote.request, id: quote.id, version: quote.version + 1, for: member, in: tx)
        guard priced.quote.price == quote.price, acceptance.expectedTotal == quote.price.total
        else {
            // The fresh quote stays, although the order is refused.
            try tx.insert(priced.quote, shownAs: priced.view)
            throw tx.refuse(
                .priceChanged(version: priced.quote.version, total: priced.quote.price.total))
        }

        var order = newOrder(priced, at: tx.now)
        let coupons = try tx.lockCoupons(order.couponIDs)
        for coupon in coupons { try tx.reserve(coupon, for: order.id.description) }
        if order.gatewayAmount.isPositive && order.walletAmount.isPositive {
            order.holdID = try tx.placeHold(
                from: .available(member), into: .held(member), amount: order.walletAmount,
                reference: order.id.description, expiresAt: nil)
        }
        quote.status = .consumed
        try tx.save(quote)
        try tx.insert(order)
        try tx.note("placed", order.id, by: member.description)
        try priced.seller.reserve(order, in: tx)

        if order.gatewayAmount.isZero {
            var locked = Locked.inserted(order)
            try complete(&locked, gateway: nil, in: tx)
            return locked.value
        }
        try tx.schedule("order-expiry", order.id.description, at: order.expiresAt)
        if let gateway = acceptance.gateway {
            _ = try payments.open(
                order.demand, gateway: gateway,
                channel: acceptance.channel ?? payments.usualChannel(of: gateway),
                payer: acceptance.payer, in: tx)
        }
        return order
    }

    private func check(_ quote: Quote, _ acceptance: Acceptance, at now: Instant) throws(Problem) {
        guard quote.status == .open else { throw .quoteConsumed }
        if let version = acceptance.version, version != quote.version { throw .quoteStale }
        guard now < quote.expiresAt else { throw .quoteExpired }
        guard quote.price.walletAmount <= acceptance.walletLimit else { throw .quoteStale }
    }

    private func newOrder(_ priced: Priced, at now: Instant) -> Order {
        let pricing = priced.pricing
        let lines = zip(priced.offers, pricing.lines).map { offer, line in
            OrderLine(
                id: .make(), product: offer.product, policyID: offer.policyID, title: offer.title,
                days: offer.days, listPrice: line.listPrice, lineDiscount: line.lineDiscount,
                orderDiscount: line.orderDiscount, net: line.net, wallet: line.wallet,
                gateway: line.gateway, couponID: line.couponID, refundedWallet: .zero,
                refundedGateway: .zero, refundedAt: nil)
        }
        return Order(
            id: .make(), member: priced.quote.member, business: priced.seller.business,
            status: .pendingPayment, listTotal: pricing.listTotal,
            lineDiscount: pricing.lineDiscount, orderDiscount: pricing.orderDiscount,
            total: pricing.total, walletAmount: pricing.walletAmount,
            gatewayAmount: pricing.gatewayAmount, refunded: .zero,
            orderCouponID: pricing.orderCouponID, holdID: nil, createdAt: now,
            expiresAt: now + settings.orderPeriod, paidAt: nil, lines: lines)
    }
}

extension Order {
    var couponIDs: [ID<Coupon>] { lines.compactMap(\.couponID) + [orderCouponID].compactMap { $0 } }

    /// What it owes to a gateway.
    var demand: Payments.Demand {
        Payments.Demand(
            purpose: OrderPurpose.kind, subject: id.rawValue, member: member, title: paymentTitle,
            amount: gatewayAmount, expiresAt: expiresAt)
    }

    /// What the payer reads at the gateway; without the characters that separate signed
    /// fields, and those that Alipay does not allow.
    var paymentTitle: String {
        let first = lines.first?.title ?? number
        let title = lines.count > 1 ? "\(first) (+\(lines.count - 1))" : first
        return String(title.map { "/&=%<>\"'".contains($0) ? " " : $0 }.prefix(100))
    }
}
