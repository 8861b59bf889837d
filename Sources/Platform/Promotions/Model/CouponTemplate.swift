import Basics
import Money
import Store
import Web

/// A kind of coupon that members can claim: its terms, how many there are, how many each may have,
/// and when.
package struct CouponTemplate: Entity, Hashable, Sendable {
    package static let prefix = "tpl"

    /// What an operator has said; everything else follows from the time.
    package enum Flag: String, SQLText, Sendable {
        case active, paused, revoked
    }

    package enum Status: String, Codable, CaseIterable, Sendable {
        case scheduled, claiming, exhausted, ended, paused, revoked
    }

    /// When its coupons can be used.
    package enum Validity: Hashable, Sendable {
        case fixed(TimeWindow)
        /// Days of 24 hours from the claim.
        case days(Int64)

        package func window(claimedAt now: Instant) -> TimeWindow {
            switch self {
            case .fixed(let window): window
            case .days(let count): TimeWindow(from: now, until: now + .days(count))
            }
        }
    }

    package let id: ID<CouponTemplate>
    package let terms: CouponTerms
    package let quantity: Int64
    package let perMember: Int64
    package let claimWindow: TimeWindow
    package let validity: Validity
    package let createdAt: Instant
    package let createdBy: ID<Member>
    package internal(set) var claimed: Int64 = 0
    package internal(set) var flag = Flag.active

    package var remaining: Int64 { quantity - claimed }

    package func status(at now: Instant) -> Status {
        switch flag {
        case .paused: return .paused
        case .revoked: return .revoked
        case .active: break
        }
        if now < claimWindow.from { return .scheduled }
        if claimsEnd <= now { return .ended }
        return remaining > 0 ? .claiming : .exhausted
    }

    /// Nobody can claim what could never be used.
    package var claimsEnd: Instant {
        switch validity {
        case .fixed(let window): min(claimWindow.until, window.until)
        case .days: claimWindow.until
        }
    }
}

extension CouponTemplate {
    /// One more coupon for `member`, who has claimed `alreadyClaimed` of them.
    ///
    /// Quantity, window and limit are looked at under the template's lock, which is what makes them
    /// hold in any race (commerce C14, C15, defect 32).
    mutating func claim(
        for member: ID<Member>, alreadyClaimed: Int64, at now: Instant
    ) throws(Problem) -> Coupon {
        switch status(at: now) {
        case .revoked: throw .couponRevoked
        case .paused: throw .couponPaused
        case .scheduled: throw .couponNotYetClaimable
        case .ended: throw .couponClaimsEnded
        case .claiming, .exhausted: break
        }
        guard alreadyClaimed < perMember else { throw .couponLimitReached(perMember) }
        guard remaining > 0 else { throw .couponExhausted }
        claimed += 1
        return Coupon(
            id: .make(), template: id, member: member, serial: alreadyClaimed + 1,
            window: validity.window(claimedAt: now), claimedAt: now, terms: terms,
            isRevoked: false)
    }

    mutating func pause() throws(Problem) {
        guard flag != .revoked else { throw .couponRevoked }
        flag = .paused
    }

    mutating func resume() throws(Problem) {
        guard flag != .revoked else { throw .couponRevoked }
        flag = .active
    }

    /// For good: what members hold unused becomes unusable; what an order has reserved stays its.
    mutating func revoke() { flag = .revoked }
}
