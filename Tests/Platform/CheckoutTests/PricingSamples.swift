import Basics
import Money
import Promotions
import Web

@testable import Checkout
@testable import Promotions

let pricingTime = Instant(seconds: 1_790_000_000)
private let buyer = ID<Member>(rawValue: 7)

extension CouponTarget {
    static func course(_ number: Int64, category: Int64? = nil) -> CouponTarget {
        CouponTarget(
            ProductRef(kind: "course", id: number),
            groups: Set([category].compactMap { $0.map { ProductRef(kind: "category", id: $0) } }),
            business: "courses")
    }
}

extension CouponScope {
    static func course(_ number: Int64) -> CouponScope {
        CouponScope(.course, id: "crs_\(Base32.encode(number))")
    }
    static func degree(_ number: Int64) -> CouponScope {
        CouponScope(.degreeCourse, id: "crs_\(Base32.encode(number))")
    }
    static func category(_ number: Int64) -> CouponScope {
        CouponScope(.category, id: "cat_\(Base32.encode(number))")
    }
}

extension CouponTerms.Benefit {
    /// 立减
    static func off(_ value: Int64) -> CouponTerms.Benefit { .amountOff(Amount(value)) }
    /// 折扣
    static func pay(_ percent: Int64) -> CouponTerms.Benefit {
        .percentOff(pay: percent, atMost: nil)
    }
}

extension Coupon {
    /// A coupon that can be used now, unless told otherwise.
    static func sample(
        _ benefit: CouponTerms.Benefit, minimum: Int64 = 0, scope: CouponScope = .all,
        base: CouponTerms.ThresholdBase = .afterLine, days: ClosedRange<Int64> = -1...1,
        isRevoked: Bool = false, id: Int64? = nil
    ) -> Coupon {
        Coupon(
            id: id.map { ID(rawValue: $0) } ?? .make(), template: .make(), member: buyer, serial: 1,
            window: TimeWindow(
                from: pricingTime + .days(days.lowerBound),
                until: pricingTime + .days(days.upperBound)),
            claimedAt: pricingTime,
            terms: CouponTerms(
                name: "", benefit: benefit, minimumSpend: Amount(minimum), thresholdBase: base,
                scope: scope),
            isRevoked: isRevoked)
    }

    func reserved(by order: String) -> Coupon {
        var copy = self
        copy.stored = .reserved
        copy.order = order
        return copy
    }
}

/// Courses 1, 2, 3, … at these prices, with a coupon on some.
func cart(
    _ prices: [Int64], coupons: [Int: Coupon] = [:], orderCoupon: Coupon? = nil, wallet: Int64 = 0
) -> PricingRequest {
    let lines = prices.enumerated().map { index, price in
        PricingLine(
            .course(Int64(index + 1)), listPrice: Amount(price), coupon: coupons[index])
    }
    return PricingRequest(lines: lines, orderCoupon: orderCoupon, walletAmount: Amount(wallet))
}

func price(_ request: PricingRequest) throws(Problem) -> Pricing {
    try Pricing(request, at: pricingTime)
}

/// The problem that pricing ends in; nil if it has a price.
func refusal(_ request: PricingRequest) -> Problem? {
    do throws(Problem) {
        _ = try price(request)
        return nil
    } catch {
        return error
    }
}

extension Pricing {
    func column(_ value: KeyPath<Line, Amount>) -> [Int64] {
        lines.map { $0[keyPath: value].minorUnits }
    }
}

/// commerce C2: what the second seed's data costs.
let seedTwo = cart(
    [12_200, 59_900],
    coupons: [1: .sample(.thresholdOff(Amount(6_000)), minimum: 10_000, scope: .course(2))],
    orderCoupon: .sample(.thresholdOff(Amount(20_000)), minimum: 50_000), wallet: 10_000)

extension Order {
    /// The order that a priced cart becomes.
    init(_ request: PricingRequest) throws(Problem) {
        let pricing = try price(request)
        let lines = zip(request.lines, pricing.lines).map { line, priced in
            OrderLine(
                id: .make(), product: line.target.product, policyID: 1, title: "", days: 30,
                listPrice: priced.listPrice, lineDiscount: priced.lineDiscount,
                orderDiscount: priced.orderDiscount, net: priced.net, wallet: priced.wallet,
                gateway: priced.gateway, couponID: priced.couponID, refundedWallet: .zero,
                refundedGateway: .zero, refundedAt: nil)
        }
        self.init(
            id: .make(), member: buyer, business: "courses", status: .completed,
            listTotal: pricing.listTotal, lineDiscount: pricing.lineDiscount,
            orderDiscount: pricing.orderDiscount, total: pricing.total,
            walletAmount: pricing.walletAmount, gatewayAmount: pricing.gatewayAmount,
            refunded: .zero, orderCouponID: pricing.orderCouponID, holdID: nil,
            createdAt: pricingTime, expiresAt: pricingTime, paidAt: pricingTime, lines: lines)
    }

    /// What the order is after a refund.
    mutating func apply(_ refund: RefundAllocation) throws(Problem) {
        for share in refund.shares {
            guard let index = lines.firstIndex(where: { $0.id == share.line }) else { continue }
            lines[index].refundedWallet = try lines[index].refundedWallet.adding(share.wallet)
            lines[index].refundedGateway = try lines[index].refundedGateway.adding(share.gateway)
            if share.isFull { lines[index].refundedAt = pricingTime }
        }
        refunded = try refunded.adding(refund.total)
    }
}
