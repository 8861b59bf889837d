import CryptoExtras

/// What a program sends to prove itself: `kk_` and 256 random bits. Shown once; only its hash is
/// kept.
struct APIKeySecret {
    private static let mark = "kk_"

    let text: String

    init() { text = Self.mark + Base64URL.encode(SymmetricKey(size: .bits256).bytes) }

    /// By which people tell their keys apart.
    var prefix: String { String(text.prefix(11)) }

    /// Access tokens are JWTs and never begin like this.
    static func isOne(_ text: String) -> Bool { text.hasPrefix(mark) }
}
