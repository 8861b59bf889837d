import Foundation
import Hummingbird

/// One sentence for the next page: what has just been done, or why not.
package struct Flash: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable { case good, info, bad }
    package let kind: Kind
    package let text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    package static func good(_ text: String) -> Flash { Flash(.good, text) }
    package static func info(_ text: String) -> Flash { Flash(.info, text) }
    package static func bad(_ text: String) -> Flash { Flash(.bad, text) }

    static let cookie = "kontor_flash"

    /// Carried in a cookie for a minute. It is shown as plain text, so nothing hangs on who wrote it.
    func cookie(isSecure: Bool) -> Cookie {
        let text = Flash(kind, String(self.text.prefix(400)))
        let json = (try? JSONEncoder().encode(text)) ?? Data()
        return Cookie(
            name: Self.cookie, value: Hex.encode(json), maxAge: 60, path: "/", secure: isSecure,
            httpOnly: true, sameSite: .lax)
    }

    init?(cookie value: String) {
        guard value.utf8.count <= 8_000, let json = Hex.decode(value),
            let flash = try? JSONDecoder().decode(Flash.self, from: Data(json))
        else { return nil }
        self = flash
    }

    static func clearing(isSecure: Bool) -> Cookie {
        Cookie(
            name: cookie, value: "", maxAge: 0, path: "/", secure: isSecure, httpOnly: true,
            sameSite: .lax)
    }

    /// For templates.
    var model: [String: Any] { ["kind": kind.rawValue, "text": text, "isBad": kind == .bad] }
}
