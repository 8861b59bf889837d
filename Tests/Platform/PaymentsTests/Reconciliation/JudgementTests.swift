import Basics
import Money
import Testing

@testable import Payments

/// A line of a bill against our books, without either.
@Suite struct JudgementTests {
    typealias Finding = ReconciliationItem.Finding

    struct Case: CustomTestStringConvertible {
        var name: String
        var line: GatewayBill.Line
        var ours: OurSide
        var learned: ReconciliationItem.Outcome?
        var isRepeated = false
        var expected: Judgement

        var testDescription: String { name }
    }

    private static func line(
        _ kind: GatewayBill.Kind, _ amount: Int64, fee: Int64? = nil,
        _ state: GatewayBill.Line.State = .settled
    ) -> GatewayBill.Line {
        let usual = kind == .payment ? FeeRate.standard.fee(on: Amount(amount)).minorUnits : 0
        return GatewayBill.Line(
            kind: kind, state: state, outTradeNo: "K1", outRefundNo: kind == .refund ? "R1" : "",
            tradeNo: "T1", amount: Amount(amount), fee: Amount(fee ?? usual),
            at: Instant(seconds: 0))
    }

    private static func attempt(_ status: PaymentAttempt.Status, _ received: Int64? = nil)
        -> OurSide
    {
        .payment(
            PaymentAttempt(
                id: ID(rawValue: 1), intentID: ID(rawValue: 1), gateway: "bank", channel: "page",
                amount: Amount(1_000), outTradeNo: "K1", status: status, disposition: nil,
                tradeNo: nil, received: received.map { Amount($0) }, createdAt: Instant(seconds: 0),
                timeExpire: Instant(seconds: 1)))
    }

    private static func refund(_ status: PaymentRefund.Status) -> OurSide {
        .refund(
            PaymentRefund(
                id: ID(rawValue: 2), attemptID: ID(rawValue: 1), amount: Amount(400), reason: "",
                origin: .business, status: status, detail: nil, createdAt: Instant(seconds: 0),
                settledAt: nil))
    }

    private static func says(
        _ finding: Finding, isOpen: Bool = true, _ ours: Int64?, _ difference: Int64 = 0
    ) -> Judgement {
        Judgement(
            finding: finding, isOpen: isOpen, ours: ours.map { Amount($0) },
            difference: Amount(difference))
    }

    static let cases: [Case] = [
        .init(
            name: "a payment as it was booked", line: line(.payment, 1_000), ours: attempt(.paid),
            expected: says(.matched, isOpen: false, 1_000)),
        .init(
            name: "a payment nobody knows", line: line(.payment, 1_000), ours: .nothing,
            expected: says(.missingHere, nil, 1_000)),
        .init(
            name: "more than was booked", line: line(.payment, 1_001), ours: attempt(.paid),
            expected: says(.different, 1_000, 1)),
        .init(
            name: "less than was booked", line: line(.payment, 900), ours: attempt(.paid),
            expected: says(.different, 1_000, -100)),
        .init(
            name: "another amount, which we know", line: line(.payment, 999),
            ours: attempt(.needsReview, 999), expected: says(.matched, isOpen: false, 999)),
        .init(
            name: "yet another amount", line: line(.payment, 1_000),
            ours: attempt(.needsReview, 999), expected: says(.different, 999, 1)),
        .init(
            name: "paid, which the bill told", line: line(.payment, 1_000), ours: attempt(.paid),
            learned: .settled, expected: says(.missingHere, isOpen: false, 0)),
        .init(
            name: "another amount, which the bill told", line: line(.payment, 999),
            ours: attempt(.needsReview, 999), learned: .needsReview,
            expected: says(.different, isOpen: false, 0)),
        .init(
            name: "unpaid, and the books would not take it", line: line(.payment, 1_000),
            ours: attempt(.closed), expected: says(.different, 0, 1_000)),
        .init(
            name: "the same line again", line: line(.payment, 1_000), ours: attempt(.paid),
            isRepeated: true, expected: says(.duplicate, 1_000)),
        .init(
            name: "the same unknown line again", line: line(.payment, 1_000), ours: .nothing,
            isRepeated: true, expected: says(.duplicate, nil)),
        .init(
            name: "a fee too high", line: line(.payment, 1_000, fee: 7), ours: attempt(.paid),
            expected: says(.fee, 1_000)),
        .init(
            name: "no fee", line: line(.payment, 1_000, fee: 0), ours: attempt(.paid),
            expected: says(.fee, 1_000)),
        .init(
            name: "amount and fee are off", line: line(.payment, 1_001, fee: 9),
            ours: attempt(.paid), expected: says(.different, 1_000, 1)),
        .init(
            name: "a refund as it was booked", line: line(.refund, 400), ours: refund(.succeeded),
            expected: says(.matched, isOpen: false, 400)),
        .init(
            name: "a refund and its part of the fee", line: line(.refund, 400, fee: -2),
            ours: refund(.succeeded), expected: says(.matched, isOpen: false, 400)),
        .init(
            name: "a refund that costs a fee", line: line(.refund, 400, fee: 2),
            ours: refund(.succeeded), expected: says(.fee, 400)),
        .init(
            name: "a refund nobody asked for", line: line(.refund, 400), ours: .nothing,
            expected: says(.missingHere, nil, -400)),
        .init(
            name: "more given back than booked", line: line(.refund, 500),
            ours: refund(.succeeded), expected: says(.different, 400, -100)),
        .init(
            name: "a refund under way at both", line: line(.refund, 400, .pending),
            ours: refund(.unknown), expected: says(.matched, isOpen: false, 400)),
        .init(
            name: "a refund that failed at both", line: line(.refund, 400, .failed),
            ours: refund(.failed), expected: says(.matched, isOpen: false, 0)),
        .init(
            name: "a refund that failed there alone", line: line(.refund, 400, .failed),
            ours: refund(.succeeded), expected: says(.different, 400, 400)),
        .init(
            name: "paid back, and credited too", line: line(.refund, 400), ours: refund(.credited),
            expected: says(.different, 0, -400)),
        .init(
            name: "a refund's number on a payment", line: line(.payment, 400),
            ours: refund(.succeeded), expected: says(.missingHere, nil, 400)),
    ]

    @Test(arguments: cases)
    func `a line is one of six things`(_ example: Case) throws {
        let judgement = try example.line.judgement(
            against: example.ours, learned: example.learned, isRepeated: example.isRepeated,
            rate: .standard)
        #expect(judgement == example.expected)
    }

    @Test(arguments: PaymentAttempt.Status.allCases)
    func `a payment is news unless it is known to have come`(_ status: PaymentAttempt.Status) {
        let news = Self.line(.payment, 1_000).news(for: Self.attempt(status))
        #expect(news == (status == .paid || status == .needsReview ? .none : .payment))
        #expect(Self.line(.payment, 1_000).news(for: .nothing) == .none)
        // A refund of it that we do not know nobody here has asked for.
        let isBooked = status == .paid || status == .needsReview
        for (state, isGone) in [
            (GatewayBill.Line.State.settled, true), (.pending, true), (.failed, false),
        ] {
            let line = Self.line(.refund, 400, state)
            let wanted: BillNews = isBooked && isGone ? .foreignRefund : .none
            #expect(line.news(for: Self.attempt(status)) == wanted)
        }
    }

    @Test(arguments: PaymentRefund.Status.allCases)
    func `a refund is news while we wait for it, or were refused it`(
        _ status: PaymentRefund.Status
    ) {
        let side = Self.refund(status)
        let isOpen = status != .succeeded && status != .credited
        // What its payer has as balance already is paid a second time.
        let other: BillNews = status == .credited ? .foreignRefund : .none
        #expect(Self.line(.refund, 400).news(for: side) == (isOpen ? .refund : other))
        #expect(Self.line(.refund, 401).news(for: side) == other)
        #expect(Self.line(.refund, 400, .pending).news(for: side) == other)
        #expect(Self.line(.refund, 400, .failed).news(for: side) == .none)
        #expect(Self.line(.payment, 400).news(for: side) == .none)
    }
}

/// What gateways take.
@Suite struct FeeRateTests {
    @Test(
        arguments: [
            (6_000, 411_200, 2_467), (6_000, 0, 0), (6_000, 83, 0), (6_000, 84, 1), (6_000, 250, 2),
            (6_000, 100, 1), (0, 411_200, 0), (1_000_000, 411_200, 411_200), (500_000, 1, 1),
            (499_999, 1, 0), (6_000, Int64.max, 55_340_232_221_128_655),
        ] as [(Int64, Int64, Int64)])
    func `the fee is half up to the fen (commerce R12: 411200 -> 2467)`(
        _ ppm: Int64, _ amount: Int64, _ fee: Int64
    ) {
        #expect(FeeRate(ppm: ppm).fee(on: Amount(amount)) == Amount(fee))
    }
}

/// A bill that contradicts itself is not believed.
@Suite struct GatewayBillTests {
    private func line(_ kind: GatewayBill.Kind, _ amount: Int64, _ fee: Int64)
        -> GatewayBill.Line
    {
        GatewayBill.Line(
            kind: kind, outTradeNo: "K", tradeNo: "T", amount: Amount(amount), fee: Amount(fee),
            at: Instant(seconds: 0))
    }

    private func totals(_ payments: Int64, _ refunds: Int64, _ fees: Int64) -> GatewayBill.Totals {
        GatewayBill.Totals(
            payments: Amount(payments), refunds: Amount(refunds), fees: Amount(fees))
    }

    @Test func `a bill adds up to what it says`() throws {
        let lines = [line(.payment, 1_000, 6), line(.payment, 500, 3), line(.refund, 400, -2)]
        #expect(try GatewayBill(lines: lines).totals == totals(1_500, 400, 7))
        #expect(try GatewayBill(lines: lines, told: totals(1_500, 400, 7)).lines == lines)
        for wrong in [totals(1_501, 400, 7), totals(1_500, 0, 7), totals(1_500, 400, 8)] {
            #expect(
                throws: GatewayBillFault.totals(told: wrong, found: totals(1_500, 400, 7))
            ) { try GatewayBill(lines: lines, told: wrong) }
            // A line that could not be read may be what is missing.
            #expect(try GatewayBill(lines: lines, unread: 1, told: wrong).unread == 1)
        }
    }

    @Test func `no sum is beyond 64 bits, and no amount below zero`() {
        let huge = [line(.payment, .max, 0), line(.payment, 1, 0)]
        #expect(throws: GatewayBillFault.tooMuch) { try GatewayBill(lines: huge) }
        #expect(throws: GatewayBillFault.negative) {
            try GatewayBill(lines: [line(.refund, -1, 0)])
        }
    }
}
