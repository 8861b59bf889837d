/// Yuan text and the whole number of fen it names, by integer arithmetic only: a binary floating
/// point number cannot hold 0.10 and must never touch money.
package enum YuanText {
    /// Digits, then optionally a point and one or two digits; nil for anything else, and beyond
    /// `Int64` fen.
    ///
    /// Signs, spaces, separators, exponents, superfluous leading zeros, a third decimal and
    /// digits other than ASCII are refused, so that two readers never see two sums in one text.
    package static func fen(_ bytes: ArraySlice<UInt8>) -> Int64? {
        let point = bytes.firstIndex(of: UInt8(ascii: ".")) ?? bytes.endIndex
        let whole = bytes[..<point]
        let fraction = bytes[point...].dropFirst()
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0"),
            point == bytes.endIndex || (1...2).contains(fraction.count)
        else { return nil }

        var fen: Int64 = 0
        for byte in Array(whole) + fraction + Array(repeating: 0x30, count: 2 - fraction.count) {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            let (tenfold, tooBig) = fen.multipliedReportingOverflow(by: 10)
            let (sum, overflow) = tenfold.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            guard !tooBig, !overflow else { return nil }
            fen = sum
        }
        return fen
    }

    /// The yuan text with exactly two decimals: "2544.00".
    package static func text(fen: Int64) -> String {
        let (whole, rest) = fen.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(fen < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }
}
