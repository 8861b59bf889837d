import Basics
import Money

/// Money as people read it: `¥1,234.56`, in both languages, by integer arithmetic.
package enum MoneyText {
    package static func text(_ amount: Amount) -> String { signed(amount, "¥") }

    /// `CNY 1,234.56`, where ¥ could be another country's.
    package static func unambiguous(_ amount: Amount) -> String { signed(amount, "CNY ") }

    /// `1,234.56`, without sign or symbol.
    package static func digits(_ amount: Amount) -> String {
        let magnitude = amount.minorUnits.magnitude
        let cents = magnitude % 100
        var grouped = ""
        for (index, digit) in String(magnitude / 100).reversed().enumerated() {
            if index > 0, index % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return "\(String(grouped.reversed())).\(cents < 10 ? "0" : "")\(cents)"
    }

    private static func signed(_ amount: Amount, _ symbol: String) -> String {
        "\(amount.minorUnits < 0 ? "−" : "")\(symbol)\(digits(amount))"
    }

    /// Reads what people type: `1234`, `1,234.5`, `¥12.30`. nil if it is no sum of money or has more
    /// than two decimals.
    package static func parse(_ text: String) -> Amount? {
        var text = text.trimmed[...]
        if text.hasPrefix("¥") || text.hasPrefix("￥") { text = text.dropFirst() }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard let whole = parts.first.flatMap(wholePart) else { return nil }
        var cents: Int64 = 0
        if parts.count == 2 {
            guard (1...2).contains(parts[1].utf8.count), let value = plainDigits(parts[1]) else {
                return nil
            }
            cents = parts[1].utf8.count == 1 ? value * 10 : value
        }
        let (units, overflow) = whole.multipliedReportingOverflow(by: 100)
        let (sum, carried) = units.addingReportingOverflow(cents)
        return overflow || carried ? nil : Amount(sum)
    }

    /// Commas may only stand where thousands end.
    private static func wholePart(_ text: Substring) -> Int64? {
        let groups = text.split(separator: ",", omittingEmptySubsequences: false)
        guard let first = groups.first, !first.isEmpty, groups.count == 1 || first.utf8.count <= 3,
            groups.dropFirst().allSatisfy({ $0.utf8.count == 3 })
        else { return nil }
        return plainDigits(groups.joined())
    }

    private static func plainDigits(_ text: some StringProtocol) -> Int64? {
        text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
    }
}
