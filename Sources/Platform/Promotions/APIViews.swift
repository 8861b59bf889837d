import Basics
import Money
import Store
import Web

/// A kind of coupon, as everybody may see it.
struct CouponTemplateView: Codable, Sendable {
    let id: ID<CouponTemplate>
    let name: String
    let currency: String
    let kind: CouponTerms.Kind
    let value: Amount?
    let payPercent: Int64?
    let minimumSpend: Amount
    let maxDiscount: Amount?
    let thresholdBase: CouponTerms.ThresholdBase
    let scope: CouponScope
    /// What the scope's id is called; null if nobody knows.
    let scopeTitle: String?
    let status: CouponTemplate.Status
    let quantity: Int64
    let claimed: Int64
    let remaining: Int64
    let perMember: Int64
    /// How many of them the member who asks has claimed; null for visitors.
    let claimedByMe: Int64?
    let claimFrom: Instant
    /// Exclusive, as all ends here are.
    let claimUntil: Instant
    let validFrom: Instant?
    let validUntil: Instant?
    let validDays: Int64?
    let createdAt: Instant

    init(
        _ template: CouponTemplate, claimedByMe: Int64? = nil, _ scopes: CouponScopes,
        in snapshot: Snapshot
    ) throws {
        let terms = template.terms
        id = template.id
        name = terms.name
        currency = Currency.cny.code
        kind = terms.benefit.kind
        value = terms.benefit.value
        payPercent = terms.benefit.payPercent
        minimumSpend = terms.minimumSpend
        maxDiscount = terms.benefit.maxDiscount
        thresholdBase = terms.thresholdBase
        scope = terms.scope
        scopeTitle = try scopes.title(of: terms.scope, in: snapshot)
        status = template.status(at: snapshot.now)
        quantity = template.quantity
        claimed = template.claimed
        remaining = template.remaining
        perMember = template.perMember
        self.claimedByMe = claimedByMe
        claimFrom = template.claimWindow.from
        claimUntil = template.claimWindow.until
        createdAt = template.createdAt
        switch template.validity {
        case .fixed(let window):
            (validFrom, validUntil, validDays) = (window.from, window.until, nil)
        case .days(let count): (validFrom, validUntil, validDays) = (nil, nil, count)
        }
    }
}

/// One template and what came of it, for operators.
struct CouponReportView: Codable, Sendable {
    let template: CouponTemplateView
    let used: Int64
    /// What its used coupons took off, in all.
    let discount: Amount
}

/// A member's coupon.
struct CouponView: Codable, Sendable {
    let id: ID<Coupon>
    let templateId: ID<CouponTemplate>
    let name: String
    let currency: String
    let kind: CouponTerms.Kind
    let value: Amount?
    let payPercent: Int64?
    let minimumSpend: Amount
    let maxDiscount: Amount?
    let thresholdBase: CouponTerms.ThresholdBase
    let scope: CouponScope
    let scopeTitle: String?
    let status: Coupon.Status
    let claimedAt: Instant
    let validFrom: Instant
    let validUntil: Instant
    /// The order that has reserved or used it.
    let orderId: String?
    let usedAt: Instant?
    let discount: Amount?

    init(_ coupon: Coupon, _ scopes: CouponScopes, in snapshot: Snapshot) throws {
        let terms = coupon.terms
        id = coupon.id
        templateId = coupon.template
        name = terms.name
        currency = Currency.cny.code
        kind = terms.benefit.kind
        value = terms.benefit.value
        payPercent = terms.benefit.payPercent
        minimumSpend = terms.minimumSpend
        maxDiscount = terms.benefit.maxDiscount
        thresholdBase = terms.thresholdBase
        scope = terms.scope
        scopeTitle = try scopes.title(of: terms.scope, in: snapshot)
        status = coupon.status(at: snapshot.now)
        claimedAt = coupon.claimedAt
        validFrom = coupon.window.from
        validUntil = coupon.window.until
        orderId = coupon.order
        usedAt = coupon.usedAt
        discount = coupon.discount
    }
}

extension CouponTerms.Benefit {
    package var value: Amount? {
        switch self {
        case .amountOff(let value), .thresholdOff(let value): value
        case .percentOff: nil
        }
    }

    package var payPercent: Int64? {
        if case .percentOff(let pay, _) = self { pay } else { nil }
    }

    package var maxDiscount: Amount? {
        if case .percentOff(_, let most) = self { most } else { nil }
    }
}

extension Moment: SchemaDescribing {
    package static var schema: JSONSchema {
        .string(example: "2018-06-22").described(
            "A day (`YYYY-MM-DD`, in Asia/Shanghai, inclusive as an end) or an instant "
                + "(RFC 3339, exclusive as an end).")
    }
}

extension CouponDraft: SchemaNarrowing {
    package static var narrower: [String: JSONSchema] {
        [
            "value": .atLeast(1), "payPercent": .between(1...99), "minimumSpend": .atLeast(0),
            "maxDiscount": .atLeast(1), "quantity": .between(1...mostCoupons),
            "perMember": .between(1...mostCoupons), "validDays": .between(1...mostDays),
        ]
    }
}
