import Basics

/// A sum of money in minor units: for CNY, fen. All arithmetic is checked; a sum that does not fit
/// 64 bits is refused with `overflow` and never wraps or traps.
package struct Amount: Hashable, Sendable {
    package let minorUnits: Int64

    package init(_ minorUnits: Int64) { self.minorUnits = minorUnits }

    package static let zero = Amount(0)
    package var isZero: Bool { minorUnits == 0 }
    package var isPositive: Bool { minorUnits > 0 }

    package func adding(_ other: Amount) throws(Problem) -> Amount {
        let (sum, overflow) = minorUnits.addingReportingOverflow(other.minorUnits)
        guard !overflow else { throw .overflow }
        return Amount(sum)
    }

    package func subtracting(_ other: Amount) throws(Problem) -> Amount {
        let (difference, overflow) = minorUnits.subtractingReportingOverflow(other.minorUnits)
        guard !overflow else { throw .overflow }
        return Amount(difference)
    }
}

extension Problem {
    /// A sum beyond 64 bits (ledger case 16).
    package static let overflow = Problem(.rule, "overflow")
}

extension Amount: Comparable {
    package static func < (left: Amount, right: Amount) -> Bool {
        left.minorUnits < right.minorUnits
    }
}

extension Amount: Codable {
    package init(from decoder: any Decoder) throws {
        minorUnits = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(minorUnits)
    }
}

extension Amount: CustomStringConvertible {
    /// `1234.56`: the digits of the major unit, by integer arithmetic.
    package var description: String {
        let magnitude = minorUnits.magnitude
        let cents = magnitude % 100
        return "\(minorUnits < 0 ? "-" : "")\(magnitude / 100).\(cents < 10 ? "0" : "")\(cents)"
    }
}

extension Sequence where Element == Amount {
    /// The sum, refused with `overflow` if it does not fit.
    package func total() throws(Problem) -> Amount {
        var sum = Amount.zero
        for amount in self { sum = try sum.adding(amount) }
        return sum
    }
}

/// An ISO 4217 code. One installation trades in one currency; the ledger holds accounts of any.
package struct Currency: Hashable, Sendable, Codable {
    package let code: String
    package init(code: String) { self.code = code }
    package static let cny = Currency(code: "CNY")

    package init(from decoder: any Decoder) throws {
        code = try decoder.singleValueContainer().decode(String.self)
    }
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(code)
    }
}
