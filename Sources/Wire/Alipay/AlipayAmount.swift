/// A sum of Chinese yuan, held as a whole number of fen (1 yuan = 100 fen).
///
/// Alipay writes money as yuan text ("88.80"). This type reads and writes that text with integer
/// arithmetic only: a binary floating point number cannot hold 0.10 and must never touch money.
public struct AlipayAmount: Hashable, Comparable, Sendable {
    /// The sum in fen.
    public let fen: Int64

    /// An amount of that many fen.
    public init(fen: Int64) {
        self.fen = fen
    }

    /// Reads yuan text: digits, then optionally a point and one or two digits.
    ///
    /// Signs, spaces, separators, exponents, superfluous leading zeros, a third decimal and
    /// digits other than ASCII are refused, so that two readers never see two sums in one text.
    ///
    /// - Throws: ``AlipayAmountError`` if the text is anything else or exceeds `Int64` fen.
    public init(yuan: String) throws(AlipayAmountError) {
        try self.init(yuanBytes: Array(yuan.utf8)[...])
    }

    init(yuanBytes bytes: ArraySlice<UInt8>) throws(AlipayAmountError) {
        let point = bytes.firstIndex(of: UInt8(ascii: ".")) ?? bytes.endIndex
        let whole = bytes[..<point]
        let fraction = bytes[point...].dropFirst()
        guard !whole.isEmpty, whole.count == 1 || whole.first != UInt8(ascii: "0"),
            point == bytes.endIndex || (1...2).contains(fraction.count)
        else { throw AlipayAmountError() }

        var fen: Int64 = 0
        for byte in whole + fraction {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
                throw AlipayAmountError()
            }
            fen = try Self.shifted(fen, adding: Int64(byte - UInt8(ascii: "0")))
        }
        for _ in fraction.count..<2 {
            fen = try Self.shifted(fen, adding: 0)
        }
        self.fen = fen
    }

    /// The yuan text with exactly two decimals, as Alipay wants it: "2544.00".
    public var yuan: String {
        let (whole, rest) = fen.magnitude.quotientAndRemainder(dividingBy: 100)
        return "\(fen < 0 ? "-" : "")\(whole).\(rest < 10 ? "0" : "")\(rest)"
    }

    /// Compares two sums.
    public static func < (left: AlipayAmount, right: AlipayAmount) -> Bool {
        left.fen < right.fen
    }

    private static func shifted(
        _ fen: Int64, adding digit: Int64
    ) throws(AlipayAmountError) -> Int64 {
        let (tenfold, tooBig) = fen.multipliedReportingOverflow(by: 10)
        let (sum, overflow) = tenfold.addingReportingOverflow(digit)
        guard !tooBig, !overflow else { throw AlipayAmountError() }
        return sum
    }
}

extension AlipayAmount: CustomStringConvertible {
    /// The yuan text.
    public var description: String { yuan }
}

/// The text is not an amount of yuan with at most two decimals.
public struct AlipayAmountError: Error, Hashable, Sendable {}
