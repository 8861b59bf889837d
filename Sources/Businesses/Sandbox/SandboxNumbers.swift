import Basics
import Crypto
import Store

/// Where the ids and tokens of what the sandbox makes come from: from chance, so that nobody can guess
/// them; or from a seed, so that a test finds them again.
///
/// With a seed each kind of thing has numbers of its own, counted in the database: the same calls in
/// the same order on a fresh database get the same ones, whatever else is asked for in between.
package struct SandboxNumbers: Sendable {
    /// What a token leads to.
    enum TokenKind: String { case trade, code, order, bill, login }

    /// nil is chance.
    package let seed: UInt64?

    /// Ids rise in the order in which they are made, seeded or not.
    func id<E>(_ type: ID<E>.Type = ID<E>.self, in tx: Transaction) throws -> ID<E> {
        guard let seed else { return .make() }
        let number = try tx.nextNumber(of: E.prefix)
        let (tail, _) = words(seed, "\(E.prefix) \(number)")
        return ID(rawValue: number << 40 | tail & (1 << 40 - 1))
    }

    func token(_ kind: TokenKind, in tx: Transaction) throws -> String {
        guard let seed else { return Token.make() }
        let name = "token \(kind.rawValue)"
        let (high, low) = words(seed, "\(name) \(try tx.nextNumber(of: name))")
        return Base32.encode(high) + Base32.encode(low)
    }

    /// Two numbers of 63 bits.
    private func words(_ seed: UInt64, _ text: String) -> (Int64, Int64) {
        let key = SymmetricKey(data: withUnsafeBytes(of: seed.bigEndian) { Array($0) })
        let code = Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: key))
        func word(_ bytes: ArraySlice<UInt8>) -> Int64 {
            bytes.reduce(0) { $0 << 8 | Int64($1) } & Int64.max
        }
        return (word(code[0..<8]), word(code[8..<16]))
    }
}
