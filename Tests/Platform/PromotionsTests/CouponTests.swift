import Basics
import Money
import Testing

@testable import Promotions

/// The life of a coupon: unused, reserved, used, and back (commerce D9, D11, defects 4 and 30).
@Suite struct CouponTests {
    private let start = Instant.at("2018-06-10T00:00:00Z")

    /// Valid from the 12th to the 14th.
    private func coupon(isRevoked: Bool = false) -> Coupon {
        Coupon(
            id: .make(), template: .make(), member: alice, serial: 1,
            window: TimeWindow(from: start + .days(2), until: start + .days(4)),
            claimedAt: start, terms: CouponTerms(name: "", benefit: .amountOff(Amount(4_000))),
            isRevoked: isRevoked)
    }

    @Test func `time alone makes it usable and expired`() {
        let coupon = coupon()
        #expect(coupon.obstacle(at: start) == .notYetValid)
        #expect(coupon.obstacle(at: start + .days(2)) == nil)
        #expect(coupon.obstacle(at: start + .days(4)) == .expired)
        #expect(coupon.status(at: start) == .unused)
        #expect(coupon.status(at: start + .days(4)) == .expired)
    }

    @Test func `reserved by one order it is no other's, and stays good past its window`() throws {
        var coupon = coupon()
        try coupon.reserve(for: "ord_1", at: start + .days(3))
        #expect(coupon.obstacle(at: start + .days(3), for: "ord_2") == .notAvailable)
        #expect(coupon.obstacle(at: start + .days(3)) == .notAvailable)
        #expect(throws: Problem.couponNotAvailable) {
            try coupon.reserve(for: "ord_2", at: start + .days(3))
        }
        try coupon.use(for: "ord_1", discount: Amount(4_000), at: start + .days(5))
        #expect(coupon.status(at: start + .days(5)) == .used)
        #expect(coupon.discount == Amount(4_000))
    }

    @Test func `one coupon is one use (commerce defect 4)`() throws {
        var coupon = coupon()
        try coupon.use(for: "ord_1", discount: Amount(1), at: start + .days(3))
        for order in ["ord_1", "ord_2"] {
            #expect(throws: Problem.couponNotAvailable) {
                try coupon.use(for: order, discount: Amount(1), at: start + .days(3))
            }
        }
    }

    @Test func `given back it is unused inside its window and expired past it`() throws {
        var coupon = coupon()
        try coupon.reserve(for: "ord_1", at: start + .days(3))
        #expect(throws: Problem.couponNotAvailable) { try coupon.giveBack(from: "ord_2") }
        try coupon.giveBack(from: "ord_1")
        #expect(coupon.status(at: start + .days(3)) == .unused)
        #expect(coupon.status(at: start + .days(4)) == .expired)
        #expect(throws: Problem.couponNotAvailable) { try coupon.giveBack(from: "ord_1") }
    }

    @Test func `a revoked coupon cannot be used, an order that has it keeps it`() throws {
        let revoked = coupon(isRevoked: true)
        #expect(revoked.obstacle(at: start + .days(3)) == .notAvailable)
        #expect(revoked.status(at: start + .days(3)) == .revoked)

        var reserved = revoked
        reserved.stored = .reserved
        reserved.order = "ord_1"
        #expect(throws: Never.self) {
            try reserved.use(for: "ord_1", discount: Amount(1), at: start + .days(3))
        }
    }
}
