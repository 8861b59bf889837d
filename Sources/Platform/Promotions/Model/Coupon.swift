import Basics
import Money
import Store
import Web

/// A member's coupon: one use of its template's terms, in a window of its own.
///
/// unused -reserve-> reserved -use-> used; release and a returned use lead back to unused. *Expired*
/// is unused after the window; *revoked* is unused under a revoked template. Neither is stored, so
/// that nothing has to sweep.
package struct Coupon: Entity, Hashable, Sendable {
    package static let prefix = "cpn"

    package enum Stored: String, SQLText, Sendable {
        case unused, reserved, used
    }

    package enum Status: String, Codable, CaseIterable, Sendable {
        case unused, reserved, used, expired, revoked
    }

    package let id: ID<Coupon>
    package let template: ID<CouponTemplate>
    package let member: ID<Member>
    /// The member's first, second, … of this template.
    package let serial: Int64
    package let window: TimeWindow
    package let claimedAt: Instant
    package let terms: CouponTerms
    package let isRevoked: Bool
    package internal(set) var stored = Stored.unused
    /// The reference of the order that has it or used it.
    package internal(set) var order: String?
    package internal(set) var usedAt: Instant?
    /// What it took off when it was used.
    package internal(set) var discount: Amount?

    package func status(at now: Instant) -> Status {
        switch stored {
        case .reserved: .reserved
        case .used: .used
        case .unused: isRevoked ? .revoked : window.until <= now ? .expired : .unused
        }
    }

    /// What keeps it from being used by `order` now, whatever it is used for. A coupon that this
    /// order has reserved is the order's, even past its window (commerce D9).
    package func obstacle(at now: Instant, for order: String? = nil) -> CouponObstacle? {
        if stored == .reserved, order != nil, order == self.order { return nil }
        guard stored == .unused, !isRevoked else { return .notAvailable }
        if window.until <= now { return .expired }
        return now < window.from ? .notYetValid : nil
    }
}

extension Coupon {
    /// Sets it aside for an order that is about to be paid.
    mutating func reserve(for order: String, at now: Instant) throws(Problem) {
        if let obstacle = obstacle(at: now, for: order) { throw obstacle.problem }
        stored = .reserved
        self.order = order
    }

    /// The order is paid.
    mutating func use(for order: String, discount: Amount, at now: Instant) throws(Problem) {
        try reserve(for: order, at: now)
        stored = .used
        usedAt = now
        self.discount = discount
    }

    /// Gives it back (commerce D11). Its window is as it was: past it, it is expired.
    mutating func giveBack(from order: String) throws(Problem) {
        guard stored != .unused, self.order == order else { throw .couponNotAvailable }
        stored = .unused
        self.order = nil
        usedAt = nil
        discount = nil
    }
}
