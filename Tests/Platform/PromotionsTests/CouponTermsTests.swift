import Basics
import Money
import Testing

@testable import Promotions

/// commerce D4, D5: one rounding per coupon, never more than the base.
@Suite struct CouponTermsTests {
    @Test(arguments: [
        (CouponTerms.Benefit.amountOff(Amount(4_000)), 59_900, 4_000),  // C1
        (.percentOff(pay: 79, atMost: nil), 59_900, 12_579),  // C4
        (.percentOff(pay: 75, atMost: nil), 50, 12),  // C5: 37.5 to pay is 38
        (.amountOff(Amount(4_000)), 3_000, 3_000),  // C6
        (.percentOff(pay: 88, atMost: nil), 5_970, 716),  // C9
        (.percentOff(pay: 1, atMost: nil), 0, 0),
        (.percentOff(pay: 1, atMost: nil), 1, 1),
        (.percentOff(pay: 99, atMost: nil), 49, 0),
        (.percentOff(pay: 50, atMost: Amount(1_000)), 5_000, 1_000),
        (.percentOff(pay: 50, atMost: Amount(1_000)), 1_000, 500),
        (.thresholdOff(Amount(20_000)), 66_100, 20_000),
    ])
    func `a discount is rounded once, on what is paid, and capped at its base`(
        benefit: CouponTerms.Benefit, base: Int64, discount: Int64
    ) {
        let terms = CouponTerms(name: "", benefit: benefit)
        #expect(terms.discount(on: Amount(base)) == Amount(discount))
    }

    @Test(arguments: 1...99)
    func `79 means 79 percent are paid, for every percentage (commerce defect 2)`(pay: Int) {
        let terms = CouponTerms(name: "", benefit: .percentOff(pay: Int64(pay), atMost: nil))
        #expect(terms.discount(on: Amount(100_000)) == Amount(100_000 - 1_000 * Int64(pay)))
    }

    @Test(arguments: [
        CouponTerms.Benefit.amountOff(Amount(.max)), .percentOff(pay: 1, atMost: nil),
        .percentOff(pay: 99, atMost: nil), .thresholdOff(Amount(1)),
    ])
    func `no discount exceeds its base or falls below zero (commerce defect 20)`(
        benefit: CouponTerms.Benefit
    ) {
        let terms = CouponTerms(name: "", benefit: benefit)
        for base in [Int64(0), 1, 2, 49, 50, 51, 1_000_000_007, .max] {
            let discount = terms.discount(on: Amount(base))
            #expect(.zero <= discount && discount <= Amount(base))
        }
    }

    @Test func `a threshold is reached at its very sum`() {
        let terms = CouponTerms(
            name: "", benefit: .thresholdOff(Amount(20_000)), minimumSpend: Amount(50_000))
        #expect(terms.shortfall(on: Amount(48_000)) == Amount(2_000))
        #expect(terms.shortfall(on: Amount(49_999)) == Amount(1))
        #expect(terms.shortfall(on: Amount(50_000)) == nil)
    }
}

/// Type and id must match.
@Suite struct CouponScopeTests {
    private enum Course: Entity { static let prefix = "crs" }
    private let course = ID<Course>(rawValue: 7)

    private func target(_ kind: String, groups: Set<ProductRef> = []) -> CouponTarget {
        CouponTarget(ProductRef(kind: kind, id: course), groups: groups, business: "courses")
    }

    @Test
    func `a degree-course coupon never fits the course with the same number (commerce defect 29)`()
    {
        let scope = CouponScope(.degreeCourse, course)
        #expect(scope.covers(target("degree-course")))
        #expect(!scope.covers(target("course")))
        #expect(!CouponScope(.course, course).covers(target("degree-course")))
    }

    @Test func `a course coupon fits its course and no other`() {
        #expect(CouponScope(.course, course).covers(target("course")))
        #expect(!CouponScope(.course, ID<Course>(rawValue: 8)).covers(target("course")))
    }

    @Test func `a category coupon fits what is in the category or below it`() {
        let scope = CouponScope(.category, id: "cat_\(Base32.encode(5))")
        let inside = target("course", groups: [ProductRef(kind: "category", id: 5)])
        let outside = target("course", groups: [ProductRef(kind: "category", id: 7)])
        #expect(scope.covers(inside))
        #expect(!scope.covers(outside))
    }

    @Test func `a business coupon fits what the business sells, an all coupon everything`() {
        #expect(CouponScope.business("courses").covers(target("course")))
        #expect(!CouponScope.business("rentals").covers(target("course")))
        #expect(CouponScope.all.covers(target("course")))
    }

    @Test func `a lending voucher fits no course`() {
        #expect(!CouponScope(.lending).covers(target("course")))
    }

    @Test(arguments: ["", "crs", "crs_", "crs_7", "crs_zzzzzzzzzzzzz", "0000000000007"])
    func `what is no id fits nothing`(id: String) {
        let scope = CouponScope(.course, id: id)
        #expect(scope.reference == nil)
        #expect(!scope.covers(target("course")))
    }
}
