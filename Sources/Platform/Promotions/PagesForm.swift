import Basics
import Money
import Web

/// The form for a new coupon template: what it proposes, or what was sent.
struct CouponForm: Sendable {
    private(set) var values: [String: String] = [:]
    private let form: Form

    /// An empty form: from today for a month, usable for a month from the claim.
    init(today: CalendarDate) {
        form = .empty
        values = [
            "kind": CouponTerms.Kind.thresholdOff.rawValue,
            "scopeKind": CouponScope.Kind.all.rawValue,
            "thresholdBase": CouponTerms.ThresholdBase.afterLine.rawValue, "perMember": "1",
            "claimFrom": today.description,
            "claimUntil": CalendarDate(dayNumber: today.dayNumber + 30).description,
            "validDays": "30",
        ]
    }

    init(_ form: Form) { self.form = form }

    /// What an operator asked for.
    /// - Throws: `field-required`, `field-invalid` for what cannot be read; the rules come later.
    func draft() throws(Problem) -> CouponDraft {
        let kind = try needed("kind", form.choice(CouponTerms.Kind.self, "kind"))
        let scope = try needed("scopeKind", form.choice(CouponScope.Kind.self, "scopeKind"))
        // Fields of the other kinds stay in the form when the kind is changed; they do not count.
        let isPercent = kind == .percentOff
        return CouponDraft(
            name: try form.required("name"), kind: kind,
            value: isPercent ? nil : try form.amount("value"),
            payPercent: isPercent ? try form.integer("payPercent") : nil,
            minimumSpend: try form.amount("minimumSpend"),
            maxDiscount: isPercent ? try form.amount("maxDiscount") : nil,
            scope: CouponScope(scope, id: scope.namesOne ? try form.text("scopeId") : nil),
            quantity: try needed("quantity", form.integer("quantity")),
            perMember: try form.integer("perMember"),
            claimFrom: .day(try needed("claimFrom", form.date("claimFrom"))),
            claimUntil: .day(try needed("claimUntil", form.date("claimUntil"))),
            validFrom: try form.date("validFrom").map(Moment.day),
            validUntil: try form.date("validUntil").map(Moment.day),
            validDays: try form.integer("validDays"),
            thresholdBase: try form.choice(CouponTerms.ThresholdBase.self, "thresholdBase"))
    }

    private func needed<Value>(_ name: String, _ value: Value?) throws(Problem) -> Value {
        guard let value else { throw Problem.rule("field-required", "/\(name)") }
        return value
    }
}
