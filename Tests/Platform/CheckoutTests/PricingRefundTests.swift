import Basics
import Money
import Promotions
import Testing

@testable import Checkout

/// commerce C10, D7, D11: a refund gives back stored shares.
@Suite struct PricingRefundTests {
    private func refusal(_ body: () throws -> RefundAllocation) throws -> Problem? {
        do {
            _ = try body()
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    @Test func `C10: lines are refunded from their own shares, whatever comes first`() throws {
        var order = try Order(seedTwo)
        let first = try RefundAllocation(lines: [order.lines[0].id], of: order)
        #expect((first.wallet, first.gateway) == (Amount(1_846), Amount(6_663)))
        #expect(first.total == Amount(8_509))
        #expect(first.returnedCoupons == [])
        #expect(!first.isFull)
        try order.apply(first)
        #expect(order.lines[1].refundedWallet == .zero)

        let second = try RefundAllocation(lines: [order.lines[1].id], of: order)
        #expect((second.wallet, second.gateway) == (Amount(8_154), Amount(29_437)))
        #expect(second.isFull)
        #expect(
            second.returnedCoupons == [order.lines[1].couponID, order.orderCouponID])
        try order.apply(second)
        #expect(order.refunded == Amount(46_100))

        let line = order.lines[0].id
        #expect(try refusal { try RefundAllocation(lines: [line], of: order) } == .alreadyRefunded)
        #expect(
            try refusal { try RefundAllocation(amount: Amount(1), of: order) }?.kind == .conflict)
    }

    @Test func `C10 the other way round: the line coupon comes back with its line`() throws {
        var order = try Order(seedTwo)
        let first = try RefundAllocation(lines: [order.lines[1].id], of: order)
        #expect(first.returnedCoupons == [order.lines[1].couponID])
        try order.apply(first)
        let second = try RefundAllocation(lines: [order.lines[0].id], of: order)
        #expect(second.returnedCoupons == [order.orderCouponID])
    }

    @Test func `an amount is taken from the lines in order`() throws {
        var order = try Order(seedTwo)
        let first = try RefundAllocation(amount: Amount(10_000), of: order)
        #expect(first.shares.map(\.line) == order.lines.map(\.id))
        #expect(first.shares.map(\.isFull) == [true, false])
        #expect(first.shares.map(\.wallet) == [Amount(1_846), Amount(323)])
        #expect(first.shares.map(\.gateway) == [Amount(6_663), Amount(1_168)])
        #expect(first.total == Amount(10_000))
        #expect(first.returnedCoupons == [])
        try order.apply(first)

        let rest = try RefundAllocation(amount: Amount(36_100), of: order)
        #expect(rest.shares.map(\.line) == [order.lines[1].id])
        #expect(rest.isFull)
        try order.apply(rest)
        #expect(order.lines[1].refundedWallet == Amount(8_154))
        #expect(order.lines[1].refundedGateway == Amount(29_437))
    }

    @Test func `many small refunds end where one would`() throws {
        var order = try Order(seedTwo)
        for _ in 0..<461 { try order.apply(RefundAllocation(amount: Amount(100), of: order)) }
        #expect(order.refunded == order.total)
        for line in order.lines {
            #expect(line.refundedWallet == line.wallet)
            #expect(line.refundedGateway == line.gateway)
            #expect(line.refundedAt != nil)
        }
    }

    @Test func `a line refunded in part is refunded to its end`() throws {
        var order = try Order(seedTwo)
        try order.apply(RefundAllocation(amount: Amount(500), of: order))
        let rest = try RefundAllocation(lines: [order.lines[0].id], of: order)
        #expect(rest.total == Amount(8_009))
        #expect(rest.shares.map(\.isFull) == [true])
    }

    @Test func `a line of net 0 is refunded as such`() throws {
        let coupon = Coupon.sample(.off(4_000), scope: .course(1))
        var order = try Order(cart([3_000, 5_000], coupons: [0: coupon]))
        let free = try RefundAllocation(lines: [order.lines[0].id], of: order)
        #expect(free.total == .zero)
        #expect(free.shares.map(\.isFull) == [true])
        #expect(free.returnedCoupons == [coupon.id])
        try order.apply(free)
        let again = order.lines[0].id
        #expect(try refusal { try RefundAllocation(lines: [again], of: order) } == .alreadyRefunded)
    }

    @Test func `all that is left takes lines of net 0 along, a part does not`() throws {
        let coupon = Coupon.sample(.off(4_000), scope: .course(1))
        let order = try Order(cart([3_000, 5_000], coupons: [0: coupon]))
        let part = try RefundAllocation(amount: Amount(4_999), of: order)
        #expect(part.shares.map(\.line) == [order.lines[1].id])
        let all = try RefundAllocation(amount: Amount(5_000), of: order)
        #expect(all.isFull)
        #expect(all.returnedCoupons == [coupon.id])
    }

    @Test(arguments: [0, -1, Int64.min])
    func `a sum of nothing or less is refused`(amount: Int64) throws {
        let order = try Order(seedTwo)
        let problem = try refusal { try RefundAllocation(amount: Amount(amount), of: order) }
        #expect(problem?.code == "refund-amount-not-positive")
    }

    @Test(arguments: [46_101, Int64.max])
    func `more than is left is refused with what is left`(amount: Int64) throws {
        let order = try Order(seedTwo)
        let problem = try refusal { try RefundAllocation(amount: Amount(amount), of: order) }
        #expect(problem?.code == "refund-exceeds-remaining")
        #expect(problem?.parameters == ["remaining": .money(46_100)])
    }

    @Test func `lines must be the order's, each named once`() throws {
        let order = try Order(seedTwo)
        let line = order.lines[0].id
        #expect(
            try refusal { try RefundAllocation(lines: [], of: order) }?.code
                == "refund-lines-missing")
        #expect(
            try refusal { try RefundAllocation(lines: [line, line], of: order) }?.code
                == "refund-line-twice")
        #expect(
            try refusal { try RefundAllocation(lines: [line, .make()], of: order) }?.errors
                == [.init(pointer: "/lines/1", code: "refund-line-unknown")])
    }
}
