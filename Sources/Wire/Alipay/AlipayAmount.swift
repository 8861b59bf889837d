import WireKit

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
        guard let fen = YuanText.fen(Array(yuan.utf8)[...]) else { throw AlipayAmountError() }
        self.fen = fen
    }

    /// The yuan text with exactly two decimals, as Alipay wants it: "2544.00".
    public var yuan: String { YuanText.text(fen: fen) }

    /// Compares two sums.
    public static func < (left: AlipayAmount, right: AlipayAmount) -> Bool {
        left.fen < right.fen
    }
}

extension AlipayAmount: CustomStringConvertible {
    /// The yuan text.
    public var description: String { yuan }
}

/// The text is not an amount of yuan with at most two decimals.
public struct AlipayAmountError: Error, Hashable, Sendable {}
