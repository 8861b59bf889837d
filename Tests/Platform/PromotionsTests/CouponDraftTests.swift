import Basics
import Foundation
import Money
import Testing

@testable import Promotions

/// commerce C29 and defects 32, 33, 34: no template is made that promises nonsense.
@Suite struct CouponDraftTests {
    private func faults(_ draft: CouponDraft) -> [String] {
        do throws(Problem) {
            _ = try draft.template(by: anOperator, at: june5)
            return []
        } catch {
            #expect(error.kind == .rule)
            return error.faults
        }
    }

    @Test(arguments: [
        (CouponDraft.sample(kind: .percentOff, value: nil, payPercent: 0), "/payPercent"),
        (.sample(kind: .percentOff, value: nil, payPercent: 100), "/payPercent"),
        (.sample(kind: .percentOff, value: nil, payPercent: 101), "/payPercent"),
        (.sample(kind: .percentOff, value: nil, payPercent: -79), "/payPercent"),
        (.sample(kind: .percentOff, value: nil), "/payPercent"),
        (.sample(kind: .percentOff, value: 5, payPercent: 79), "/value"),
        (.sample(kind: .percentOff, value: nil, payPercent: 79, maxDiscount: 0), "/maxDiscount"),
        (.sample(value: 0), "/value"),
        (.sample(value: -1), "/value"),
        (.sample(value: nil), "/value"),
        (.sample(payPercent: 79), "/payPercent"),
        (.sample(maxDiscount: 5), "/maxDiscount"),
        (.sample(minimumSpend: -1), "/minimumSpend"),
        (.sample(kind: .thresholdOff), "/minimumSpend"),
        (.sample(kind: .thresholdOff, minimumSpend: 0), "/minimumSpend"),
        (.sample(kind: .thresholdOff, minimumSpend: 3_999), "/value"),
        (.sample(claimFrom: "2018-06-30", claimUntil: "2018-06-29"), "/claimUntil"),
        (.dated(from: "2018-06-22", until: "2018-06-21"), "/validUntil"),
        (.dated(from: "2018-05-01", until: "2018-05-31"), "/validUntil"),
        (.sample(validDays: nil), "/validDays"),
        (.sample(validDays: 0), "/validDays"),
        (.sample(validDays: .max), "/validDays"),
        (.sample(validFrom: "2018-06-01", validUntil: "2018-06-30", validDays: 7), "/validDays"),
        (.sample(validFrom: "2018-06-01", validDays: nil), "/validUntil"),
        (.sample(validUntil: "2018-06-30", validDays: nil), "/validFrom"),
        (.sample(quantity: 0), "/quantity"),
        (.sample(quantity: -1), "/quantity"),
        (.sample(perMember: 0), "/perMember"),
        (.sample(name: "  "), "/name"),
        (.sample(scope: CouponScope(.course)), "/scope/id"),
        (.sample(scope: CouponScope(.course, id: "1")), "/scope/id"),
        (.sample(scope: CouponScope(.all, id: "courses")), "/scope/id"),
    ])
    func `C29: a template that promises nonsense is refused at the field (commerce defect 33)`(
        draft: CouponDraft, pointer: String
    ) {
        #expect(faults(draft).map { $0.split(separator: " ").first.map(String.init) } == [pointer])
    }

    @Test func `all faults are told at once`() {
        let draft = CouponDraft.sample(value: 0, quantity: 0, validDays: nil)
        #expect(
            faults(draft) == [
                "/quantity coupon-quantity", "/value coupon-value",
                "/validDays coupon-validity-missing",
            ])
    }

    @Test(arguments: [
        CouponDraft.sample(),
        .sample(kind: .thresholdOff, minimumSpend: 4_000),
        .sample(kind: .percentOff, value: nil, payPercent: 1, maxDiscount: 1),
        .sample(kind: .percentOff, value: nil, payPercent: 99, minimumSpend: 100),
        .sample(claimFrom: "2018-06-05", claimUntil: "2018-06-05"),
        .dated(from: "2018-06-22", until: "2018-06-22"),
    ])
    func `what makes sense is taken`(draft: CouponDraft) throws {
        #expect(faults(draft) == [])
        #expect(try draft.template(by: anOperator, at: june5).perMember == 1)
    }

    @Test
    func `C18: a last day is inclusive in Shanghai, an instant is exclusive (commerce defect 34)`()
        throws
    {
        let day = try CouponDraft.dated(from: "2018-06-02", until: "2018-06-22")
            .template(by: anOperator, at: june5)
        let instant = try CouponDraft.dated(from: "2018-06-02", until: "2018-06-22T16:00:00Z")
            .template(by: anOperator, at: june5)
        #expect(day.validity == instant.validity)

        let window = day.validity.window(claimedAt: june5)
        #expect(!window.contains(.at("2018-06-01T15:59:59.999999Z")))
        #expect(window.contains(.at("2018-06-01T16:00:00Z")))
        #expect(window.contains(.at("2018-06-22T15:59:59Z")))
        #expect(!window.contains(.at("2018-06-22T16:00:00Z")))
    }

    @Test func `C19: days count from the claim (commerce defect 27)`() throws {
        let template = try CouponDraft.sample(validDays: 7).template(by: anOperator, at: june5)
        let window = template.validity.window(claimedAt: june5)
        #expect(window.contains(june5))
        #expect(window.contains(.at("2018-06-12T01:59:59.999999Z")))
        #expect(!window.contains(.at("2018-06-12T02:00:00Z")))
    }

    @Test func `both forms of a date are read and written back`() throws {
        for text in ["\"2018-06-22\"", "\"2018-06-22T16:00:00Z\""] {
            let moment = try JSONDecoder().decode(Moment.self, from: Data(text.utf8))
            #expect(String(decoding: try JSONEncoder().encode(moment), as: UTF8.self) == text)
        }
        #expect(Moment("2018-06-31") == nil)
        #expect(Moment("22.06.2018") == nil)
    }

    @Test func `money is whole fen (commerce defect 25)`() {
        let json = #"{"kind":"all"}"#
        #expect(throws: Never.self) {
            try JSONDecoder().decode(CouponScope.self, from: Data(json.utf8))
        }
        #expect(throws: (any Error).self) {
            try JSONDecoder().decode(Amount.self, from: Data("40.5".utf8))
        }
    }
}
