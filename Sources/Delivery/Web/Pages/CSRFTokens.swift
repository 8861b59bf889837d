import Basics
import Crypto
import Foundation
import Hummingbird

/// Proof that a form was made here for this browser and this session.
///
/// A random cookie that no script can read, and in the form a MAC over it and the session's id: a
/// site that makes a browser post here has neither, and a token from before the log-in is void after.
package struct CSRFTokens: Sendable {
    static let cookie = "kontor_csrf"
    static let field = "_csrf"

    private let key: SymmetricKey

    package init(secret: [UInt8]) { key = SymmetricKey(data: secret) }

    static func newCookieValue() -> String { Hex.random(bytes: 16) }

    func token(cookie: String, session: ID<Session>?) -> String {
        Hex.encode(HMAC<SHA256>.authenticationCode(for: Self.message(cookie, session), using: key))
    }

    /// Compares in constant time.
    func accepts(_ token: String, _ request: Request, _ context: AppContext) -> Bool {
        guard request.headers[.fetchSite] != "cross-site",
            let cookie = request.cookies[Self.cookie]?.value, cookie.utf8.count == 32,
            let mac = Hex.decode(token)
        else { return false }
        return HMAC<SHA256>.isValidAuthenticationCode(
            mac, authenticating: Self.message(cookie, context.session?.id), using: key)
    }

    private static func message(_ cookie: String, _ session: ID<Session>?) -> Data {
        Data("\(cookie) \(session?.description ?? "-")".utf8)
    }
}

/// Bytes as lower-case hexadecimal digits.
enum Hex {
    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] },
            as: UTF8.self)
    }

    static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.map(\.hexDigit)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[index], let low = digits[index + 1] else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// From the system's generator, which is good enough for secrets.
    static func random(bytes count: Int) -> String {
        var generator = SystemRandomNumberGenerator()
        return encode((0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) })
    }
}

extension UInt8 {
    var hexDigit: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
