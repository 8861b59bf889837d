/// A kind of coupon as an operator asks for it.
struct TemplateDraft: Equatable {
    enum Kind: String, CaseIterable {
        case amountOff = "amount-off"
        case thresholdOff = "threshold-off"
        case percentOff = "percent-off"
    }

    var kind: Kind
    var value: Int?
    var pay: Int?
    var most: Int?
    var minimum: Int?
    var countsListPrice = false
    var scope: CouponTerms.Scope
    var quantity: Int
    var perMember: Int
    var claimFrom: Int
    var claimUntil: Int
    var validFrom: Int?
    /// The last day, as a number of days from the run's beginning; it counts to its end.
    var lastDay: Int?
    var days: Int?

    /// Whether the rules can be (commerce C29).
    func isSound(at now: Int) -> Bool {
        let least = minimum ?? 0
        guard quantity > 0, perMember > 0, claimFrom < claimUntil, least >= 0 else { return false }
        switch kind {
        case .percentOff:
            guard let pay, 1 <= pay, pay <= 99, value == nil, (most ?? 1) > 0 else { return false }
        case .amountOff, .thresholdOff:
            guard let value, value > 0, pay == nil, most == nil else { return false }
            guard kind == .amountOff || least > 0 && value <= least else { return false }
        }
        if let days { return days > 0 && validFrom == nil && lastDay == nil }
        guard let validFrom, let lastDay else { return false }
        return validFrom < .days(lastDay + 1) && claimFrom < .days(lastDay + 1)
    }

    func template(at now: Int) -> Template {
        let benefit: CouponTerms.Benefit =
            if let pay { .pay(pay, most: most) } else { .off(value ?? 0) }
        var window: Range<Int>?
        if let validFrom, let lastDay { window = validFrom..<(.days(lastDay + 1)) }
        return Template(
            terms: CouponTerms(
                benefit: benefit, minimum: minimum ?? 0, countsListPrice: countsListPrice,
                scope: scope),
            quantity: quantity, perMember: perMember, claimFrom: claimFrom,
            claimUntil: claimUntil, valid: window, days: days)
    }

    var json: JSON {
        .object([
            ("name", .text("coupon")), ("kind", .text(kind.rawValue)),
            ("value", value.map(JSON.int)),
            ("payPercent", pay.map(JSON.int)), ("maxDiscount", most.map(JSON.int)),
            ("minimumSpend", minimum.map(JSON.int)),
            ("thresholdBase", .text(countsListPrice ? "list" : "after-line")),
            ("scope", scope.json), ("quantity", .int(quantity)), ("perMember", .int(perMember)),
            ("claimFrom", .text("{time \(claimFrom)}")),
            ("claimUntil", .text("{time \(claimUntil)}")),
            ("validFrom", validFrom.map { .text("{time \($0)}") }),
            ("validUntil", lastDay.map { .text("{date \($0)}") }),
            ("validDays", days.map(JSON.int)),
        ])
    }
}

extension CouponTerms.Scope {
    fileprivate var json: JSON {
        switch self {
        case .all: .object([("kind", .text("all"))])
        case .business(let name): .object([("kind", .text("business")), ("id", .text(name))])
        case .course(let number):
            .object([("kind", .text("course")), ("id", .text("{course \(number)}"))])
        case .category(let number):
            .object([("kind", .text("category")), ("id", .text("{category \(number)}"))])
        }
    }
}
