import Basics
import Money
import Promotions
import Testing

@testable import Checkout

/// commerce C1-C9: what carts cost, to the fen.
@Suite struct PricingTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let cart: PricingRequest
        let lineDiscounts: [Int64]
        let orderDiscounts: [Int64]
        let nets: [Int64]
        var testDescription: String { name }
    }

    static let cases = [
        Case(
            name: "C1: 立减 on a line",
            cart: cart([59_900], coupons: [0: .sample(.off(4_000), scope: .course(1))]),
            lineDiscounts: [4_000], orderDiscounts: [0], nets: [55_900]),
        Case(
            name: "C2: 满减 on a line, 满减 on what remains", cart: seedTwo,
            lineDiscounts: [0, 6_000], orderDiscounts: [3_691, 16_309], nets: [8_509, 37_591]),
        Case(
            name: "C4: 79 is 7.9折 (commerce defect 2)",
            cart: cart([59_900], coupons: [0: .sample(.pay(79), scope: .course(1))]),
            lineDiscounts: [12_579], orderDiscounts: [0], nets: [47_321]),
        Case(
            name: "C5: half a fen to pay is rounded up",
            cart: cart([50], coupons: [0: .sample(.pay(75), scope: .course(1))]),
            lineDiscounts: [12], orderDiscounts: [0], nets: [38]),
        Case(
            name: "C6: no change is given (commerce defect 20)",
            cart: cart([3_000], coupons: [0: .sample(.off(4_000), scope: .course(1))]),
            lineDiscounts: [3_000], orderDiscounts: [0], nets: [0]),
        Case(
            name: "C7: equal remainders go to the earlier line",
            cart: cart([3_333, 3_333, 3_333], orderCoupon: .sample(.off(1_000))),
            lineDiscounts: [0, 0, 0], orderDiscounts: [334, 333, 333],
            nets: [2_999, 3_000, 3_000]),
        Case(
            name: "C8: the example of Saleor's manual",
            cart: cart([400, 4_500], orderCoupon: .sample(.off(500))),
            lineDiscounts: [0, 0], orderDiscounts: [41, 459], nets: [359, 4_041]),
        Case(
            name: "C9: a percentage is rounded once, on the sum",
            cart: cart([1_990, 2_990, 990], orderCoupon: .sample(.pay(88))),
            lineDiscounts: [0, 0, 0], orderDiscounts: [239, 358, 119], nets: [1_751, 2_632, 871]),
    ]

    @Test(arguments: cases)
    func `a cart is priced to the fen`(example: Case) throws {
        let pricing = try price(example.cart)
        #expect(pricing.column(\.lineDiscount) == example.lineDiscounts)
        #expect(pricing.column(\.orderDiscount) == example.orderDiscounts)
        #expect(pricing.column(\.net) == example.nets)
        #expect(pricing.total.minorUnits == example.nets.reduce(0, +))
        #expect(pricing.lineDiscount.minorUnits == example.lineDiscounts.reduce(0, +))
        #expect(pricing.orderDiscount.minorUnits == example.orderDiscounts.reduce(0, +))
    }

    @Test func `C2: tenders are spread over the lines when the order is made`() throws {
        let pricing = try price(seedTwo)
        #expect(pricing.total == Amount(46_100))
        #expect(pricing.listTotal == Amount(72_100))
        #expect(pricing.column(\.wallet) == [1_846, 8_154])
        #expect(pricing.column(\.gateway) == [6_663, 29_437])
        #expect(pricing.gatewayAmount == Amount(36_100))
    }

    @Test func `C32: the wallet may pay it all`() throws {
        var request = seedTwo
        request.walletAmount = Amount(46_100)
        let pricing = try price(request)
        #expect(pricing.gatewayAmount == .zero)
        #expect(pricing.column(\.gateway) == [0, 0])
    }

    @Test func `twenty lines of the highest price do not overflow`() throws {
        let request = cart(
            Array(repeating: 1_000_000_000, count: 20), orderCoupon: .sample(.pay(99)))
        #expect(try price(request).total == Amount(19_800_000_000))
    }

    @Test func `sums beyond 64 bits are refused`() {
        #expect(refusal(cart([.max, 1])) == .overflow)
    }

    @Test func `a category coupon goes on a line of its category`() throws {
        var request = cart([10_000, 10_000])
        request.lines[1].target = .course(2, category: 5)
        request.lines[1].coupon = .sample(.off(100), scope: .category(5))
        #expect(try price(request).column(\.lineDiscount) == [0, 100])
    }

    @Test func `a threshold may look at list prices, the discount at what remains`() throws {
        let line = Coupon.sample(.off(4_000), scope: .course(1))
        let list = Coupon.sample(.thresholdOff(Amount(20_000)), minimum: 50_000, base: .list)
        let pricing = try price(cart([52_000], coupons: [0: line], orderCoupon: list))
        #expect(pricing.total == Amount(28_000))
    }

    @Test func `an order coupon is spread over the lines it is for, and no others`() throws {
        let scope = CouponScope.business("courses")
        var request = cart([4_000, 6_000], orderCoupon: .sample(.off(1_000), scope: scope))
        request.lines[1].target = CouponTarget(
            ProductRef(kind: "listing", id: 9), business: "rentals")
        #expect(try price(request).column(\.orderDiscount) == [1_000, 0])
    }
}

/// commerce C3, C20, C21, C26 and defects 1, 7, 8, 11, 19, 29, 30: what is refused, where, and why.
@Suite struct PricingRefusalTests {
    @Test func `C3: a threshold not met is told with base and shortfall (defects 8, 19)`() {
        let request = cart(
            [52_000], coupons: [0: .sample(.off(4_000), scope: .course(1))],
            orderCoupon: .sample(.thresholdOff(Amount(20_000)), minimum: 50_000))
        let problem = refusal(request)
        #expect(problem?.code == "coupon-threshold-not-met")
        #expect(problem?.kind == .rule)
        #expect(
            problem?.parameters == ["base": .money(48_000), "shortfall": .money(2_000)])
        #expect(problem?.errors.map(\.pointer) == ["/orderCouponId"])
    }

    @Test func `a line's threshold looks at its list price (commerce D3)`() {
        let coupon = Coupon.sample(
            .thresholdOff(Amount(6_000)), minimum: 10_000, scope: .course(1))
        #expect(refusal(cart([10_000], coupons: [0: coupon])) == nil)
        let problem = refusal(cart([9_999], coupons: [0: coupon]))
        #expect(problem?.parameters["shortfall"] == .money(1))
        #expect(problem?.errors.map(\.pointer) == ["/lines/0/couponId"])
    }

    @Test(arguments: [-1, -10_000, Int64.min])
    func `C20: the wallet cannot pay a negative sum (commerce defect 1)`(wallet: Int64) {
        let problem = refusal(cart([46_100], wallet: wallet))
        #expect(problem?.code == "wallet-amount-negative")
        #expect(problem?.kind == .rule)
    }

    @Test func `C21: nor more than the total`() {
        var request = seedTwo
        request.walletAmount = Amount(46_101)
        let problem = refusal(request)
        #expect(problem?.code == "tender-exceeds-total")
        #expect(problem?.parameters == ["total": .money(46_100)])
    }

    @Test(arguments: [CouponScope.course(2), .degree(1), .category(1), .all])
    func `C26: a coupon for something else is refused (commerce defects 11, 29)`(
        scope: CouponScope
    ) {
        let problem = refusal(cart([59_900], coupons: [0: .sample(.off(1), scope: scope)]))
        #expect(problem == .couponNotApplicable.at("/lines/0/couponId"))
    }

    @Test(arguments: [
        CouponScope.course(1), .business("rentals"), CouponScope(.lending),
        CouponScope(.session, id: "aus_0000000000001"),
    ])
    func `a coupon for something else is refused on the order too`(scope: CouponScope) {
        let problem = refusal(cart([59_900], orderCoupon: .sample(.off(1), scope: scope)))
        #expect(problem == .couponNotApplicable.at("/orderCouponId"))
    }

    @Test(arguments: [
        (Coupon.sample(.off(1), days: -3 ... -1), Problem.couponExpired),
        (.sample(.off(1), days: -3...0), .couponExpired),
        (.sample(.off(1), days: 1...2), .couponNotYetValid),
        (.sample(.off(1), isRevoked: true), .couponNotAvailable),
        (.sample(.off(1)).reserved(by: "ord_2"), .couponNotAvailable),
    ])
    func `a coupon is looked at again whenever it is named (commerce defect 30)`(
        coupon: Coupon, problem: Problem
    ) {
        var request = cart([59_900], orderCoupon: coupon)
        request.order = "ord_1"
        #expect(refusal(request) == problem.at("/orderCouponId"))
    }

    @Test func `a coupon reserved by the order itself may be used by it`() {
        var request = cart(
            [59_900], orderCoupon: .sample(.off(1), days: -3 ... -1).reserved(by: "ord_1"))
        request.order = "ord_1"
        #expect(refusal(request) == nil)
    }

    @Test func `one course is one line (commerce defect 7)`() {
        var request = cart([100, 100])
        request.lines[1].target = request.lines[0].target
        #expect(refusal(request)?.code == "duplicate-line")
        #expect(refusal(request)?.errors.map(\.pointer) == ["/lines/1"])
    }

    @Test func `one coupon is one use`() {
        let coupon = Coupon.sample(.off(1), scope: .category(5))
        var request = cart([100, 100], coupons: [0: coupon, 1: coupon])
        for index in 0...1 { request.lines[index].target = .course(Int64(index), category: 5) }
        #expect(refusal(request) == .couponNamedTwice.at("/lines/1/couponId"))
        request = cart([100], coupons: [0: coupon], orderCoupon: coupon)
        #expect(refusal(request) == .couponNamedTwice.at("/orderCouponId"))
    }

    @Test func `a cart of nothing and a negative price are refused`() {
        #expect(refusal(cart([]))?.code == "lines-missing")
        #expect(refusal(cart([100, -1]))?.code == "price-negative")
    }
}
