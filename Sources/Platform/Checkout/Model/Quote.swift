import Basics
import Money
import Promotions
import Store
import Web

/// A priced answer to "what would this cost?", good for a quarter of an hour. A version never
/// changes; asking for something else makes the next one.
package struct Quote: Entity, Sendable {
    package static let prefix = "quo"

    package enum Status: String, SQLText, Codable, CaseIterable {
        case open
        /// An order was made of it.
        case consumed
    }

    package var id: ID<Quote>
    package var version: Int64
    package var member: ID<Member>
    package var status: Status
    package var request: QuoteRequest
    package var price: QuotePrice
    package var expiresAt: Instant
}

/// What a version costs, without what is only shown: an order asks for no more.
package struct QuotePrice: Hashable, Sendable {
    package var total: Amount
    package var walletAmount: Amount
    /// What must be the same, line by line, for a price to count as unchanged.
    var lines: String

    init(total: Amount, walletAmount: Amount, lines: String) {
        self.total = total
        self.walletAmount = walletAmount
        self.lines = lines
    }

    init(of view: QuoteView) {
        total = view.total
        walletAmount = view.walletAmount
        lines = view.lines.map { line in
            let sums = [
                line.listPrice, line.lineDiscount, line.orderDiscount, line.net, line.wallet,
            ]
            return "\(line.policyId):" + sums.map { "\($0.minorUnits)" }.joined(separator: ",")
        }.joined(separator: ";")
    }
}

/// What was asked for, kept so that it can be priced again.
package struct QuoteRequest: Codable, Hashable, Sendable {
    package struct Line: Codable, Hashable, Sendable {
        package var courseId: String
        package var policyId: String?
        package var couponId: ID<Coupon>?

        package init(courseId: String, policyId: String? = nil, couponId: ID<Coupon>? = nil) {
            self.courseId = courseId
            self.policyId = policyId
            self.couponId = couponId
        }
    }

    package var lines: [Line]
    package var orderCouponId: ID<Coupon>?
    package var walletAmount: Amount?

    package init(
        lines: [Line], orderCouponId: ID<Coupon>? = nil, walletAmount: Amount? = nil
    ) {
        self.lines = lines
        self.orderCouponId = orderCouponId
        self.walletAmount = walletAmount
    }
}

/// A quote as it is shown, and as it is stored: to the letter.
package struct QuoteView: Codable, Hashable, Sendable {
    package struct UsableCoupon: Codable, Hashable, Sendable {
        package var id: ID<Coupon>
        package var name: String
        package var discount: Amount
        package var validUntil: Instant
    }

    package struct UnusableCoupon: Codable, Hashable, Sendable {
        package var id: ID<Coupon>
        package var name: String
        package var reason: String
        package var shortfall: Amount?
    }

    package struct Line: Codable, Hashable, Sendable {
        package var courseId: String
        package var policyId: String
        package var title: String
        package var days: Int64?
        package var listPrice: Amount
        package var lineDiscount: Amount
        package var orderDiscount: Amount
        package var net: Amount
        package var wallet: Amount
        package var gateway: Amount
        package var couponId: OrNull<ID<Coupon>>
        package var usableCoupons: [UsableCoupon]
        package var unusableCoupons: [UnusableCoupon]
    }

    package var id: ID<Quote>
    package var version: Int64
    package var status: Quote.Status
    package var currency: String
    package var expiresAt: Instant
    package var listTotal: Amount
    package var lineDiscount: Amount
    package var orderDiscount: Amount
    package var total: Amount
    package var walletAmount: Amount
    package var gatewayAmount: Amount
    package var lines: [Line]
    package var orderCouponId: OrNull<ID<Coupon>>
    package var usableOrderCoupons: [UsableCoupon]
    package var unusableOrderCoupons: [UnusableCoupon]
}

extension CouponChoices {
    var usableViews: [QuoteView.UsableCoupon] {
        usable.map {
            .init(
                id: $0.coupon.id, name: $0.coupon.terms.name, discount: $0.discount,
                validUntil: $0.coupon.window.until)
        }
    }

    var unusableViews: [QuoteView.UnusableCoupon] {
        unusable.map {
            .init(
                id: $0.coupon.id, name: $0.coupon.terms.name, reason: $0.obstacle.reason,
                shortfall: $0.obstacle.shortfall)
        }
    }
}
