import Basics
import Money

/// Why a cart cannot be priced as asked, or a refund not be made as asked.
extension Problem {
    static let linesMissing = rule("lines-missing", "/lines")
    static let walletAmountNegative = rule("wallet-amount-negative", "/walletAmount")

    /// The line at `index` names a product that an earlier line named (commerce defect 7).
    static func duplicateLine(_ index: Int) -> Problem {
        rule("duplicate-line", "/lines/\(index)")
    }

    static func priceNegative(_ index: Int) -> Problem { rule("price-negative", "/lines/\(index)") }

    static func tenderExceedsTotal(_ total: Amount) -> Problem {
        Problem(
            .rule, "tender-exceeds-total", parameters: ["total": .money(total.minorUnits)],
            errors: [.init(pointer: "/walletAmount", code: "tender-exceeds-total")])
    }

    static let refundAmountNotPositive = rule("refund-amount-not-positive", "/amount")
    static let refundLinesMissing = rule("refund-lines-missing", "/lines")
    static let alreadyRefunded = conflict("already-refunded")

    static func refundLineUnknown(_ index: Int) -> Problem {
        rule("refund-line-unknown", "/lines/\(index)")
    }

    static func refundLineTwice(_ index: Int) -> Problem {
        rule("refund-line-twice", "/lines/\(index)")
    }

    static func refundExceedsRemaining(_ remaining: Amount) -> Problem {
        Problem(
            .conflict, "refund-exceeds-remaining",
            parameters: ["remaining": .money(remaining.minorUnits)],
            errors: [.init(pointer: "/amount", code: "refund-exceeds-remaining")])
    }
}
