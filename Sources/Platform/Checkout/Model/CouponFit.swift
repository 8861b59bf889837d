import Basics
import Money
import Promotions

/// What a coupon does for a line or an order: take something off, or nothing for a reason.
enum CouponFit: Hashable, Sendable {
    case usable(Amount)
    case unusable(CouponObstacle)
}

extension Coupon {
    /// On one line. Its threshold looks at the line's list price (commerce D3).
    func onLine(_ line: PricingLine, at now: Instant, for order: String?) -> CouponFit {
        guard terms.scope.kind.isForLines, terms.scope.covers(line.target) else {
            return .unusable(.notForThis)
        }
        if let obstacle = obstacle(at: now, for: order) { return .unusable(obstacle) }
        if let shortfall = terms.shortfall(on: line.listPrice) {
            return .unusable(.thresholdNotMet(base: line.listPrice, shortfall: shortfall))
        }
        return .usable(terms.discount(on: line.listPrice))
    }

    /// On the order as a whole, over the lines it is for: the others count neither for the threshold
    /// nor for the discount (commerce D3).
    func onOrder(_ cart: DiscountedCart, at now: Instant, for order: String?) throws(Problem)
        -> CouponFit
    {
        let lines = cart.lines.filter { terms.scope.covers($0.target) }
        guard !terms.scope.kind.isForLines, !lines.isEmpty else { return .unusable(.notForThis) }
        if let obstacle = obstacle(at: now, for: order) { return .unusable(obstacle) }
        let remaining = try lines.map(\.remaining).total()
        let base =
            switch terms.thresholdBase {
            case .afterLine: remaining
            case .list: try lines.map(\.listPrice).total()
            }
        if let shortfall = terms.shortfall(on: base) {
            return .unusable(.thresholdNotMet(base: base, shortfall: shortfall))
        }
        return .usable(terms.discount(on: remaining))
    }
}

/// The coupons a member could choose from at one place of a quote, and why not the others.
package struct CouponChoices: Hashable, Sendable {
    package struct Usable: Hashable, Sendable {
        package let coupon: Coupon
        package let discount: Amount
    }

    package struct Unusable: Hashable, Sendable {
        package let coupon: Coupon
        package let obstacle: CouponObstacle
    }

    /// The best first; of equals the one that ends sooner.
    package private(set) var usable: [Usable] = []
    /// The nearest to its threshold first, then the rest.
    package private(set) var unusable: [Unusable] = []

    private init(_ fits: [(coupon: Coupon, fit: CouponFit)]) {
        for (coupon, fit) in fits {
            switch fit {
            case .usable(let discount): usable.append(.init(coupon: coupon, discount: discount))
            case .unusable(let obstacle):
                unusable.append(.init(coupon: coupon, obstacle: obstacle))
            }
        }
        usable.sort {
            ($1.discount, $0.coupon.window.until, $0.coupon.id)
                < ($0.discount, $1.coupon.window.until, $1.coupon.id)
        }
        let last = Amount(.max)
        unusable.sort {
            ($0.obstacle.shortfall ?? last, $0.coupon.id)
                < ($1.obstacle.shortfall ?? last, $1.coupon.id)
        }
    }

    /// For the line at `index`: of the coupons for lines, what each would do there.
    package init(
        forLine index: Int, of request: PricingRequest, among coupons: [Coupon], at now: Instant
    ) {
        let line = request.lines[index]
        let chosen = Set(
            request.lines.enumerated().filter { $0.offset != index }.compactMap {
                $0.element.coupon?.id
            })
        self.init(
            coupons.filter { $0.terms.scope.kind.isForLines }.map { coupon in
                let fit = coupon.onLine(line, at: now, for: request.order)
                guard case .usable = fit, chosen.contains(coupon.id) else { return (coupon, fit) }
                return (coupon, .unusable(.chosenElsewhere))
            })
    }

    /// For the order: of all other coupons, what each would do after the chosen line coupons.
    package init(forOrder request: PricingRequest, among coupons: [Coupon], at now: Instant)
        throws(Problem)
    {
        let cart = try DiscountedCart(request, at: now)
        var fits: [(coupon: Coupon, fit: CouponFit)] = []
        for coupon in coupons where !coupon.terms.scope.kind.isForLines {
            fits.append((coupon, try coupon.onOrder(cart, at: now, for: request.order)))
        }
        self.init(fits)
    }
}
