/// A JSON text as it was read: numbers keep their digits, because `1.0` and `1` are not the same
/// sum of money.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// As written; `StrictJSON` has checked the grammar.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    package subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members[name]
    }

    var isNull: Bool {
        if case .null = self { true } else { false }
    }

    package var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
}

extension JSONValue: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
}

extension JSONValue: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}

extension JSONValue {
    /// The same value without the named fields, at any depth.
    package func removing(_ secrets: Set<String>) -> JSONValue {
        guard !secrets.isEmpty else { return self }
        switch self {
        case .array(let items):
            return .array(items.map { $0.removing(secrets) })
        case .object(let members):
            let kept = members.filter { !secrets.contains($0.key) }
            return .object(kept.mapValues { $0.removing(secrets) })
        default:
            return self
        }
    }

    /// The one way to write this value: members sorted, no blanks, nulls left out as if absent.
    /// Two requests that mean the same have the same canonical bytes.
    package var canonicalBytes: [UInt8] {
        var writer = JSONWriter(keepsNulls: false)
        writer.write(self)
        return writer.bytes
    }

    /// Compact, members sorted.
    package var bytes: [UInt8] {
        var writer = JSONWriter(keepsNulls: true)
        writer.write(self)
        return writer.bytes
    }

    /// Indented by two, members sorted: for people.
    package var prettyText: String {
        var writer = JSONWriter(keepsNulls: true, indented: true)
        writer.write(self)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

/// Writes a `JSONValue` with sorted members.
private struct JSONWriter {
    let keepsNulls: Bool
    var indented = false
    private(set) var bytes: [UInt8] = []
    private var depth = 0

    init(keepsNulls: Bool, indented: Bool = false) {
        self.keepsNulls = keepsNulls
        self.indented = indented
    }

    mutating func write(_ value: JSONValue) {
        switch value {
        case .null: bytes += "null".utf8
        case .bool(let flag): bytes += (flag ? "true" : "false").utf8
        case .number(let text): bytes += text.utf8
        case .string(let text): bytes.appendJSON(text)
        case .array(let items):
            list(open: "[", close: "]", items) { writer, item in writer.write(item) }
        case .object(let members):
            let present = members.filter { keepsNulls || !$0.value.isNull }
            // By bytes, so that the order is one that every language can repeat.
            let sorted = present.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            list(open: "{", close: "}", sorted) { writer, member in
                writer.bytes.appendJSON(member.key)
                writer.bytes += (writer.indented ? ": " : ":").utf8
                writer.write(member.value)
            }
        }
    }

    private mutating func list<Item>(
        open: Character, close: Character, _ items: [Item],
        _ each: (inout JSONWriter, Item) -> Void
    ) {
        bytes += open.utf8
        depth += 1
        for (index, item) in items.enumerated() {
            if index > 0 { bytes += ",".utf8 }
            breakLine()
            each(&self, item)
        }
        depth -= 1
        if !items.isEmpty { breakLine() }
        bytes += close.utf8
    }

    private mutating func breakLine() {
        guard indented else { return }
        bytes += "\n".utf8
        bytes += [UInt8](repeating: UInt8(ascii: " "), count: depth * 2)
    }
}
