import Basics
import Money
import Web

/// A text that only some texts are.
protocol ReadText: Codable, Hashable, Sendable, SchemaDescribing {
    var text: String { get }
    init(unchecked text: String)
    static func accepts(_ text: String) -> Bool
}

extension ReadText {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard Self.accepts(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no \(Self.self)")
        }
        self.init(unchecked: text)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension String {
    /// Whether it has one of these lengths and no control characters (the Unicode category Cc).
    fileprivate func isVisible(_ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(unicodeScalars.count)
            && !unicodeScalars.contains {
                (0..<0x20).contains($0.value) || (0x7F...0x9F).contains($0.value)
            }
    }
}

/// What happened: `payout`, `fee.monthly`.
struct JournalKind: ReadText {
    let text: String
    init(unchecked text: String) { self.text = text }

    static func accepts(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    static var schema: JSONSchema {
        .string(pattern: "^[A-Za-z0-9._-]{1,64}$", example: "payout")
    }
}

/// What it is about, in the words of whoever posts.
struct Reference: ReadText {
    let text: String
    init(unchecked text: String) { self.text = text }
    static func accepts(_ text: String) -> Bool { text.isVisible(1...200) }
    static var schema: JSONSchema {
        .string(minimum: 1, maximum: 200, example: "invoice 2025-017")
    }
}

struct Memo: ReadText {
    let text: String
    init(unchecked text: String) { self.text = text }
    static func accepts(_ text: String) -> Bool { text.isVisible(1...500) }
    static var schema: JSONSchema { .string(minimum: 1, maximum: 500, example: "as agreed") }
}

/// Three to twelve capitals or digits: `CNY`, `USD`, `POINTS`.
struct CurrencyCode: ReadText {
    let text: String
    init(unchecked text: String) { self.text = text }

    var currency: Currency { Currency(code: text) }

    static let cny = CurrencyCode(unchecked: "CNY")

    static func accepts(_ text: String) -> Bool {
        (3...12).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x41...0x5A).contains($0) || (0x30...0x39).contains($0) }
    }

    static var schema: JSONSchema { .string(pattern: "^[A-Z0-9]{3,12}$", example: "CNY") }
}
