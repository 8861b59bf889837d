import Basics
import Money
import Store

/// What an order does with coupons, inside its own transaction: it locks them all at once
/// (`lockCoupons`), then reserves, uses or returns each.
extension Transaction {
    /// Sets a coupon aside for an order that waits for its payment.
    /// - Throws: `coupon-not-available` (409) if it is used, revoked or another order's;
    ///   `coupon-expired`, `coupon-not-yet-valid` (422).
    @discardableResult
    package func reserve(_ coupon: Locked<Coupon>, for order: String) throws -> Locked<Coupon> {
        var coupon = coupon
        try coupon.value.reserve(for: order, at: now)
        try save(coupon)
        return coupon
    }

    /// The order is paid. A coupon that it reserved is used even if the window has passed since.
    @discardableResult
    package func use(_ coupon: Locked<Coupon>, for order: String, discount: Amount) throws
        -> Locked<Coupon>
    {
        var coupon = coupon
        try coupon.value.use(for: order, discount: discount, at: now)
        try save(coupon)
        return coupon
    }

    /// The order ended unpaid, or what the coupon was used for was refunded: it is unused again, or
    /// expired if its window has passed (commerce D11).
    @discardableResult
    package func giveBack(_ coupon: Locked<Coupon>, from order: String) throws -> Locked<Coupon> {
        var coupon = coupon
        try coupon.value.giveBack(from: order)
        try save(coupon)
        return coupon
    }
}
