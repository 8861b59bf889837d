import Basics
import Money
import Promotions
import Store
import Web

extension Checkout {
    /// Prices what a member asks for. Nothing is reserved.
    /// - Throws: what `Pricing` and the seller refuse, with the pointer of the field at fault;
    ///   `not-found` for a coupon that is not the member's. A refused request leaves the member's
    ///   earlier quotes as they are (commerce C30).
    package func quote(_ request: QuoteRequest, for member: ID<Member>, in tx: Transaction) throws
        -> QuoteView
    {
        let priced = try price(request, id: .make(), version: 1, for: member, in: tx)
        try tx.insert(priced.quote, shownAs: priced.view)
        return priced.view
    }

    /// Makes the next version of a quote.
    /// - Throws: `not-found`, `quote-consumed`, and what `quote` throws.
    package func requote(
        _ id: ID<Quote>, for member: ID<Member>, in tx: Transaction,
        _ change: (inout QuoteRequest) -> Void
    ) throws -> QuoteView {
        guard let known = try tx.lockQuote(id), known.member == member else {
            throw Problem.notFound
        }
        guard known.status == .open else { throw Problem.quoteConsumed }
        var request = known.request
        change(&request)
        let next = try price(request, id: id, version: known.version + 1, for: member, in: tx)
        try tx.insert(next.quote, shownAs: next.view)
        return next.view
    }

    package func quote(_ id: ID<Quote>, of member: ID<Member>) async throws -> QuoteView {
        let view = try await database.read { try $0.quoteView(id, of: member) }
        guard let view else { throw Problem.notFound }
        return view
    }

    /// What a quote's latest version takes from the wallet: whether an order of it asks for the
    /// payment password.
    func quotedWalletAmount(_ id: ID<Quote>, of member: ID<Member>) async throws -> Amount {
        let amount = try await database.read { try $0.quotedWalletAmount(id, of: member) }
        guard let amount else { throw Problem.notFound }
        return amount
    }

    /// What was priced, with what it was priced from: an order is made of both.
    struct Priced {
        var quote: Quote
        var view: QuoteView
        var pricing: Pricing
        var offers: [Offer]
        var seller: any Seller
    }

    func price(
        _ request: QuoteRequest, id: ID<Quote>, version: Int64, for member: ID<Member>,
        in snapshot: Snapshot
    ) throws -> Priced {
        let (seller, offers) = try offers(for: request, member: member, in: snapshot)
        let asked = try pricingRequest(request, seller, offers, member: member, in: snapshot)
        let pricing = try Pricing(asked, at: snapshot.now)
        let coupons = try snapshot.couponsToChoose(of: member)
        let expiresAt = snapshot.now + settings.quotePeriod
        let view = try quoteView(
            pricing, asked, offers, coupons, id: id, version: version, expiresAt: expiresAt,
            now: snapshot.now)
        let quote = Quote(
            id: id, version: version, member: member, status: .open, request: request,
            price: QuotePrice(of: view), expiresAt: expiresAt)
        return Priced(
            quote: quote, view: view, pricing: pricing, offers: offers, seller: seller)
    }

    private func offers(for request: QuoteRequest, member: ID<Member>, in snapshot: Snapshot)
        throws -> (any Seller, [Offer])
    {
        guard !request.lines.isEmpty else { throw Problem.linesMissing }
        var wanted: [OfferRequest] = []
        for (index, line) in request.lines.enumerated() {
            guard let product = product(line.courseId) else {
                throw Problem.notForSale.at("/lines/\(index)/courseId")
            }
            let policy = line.policyId.map { ID<PolicyName>($0) }
            if case .some(nil) = policy {
                throw Problem.notForSale.at("/lines/\(index)/policyId")
            }
            wanted.append(OfferRequest(product: product, policyID: policy??.rawValue))
        }
        let seller = try seller(of: wanted[0].product)
        guard wanted.allSatisfy({ seller.productKinds.values.contains($0.product.kind) }) else {
            throw Problem.oneBusinessPerOrder
        }
        return (seller, try seller.offers(wanted, to: member, in: snapshot))
    }

    private func pricingRequest(
        _ request: QuoteRequest, _ seller: any Seller, _ offers: [Offer], member: ID<Member>,
        in snapshot: Snapshot
    ) throws -> PricingRequest {
        var lines: [PricingLine] = []
        for (line, offer) in zip(request.lines, offers) {
            let groups = offer.categories.map { ProductRef(kind: "category", id: $0) }
            let target = CouponTarget(
                offer.product, groups: Set(groups), business: seller.business)
            lines.append(
                PricingLine(
                    target, listPrice: offer.listPrice,
                    coupon: try own(
                        line.couponId, member, "/lines/\(lines.count)/couponId", snapshot)
                ))
        }
        return PricingRequest(
            lines: lines,
            orderCoupon: try own(request.orderCouponId, member, "/orderCouponId", snapshot),
            walletAmount: request.walletAmount ?? .zero)
    }

    /// A coupon of the member's own; another's does not exist (commerce C26).
    private func own(
        _ id: ID<Coupon>?, _ member: ID<Member>, _ pointer: String, _ snapshot: Snapshot
    ) throws -> Coupon? {
        guard let id else { return nil }
        guard let coupon = try snapshot.coupon(id, of: member) else {
            throw Problem.notFound.at(pointer)
        }
        return coupon
    }

    private func quoteView(
        _ pricing: Pricing, _ asked: PricingRequest, _ offers: [Offer], _ coupons: [Coupon],
        id: ID<Quote>, version: Int64, expiresAt: Instant, now: Instant
    ) throws -> QuoteView {
        var lines: [QuoteView.Line] = []
        for (index, offer) in offers.enumerated() {
            let priced = pricing.lines[index]
            let choices = CouponChoices(forLine: index, of: asked, among: coupons, at: now)
            lines.append(
                QuoteView.Line(
                    courseId: text(offer.product),
                    policyId: ID<PolicyName>(rawValue: offer.policyID).description,
                    title: offer.title, days: offer.days, listPrice: priced.listPrice,
                    lineDiscount: priced.lineDiscount, orderDiscount: priced.orderDiscount,
                    net: priced.net, wallet: priced.wallet, gateway: priced.gateway,
                    couponId: OrNull(priced.couponID), usableCoupons: choices.usableViews,
                    unusableCoupons: choices.unusableViews))
        }
        let choices = try CouponChoices(forOrder: asked, among: coupons, at: now)
        return QuoteView(
            id: id, version: version, status: .open, currency: Currency.cny.code,
            expiresAt: expiresAt, listTotal: pricing.listTotal, lineDiscount: pricing.lineDiscount,
            orderDiscount: pricing.orderDiscount, total: pricing.total,
            walletAmount: pricing.walletAmount, gatewayAmount: pricing.gatewayAmount, lines: lines,
            orderCouponId: OrNull(pricing.orderCouponID), usableOrderCoupons: choices.usableViews,
            unusableOrderCoupons: choices.unusableViews)
    }
}
