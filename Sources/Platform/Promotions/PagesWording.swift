import Basics
import Money
import Web

/// A coupon in the words of the page's language.
struct CouponWords: Sendable {
    let kind: String
    /// `¥60.00`, `7.9折`, `21% off`.
    let worth: String
    /// From which sum on, up to how much; nil if there is no condition.
    let condition: String?
    let scope: String

    init(_ terms: CouponTerms, scopeTitle: String?, _ page: SiteRequest) {
        kind = page.text("coupons.kind.\(terms.benefit.kind.rawValue)")
        switch terms.benefit {
        case .amountOff(let value), .thresholdOff(let value): worth = MoneyText.text(value)
        case .percentOff(let pay, _):
            worth = page.text(
                "coupons.percent", ["off": .number(100 - pay), "fold": .text(Self.fold(pay))])
        }
        var conditions: [String] = []
        if terms.minimumSpend.isPositive {
            conditions.append(
                page.text("coupons.minimum", ["sum": .money(terms.minimumSpend.minorUnits)]))
        }
        if let most = terms.benefit.maxDiscount {
            conditions.append(page.text("coupons.most", ["sum": .money(most.minorUnits)]))
        }
        condition = conditions.isEmpty ? nil : conditions.joined(separator: " · ")
        scope = page.text(
            "coupons.scope.\(terms.scope.kind.rawValue)",
            ["title": .text(scopeTitle ?? terms.scope.id ?? "")])
    }

    /// 79 is 7.9折, 80 is 8折.
    private static func fold(_ pay: Int64) -> String {
        pay % 10 == 0 ? String(pay / 10) : "\(pay / 10).\(pay % 10)"
    }
}

extension SiteRequest {
    /// From when to when, as people say it: with whole days the last one is named.
    func text(_ window: TimeWindow, _ key: String = "coupons.valid.window") -> String {
        text(
            key,
            ["from": .text(Self.firstText(window.from)), "until": .text(lastText(window.until))])
    }

    func text(_ validity: CouponTemplate.Validity) -> String {
        switch validity {
        case .fixed(let window): text(window)
        case .days(let count): text("coupons.valid.days", ["days": .number(count)])
        }
    }

    /// The last day or minute before an exclusive end.
    func lastText(_ end: Instant) -> String {
        let day = BusinessCalendar.date(of: end)
        guard BusinessCalendar.start(of: day) == end else {
            return String(BusinessCalendar.localText(end).prefix(16))
        }
        return CalendarDate(dayNumber: day.dayNumber - 1).description
    }

    private static func firstText(_ start: Instant) -> String {
        let day = BusinessCalendar.date(of: start)
        return BusinessCalendar.start(of: day) == start
            ? day.description : String(BusinessCalendar.localText(start).prefix(16))
    }
}
