import Basics
import Money
import Store

/// What a coupon promises: how much off, on what, from which sum on. Fixed when its template is
/// made; nothing about it ever changes for a coupon that was claimed.
package struct CouponTerms: Hashable, Sendable {
    package let name: String
    package let benefit: Benefit
    /// The least sum it takes; zero asks for nothing.
    package let minimumSpend: Amount
    package let thresholdBase: ThresholdBase
    package let scope: CouponScope

    package init(
        name: String, benefit: Benefit, minimumSpend: Amount = .zero,
        thresholdBase: ThresholdBase = .afterLine, scope: CouponScope = .all
    ) {
        self.name = name
        self.benefit = benefit
        self.minimumSpend = minimumSpend
        self.thresholdBase = thresholdBase
        self.scope = scope
    }

    /// 立减, 满减, 折扣.
    package enum Kind: String, SQLText, Codable, CaseIterable, Sendable {
        case amountOff = "amount-off"
        case thresholdOff = "threshold-off"
        case percentOff = "percent-off"
    }

    package enum Benefit: Hashable, Sendable {
        case amountOff(Amount)
        case thresholdOff(Amount)
        /// 79 is 7.9折: 79 % are *paid* (commerce D4).
        case percentOff(pay: Int64, atMost: Amount?)

        package var kind: Kind {
            switch self {
            case .amountOff: .amountOff
            case .thresholdOff: .thresholdOff
            case .percentOff: .percentOff
            }
        }
    }

    /// Which sum an order coupon's threshold looks at: what remains after line coupons, or list
    /// prices (commerce D3). A line coupon's threshold always looks at the line's list price.
    package enum ThresholdBase: String, SQLText, Codable, CaseIterable, Sendable {
        case afterLine = "after-line"
        case list
    }

    /// What it takes off `base`: rounded once, half up, on what is paid, and never more than the base
    /// (commerce D4, D5, defects 2 and 20). Face value beyond the base is lost.
    /// - Precondition: `base` is not negative.
    package func discount(on base: Amount) -> Amount {
        switch benefit {
        case .amountOff(let value), .thresholdOff(let value):
            return min(value, base)
        case .percentOff(let pay, let most):
            let discount = Amount(base.minorUnits - base.percent(pay).minorUnits)
            return most.map { min($0, discount) } ?? discount
        }
    }

    /// How far `base` is below the threshold; nil if it is reached.
    package func shortfall(on base: Amount) -> Amount? {
        base < minimumSpend ? Amount(minimumSpend.minorUnits - base.minorUnits) : nil
    }
}

/// Why a coupon cannot be used for something, in the words of the API.
package enum CouponObstacle: Hashable, Sendable {
    case notForThis
    case thresholdNotMet(base: Amount, shortfall: Amount)
    case expired, notYetValid
    /// Used, revoked, or reserved by another order.
    case notAvailable
    /// Named for another line of the same quote: one coupon is one use.
    case chosenElsewhere

    package var reason: String {
        switch self {
        case .notForThis: "not-for-this"
        case .thresholdNotMet: "threshold-not-met"
        case .expired: "expired"
        case .notYetValid: "not-yet-valid"
        case .notAvailable: "not-available"
        case .chosenElsewhere: "chosen-elsewhere"
        }
    }

    package var shortfall: Amount? {
        if case .thresholdNotMet(_, let shortfall) = self { shortfall } else { nil }
    }

    /// The refusal for a client that named the coupon all the same: never silently dropped
    /// (commerce D8, defect 19).
    package var problem: Problem {
        switch self {
        case .notForThis: .couponNotApplicable
        case .thresholdNotMet(let base, let shortfall):
            .couponThresholdNotMet(base: base, shortfall: shortfall)
        case .expired: .couponExpired
        case .notYetValid: .couponNotYetValid
        case .notAvailable: .couponNotAvailable
        case .chosenElsewhere: .couponNamedTwice
        }
    }
}
