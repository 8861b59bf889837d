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
    fileprivate func isVisible(_ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(unicodeScalars.count)
            && unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
    }
}

/// What happened: `payout`, `fee.monthly`.
struct JournalKind: ReadText {
    let text: String
    init(unchecked text: String) { self.text = text }

    static func accepts(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                $0 < 0x80
                    && (Character(Unicode.Scalar($0)).isLetter
                        || Character(Unicode.Scalar($0)).isNumber || "-_.".utf8.contains($0))
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
