import Basics

/// A member's name: unique whatever its case, and never something that could be a phone number, so
/// that what is typed at log-in means one member.
package struct Username: Hashable, Sendable {
    package static let lengths = 3...32

    package let text: String

    package init(_ text: String) throws(Problem) {
        let bytes = Array(text.utf8)
        guard Self.lengths.contains(bytes.count), bytes.allSatisfy(Self.isAllowed),
            !PhoneNumber.isOne(text)
        else { throw .usernameInvalid }
        self.text = text
    }

    /// What must be unique.
    package var key: String { Self.key(text) }

    static func key(_ text: String) -> String { text.lowercased() }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
