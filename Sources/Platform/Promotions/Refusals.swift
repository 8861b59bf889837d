import Basics
import Money

/// Every way in which Promotions says no.
extension Problem {
    // A template and its claims.
    static let couponExhausted = conflict("coupon-exhausted")
    static let couponPaused = conflict("coupon-paused")
    static let couponRevoked = conflict("coupon-revoked")
    static let couponNotYetClaimable = conflict("coupon-not-yet-claimable")
    static let couponClaimsEnded = conflict("coupon-claims-ended")
    static let couponScopeUnknown = rule("coupon-scope-unknown", "/scope/id")

    static func couponLimitReached(_ perMember: Int64) -> Problem {
        Problem(.conflict, "coupon-limit-reached", parameters: ["perMember": .number(perMember)])
    }

    // A coupon that was named for an order.
    package static let couponNotAvailable = conflict("coupon-not-available")
    package static let couponNotApplicable = rule("coupon-not-applicable")
    package static let couponExpired = rule("coupon-expired")
    package static let couponNotYetValid = rule("coupon-not-yet-valid")
    package static let couponNamedTwice = rule("coupon-named-twice")

    package static func couponThresholdNotMet(base: Amount, shortfall: Amount) -> Problem {
        Problem(
            .rule, "coupon-threshold-not-met",
            parameters: [
                "base": .money(base.minorUnits), "shortfall": .money(shortfall.minorUnits),
            ])
    }
}
