import Basics
import Money
import Promotions
import Testing

@testable import Checkout

/// What holds for every cart there can be.
@Suite struct PricingPropertyTests {
    private static let seeds = Array(UInt64(1)...8)
    private static let cartsPerSeed = 2_500

    @Test(arguments: seeds)
    func `discounts and tenders add up, on every cart`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for number in 0..<Self.cartsPerSeed {
            let request = random.cart()
            let pricing = try price(request)
            if let fault = fault(of: pricing, for: request) {
                Issue.record("seed \(seed), cart \(number): \(fault)")
                return
            }
            if number % 10 == 0 { #expect(try price(request) == pricing) }
        }
    }

    /// The first law that a price breaks; nil if it keeps them all.
    private func fault(of pricing: Pricing, for request: PricingRequest) -> String? {
        var sums = (list: Int64(0), line: Int64(0), order: Int64(0), net: Int64(0))
        var tenders = (wallet: Int64(0), gateway: Int64(0))
        for (line, asked) in zip(pricing.lines, request.lines) {
            let list = line.listPrice.minorUnits
            let net = line.net.minorUnits
            if line.listPrice != asked.listPrice { return "list price" }
            if line.lineDiscount < .zero || line.orderDiscount < .zero { return "discount < 0" }
            if net != list - line.lineDiscount.minorUnits - line.orderDiscount.minorUnits {
                return "net"
            }
            if net < 0 || net > list { return "0 <= net <= list" }
            if line.wallet < .zero || line.gateway < .zero { return "tender < 0" }
            if net != line.wallet.minorUnits + line.gateway.minorUnits { return "net = tenders" }
            sums.list += list
            sums.line += line.lineDiscount.minorUnits
            sums.order += line.orderDiscount.minorUnits
            sums.net += net
            tenders.wallet += line.wallet.minorUnits
            tenders.gateway += line.gateway.minorUnits
        }
        if pricing.lines.count != request.lines.count { return "lines" }
        if pricing.listTotal.minorUnits != sums.list { return "list total" }
        if pricing.lineDiscount.minorUnits != sums.line { return "line discount" }
        if pricing.orderDiscount.minorUnits != sums.order { return "order discount" }
        if pricing.total.minorUnits != sums.net { return "total" }
        if request.walletAmount.minorUnits != tenders.wallet { return "wallet" }
        if pricing.gatewayAmount.minorUnits != tenders.gateway { return "gateway" }
        return nil
    }

    @Test(arguments: seeds)
    func `refunds give back every tender of every line, and never more`(seed: UInt64) throws {
        var random = SplitMix(seed: seed)
        for number in 0..<100 {
            var order = try Order(random.cart())
            var returned: [ID<Coupon>] = []
            while let refund = try random.refund(of: order) {
                try order.apply(refund)
                returned += refund.returnedCoupons
                let isSound = order.lines.allSatisfy {
                    .zero <= $0.refundedWallet && $0.refundedWallet <= $0.wallet
                        && .zero <= $0.refundedGateway && $0.refundedGateway <= $0.gateway
                }
                if !isSound || order.refunded > order.total {
                    Issue.record("seed \(seed), order \(number): more than was paid")
                    return
                }
            }
            let coupons =
                order.lines.compactMap(\.couponID) + [order.orderCouponID].compactMap { $0 }
            if order.refunded != order.total || Set(returned) != Set(coupons)
                || returned.count != coupons.count
            {
                Issue.record("seed \(seed), order \(number): not all came back")
                return
            }
        }
    }
}

/// A small generator whose seed reproduces every cart.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private mutating func price() -> Int64 {
        // Small prices find rounding, large ones overflow, zero finds weights of nothing.
        let bounds: [Int64] = [0, 3, 100, 100_000, 1_000_000_000]
        return Int64.random(
            in: 0...bounds[Int.random(in: 0..<bounds.count, using: &self)], using: &self)
    }

    private mutating func benefit() -> CouponTerms.Benefit {
        switch Int.random(in: 0...3, using: &self) {
        case 0: .off(price() + 1)
        case 1: .thresholdOff(Amount(price() + 1))
        case 2: .pay(Int64.random(in: 1...99, using: &self))
        default:
            .percentOff(pay: .random(in: 1...99, using: &self), atMost: Amount(price() + 1))
        }
    }

    /// A legal cart of up to twenty lines: coupons that reach their thresholds, a wallet that can pay.
    mutating func cart() -> PricingRequest {
        let count = Int.random(in: 1...20, using: &self)
        var request = PricingRequest(lines: [])
        for number in 1...Int64(count) {
            let list = price()
            var line = PricingLine(.course(number, category: number % 3), listPrice: Amount(list))
            if Int.random(in: 0...2, using: &self) == 0 {
                let scope: CouponScope =
                    Bool.random(using: &self)
                    ? .course(number) : .category(number % 3)
                line.coupon = .sample(
                    benefit(), minimum: .random(in: 0...list, using: &self), scope: scope)
            }
            request.lines.append(line)
        }
        if Bool.random(using: &self), let priced = try? Pricing(request, at: pricingTime) {
            let isOnList = Bool.random(using: &self)
            let base = isOnList ? priced.listTotal : priced.total
            request.orderCoupon = .sample(
                benefit(), minimum: .random(in: 0...base.minorUnits, using: &self),
                scope: Bool.random(using: &self) ? .all : .business("courses"),
                base: isOnList ? .list : .afterLine)
        }
        if let total = try? Pricing(request, at: pricingTime).total.minorUnits {
            request.walletAmount = Amount(.random(in: 0...total, using: &self))
        }
        return request
    }

    /// Some refund of what is left of an order, by lines or by amount; nil if nothing is left.
    mutating func refund(of order: Order) throws(Problem) -> RefundAllocation? {
        let open = order.lines.filter { $0.refundedAt == nil }
        guard let line = open.randomElement(using: &self) else { return nil }
        let left = order.total.minorUnits - order.refunded.minorUnits
        if left > 0, Bool.random(using: &self) {
            return try RefundAllocation(
                amount: Amount(.random(in: 1...left, using: &self)), of: order)
        }
        return try RefundAllocation(lines: [line.id], of: order)
    }
}
