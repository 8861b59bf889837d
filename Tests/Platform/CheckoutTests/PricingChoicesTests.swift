import Basics
import Money
import Promotions
import Testing

@testable import Checkout

/// Which coupons are offered where, and why not the others.
@Suite struct PricingChoicesTests {
    @Test func `a line is offered its coupons, the best first (commerce defects 11, 27)`() {
        let coupons: [Coupon] = [
            .sample(.off(100), scope: .course(1), id: 1),
            .sample(.pay(79), scope: .course(1), id: 2),
            .sample(.off(100), scope: .course(1), days: -1...9, id: 3),
            .sample(.off(900), scope: .course(2), id: 4),
            .sample(.off(900)),
        ]
        let choices = CouponChoices(
            forLine: 0, of: cart([1_000, 1_000]), among: coupons, at: pricingTime)
        #expect(choices.usable.map(\.coupon.id.rawValue) == [2, 1, 3])
        #expect(choices.usable.map(\.discount.minorUnits) == [210, 100, 100])
        #expect(choices.unusable.map(\.coupon.id.rawValue) == [4])
        #expect(choices.unusable.map(\.obstacle.reason) == ["not-for-this"])
    }

    @Test func `the others are shown with the reason and the shortfall`() throws {
        let coupons: [Coupon] = [
            .sample(.off(100), days: -3 ... -1, id: 1),
            .sample(.off(100), days: 1...3, id: 2),
            .sample(.off(100), scope: .business("rentals"), id: 3),
            .sample(.off(100), id: 4).reserved(by: "ord_1"),
            .sample(.thresholdOff(Amount(100)), minimum: 5_000, id: 5),
            .sample(.thresholdOff(Amount(100)), minimum: 1_500, id: 6),
            .sample(.off(100), scope: .course(1), id: 7),
        ]
        let choices = try CouponChoices(
            forOrder: cart([1_000]), among: coupons, at: pricingTime)
        #expect(choices.usable.isEmpty)
        #expect(choices.unusable.map(\.coupon.id.rawValue) == [6, 5, 1, 2, 3, 4])
        #expect(
            choices.unusable.map(\.obstacle.reason) == [
                "threshold-not-met", "threshold-not-met", "expired", "not-yet-valid",
                "not-for-this", "not-available",
            ])
        #expect(
            choices.unusable.map { $0.obstacle.shortfall?.minorUnits }
                == [500, 4_000, nil, nil, nil, nil])
    }

    @Test func `the order's coupons are looked at after the line coupons`() throws {
        let threshold = Coupon.sample(.thresholdOff(Amount(100)), minimum: 1_000)
        let request = cart([1_000], coupons: [0: .sample(.off(1), scope: .course(1))])
        let choices = try CouponChoices(forOrder: request, among: [threshold], at: pricingTime)
        #expect(choices.unusable.map { $0.obstacle.shortfall } == [Amount(1)])
    }

    @Test func `a coupon chosen for one line is not offered for another`() {
        let coupon = Coupon.sample(.off(1), scope: .category(5))
        var request = cart([100, 100], coupons: [0: coupon])
        for index in 0...1 { request.lines[index].target = .course(Int64(index), category: 5) }
        let first = CouponChoices(forLine: 0, of: request, among: [coupon], at: pricingTime)
        let second = CouponChoices(forLine: 1, of: request, among: [coupon], at: pricingTime)
        #expect(first.usable.count == 1)
        #expect(second.unusable.map(\.obstacle) == [.chosenElsewhere])
    }

    @Test func `what is offered as usable is priced as offered`() throws {
        let coupon = Coupon.sample(.pay(75), scope: .course(1))
        let request = cart([50])
        let choices = CouponChoices(forLine: 0, of: request, among: [coupon], at: pricingTime)
        let pricing = try price(cart([50], coupons: [0: coupon]))
        #expect(choices.usable.map(\.discount) == [pricing.lineDiscount])
    }
}
