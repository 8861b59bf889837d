import Basics
import Money
import Web

/// A coupon template as an operator asks for it, before any rule has been applied.
package struct CouponDraft: Codable, Hashable, Sendable {
    package var name: String
    package var kind: CouponTerms.Kind
    /// What amount-off and threshold-off take off.
    package var value: Amount?
    /// What percent-off leaves to pay: 79 is 7.9折.
    package var payPercent: Int64?
    package var minimumSpend: Amount?
    package var maxDiscount: Amount?
    package var scope: CouponScope
    package var quantity: Int64
    package var perMember: Int64?
    package var claimFrom: Moment
    package var claimUntil: Moment
    package var validFrom: Moment?
    package var validUntil: Moment?
    package var validDays: Int64?
    package var thresholdBase: CouponTerms.ThresholdBase?

    package init(
        name: String, kind: CouponTerms.Kind, value: Amount? = nil, payPercent: Int64? = nil,
        minimumSpend: Amount? = nil, maxDiscount: Amount? = nil, scope: CouponScope = .all,
        quantity: Int64, perMember: Int64? = nil, claimFrom: Moment, claimUntil: Moment,
        validFrom: Moment? = nil, validUntil: Moment? = nil, validDays: Int64? = nil,
        thresholdBase: CouponTerms.ThresholdBase? = nil
    ) {
        self.name = name
        self.kind = kind
        self.value = value
        self.payPercent = payPercent
        self.minimumSpend = minimumSpend
        self.maxDiscount = maxDiscount
        self.scope = scope
        self.quantity = quantity
        self.perMember = perMember
        self.claimFrom = claimFrom
        self.claimUntil = claimUntil
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.validDays = validDays
        self.thresholdBase = thresholdBase
    }
}

extension CouponDraft {
    static let mostDays: Int64 = 3_650
    static let mostCoupons: Int64 = 1_000_000_000
    static let longestName = 60

    /// The template it describes.
    /// - Throws: `coupon-rules`, naming every field at fault (commerce C29, defect 33).
    package func template(
        by operator: ID<Member>, at now: Instant
    ) throws(Problem) -> CouponTemplate {
        var faults: [Problem.FieldError] = []
        func check(_ rule: Bool, _ field: String, _ code: String) {
            if !rule { faults.append(.init(pointer: "/\(field)", code: code)) }
        }
        let name = name.trimmed
        check(!name.isEmpty && name.count <= Self.longestName, "name", "coupon-name-length")
        check((1...Self.mostCoupons).contains(quantity), "quantity", "coupon-quantity")
        check((1...Self.mostCoupons).contains(perMember ?? 1), "perMember", "coupon-per-member")
        check(
            claimFrom.start < claimUntil.end, "claimUntil", "coupon-claims-end-before-start")
        faults += scopeFaults + benefitFaults + validityFaults
        guard faults.isEmpty, let benefit, let validity else {
            throw Problem(.rule, "coupon-rules", errors: faults)
        }
        return CouponTemplate(
            id: .make(),
            terms: CouponTerms(
                name: name, benefit: benefit, minimumSpend: minimumSpend ?? .zero,
                thresholdBase: thresholdBase ?? .afterLine, scope: scope),
            quantity: quantity, perMember: perMember ?? 1,
            claimWindow: TimeWindow(from: claimFrom.start, until: claimUntil.end),
            validity: validity, createdAt: now, createdBy: `operator`)
    }

    private var benefit: CouponTerms.Benefit? {
        switch kind {
        case .amountOff: value.map(CouponTerms.Benefit.amountOff)
        case .thresholdOff: value.map(CouponTerms.Benefit.thresholdOff)
        case .percentOff: payPercent.map { .percentOff(pay: $0, atMost: maxDiscount) }
        }
    }

    private var benefitFaults: [Problem.FieldError] {
        var faults: [Problem.FieldError] = []
        func check(_ rule: Bool, _ field: String, _ code: String) {
            if !rule { faults.append(.init(pointer: "/\(field)", code: code)) }
        }
        let minimum = minimumSpend ?? .zero
        check(minimum >= .zero, "minimumSpend", "coupon-minimum-negative")
        if kind == .percentOff {
            check((1...99).contains(payPercent ?? 0), "payPercent", "coupon-pay-percent")
            check(value == nil, "value", "coupon-value-not-for-kind")
            check(maxDiscount?.isPositive != false, "maxDiscount", "coupon-max-discount")
            return faults
        }
        check(value?.isPositive == true, "value", "coupon-value")
        check(payPercent == nil, "payPercent", "coupon-pay-percent-not-for-kind")
        check(maxDiscount == nil, "maxDiscount", "coupon-max-discount-not-for-kind")
        if kind == .thresholdOff {
            // A threshold of nothing is always met, one below the value would pay people to buy.
            check(minimum.isPositive, "minimumSpend", "coupon-minimum-missing")
            check(
                !minimum.isPositive || (value ?? .zero) <= minimum, "value",
                "coupon-value-above-minimum")
        }
        return faults
    }

    private var validity: CouponTemplate.Validity? {
        if let validFrom, let validUntil {
            .fixed(TimeWindow(from: validFrom.start, until: validUntil.end))
        } else {
            validDays.map(CouponTemplate.Validity.days)
        }
    }

    private var validityFaults: [Problem.FieldError] {
        let hasDates = validFrom != nil || validUntil != nil
        if hasDates == (validDays != nil) {
            let code = hasDates ? "coupon-validity-twice" : "coupon-validity-missing"
            return [.init(pointer: "/validDays", code: code)]
        }
        if let validDays {
            return (1...Self.mostDays).contains(validDays)
                ? [] : [.init(pointer: "/validDays", code: "coupon-valid-days")]
        }
        guard let validFrom else {
            return [.init(pointer: "/validFrom", code: "coupon-validity-half")]
        }
        guard let validUntil else {
            return [.init(pointer: "/validUntil", code: "coupon-validity-half")]
        }
        guard validFrom.start < validUntil.end else {
            return [.init(pointer: "/validUntil", code: "coupon-ends-before-start")]
        }
        return claimFrom.start < validUntil.end
            ? [] : [.init(pointer: "/validUntil", code: "coupon-ends-before-claims")]
    }

    private var scopeFaults: [Problem.FieldError] {
        guard scope.kind.namesOne else {
            return scope.id == nil ? [] : [.init(pointer: "/scope/id", code: "coupon-scope-id")]
        }
        guard let id = scope.id, !id.isEmpty else {
            return [.init(pointer: "/scope/id", code: "coupon-scope-id-missing")]
        }
        let isReadable = scope.kind == .business ? id.utf8.count <= 64 : scope.reference != nil
        return isReadable ? [] : [.init(pointer: "/scope/id", code: "coupon-scope-unknown")]
    }
}

extension String {
    /// Without the blanks around it.
    fileprivate var trimmed: String {
        let blanks: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: blanks).reversed().drop(while: blanks).reversed())
    }
}
