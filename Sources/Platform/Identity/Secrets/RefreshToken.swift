import Basics
import CryptoExtras
import Foundation
import Web

/// What a program gets new access tokens with, once: each use replaces it.
///
/// Nothing of it is stored. It names its session and which rotation it belongs to, sealed by the
/// server's key; the row counts rotations. So a token whose seal is right and whose count is old has
/// been used before, by its owner or by a thief, and the session ends.
struct RefreshToken: Hashable {
    let session: ID<Session>
    let rotation: Int64

    init(session: ID<Session>, rotation: Int64) {
        self.session = session
        self.rotation = rotation
    }

    /// nil if the text was not made with this key.
    init?(_ text: String, key: SymmetricKey) {
        guard let bytes = Base64URL.decode(text), bytes.count == 16 + 32,
            HMAC<SHA256>.isValidAuthenticationCode(
                bytes[16...], authenticating: bytes[..<16], using: key)
        else { return nil }
        session = ID(rawValue: Self.number(bytes[..<8]))
        rotation = Self.number(bytes[8..<16])
    }

    func text(key: SymmetricKey) -> String {
        let content = Self.bytes(session.rawValue) + Self.bytes(rotation)
        let seal = HMAC<SHA256>.authenticationCode(for: content, using: key)
        return Base64URL.encode(content + seal)
    }

    private static func bytes(_ number: Int64) -> [UInt8] {
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int64 {
        bytes.reduce(0) { $0 << 8 | Int64($1) }
    }
}

/// Base 64 that may stand in URLs and cookies.
enum Base64URL {
    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func decode(_ text: String) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
        return Data(base64Encoded: standard).map { Array($0) }
    }
}
