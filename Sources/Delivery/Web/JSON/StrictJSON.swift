import Basics

/// Reads JSON (RFC 8259) byte by byte and refuses what two readers could understand differently:
/// duplicate members, U+0000, unpaired surrogates, broken UTF-8, anything after the value.
package enum StrictJSON {
    package static let maximumDepth = 32

    /// - Throws: `malformed-json` with the byte offset, or `duplicate-key` with the pointer.
    package static func parse(_ bytes: [UInt8]) throws(Problem) -> JSONValue {
        var parser = JSONParser(bytes: bytes)
        parser.skipBlanks()
        let value = try parser.value(depth: 0)
        parser.skipBlanks()
        guard parser.isAtEnd else { throw parser.malformed() }
        return value
    }

    /// `-0` is no integer: it has no meaning that `0` has not, and not everyone writes it back so.
    static func isInteger(_ number: String) -> Bool {
        number.utf8.allSatisfy { (48...57).contains($0) || $0 == UInt8(ascii: "-") }
            && number != "-0"
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    private var position = 0
    /// Where the value stands that is read, from outside to inside.
    private var path: [Step] = []

    private enum Step { case member(String), item(Int) }

    init(bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func malformed() -> Problem {
        Problem(
            .unreadable, "malformed-json", parameters: ["offset": .number(Int64(position))])
    }

    mutating func skipBlanks() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    private func duplicate(_ name: String) -> Problem {
        let object = path.reduce(JSONPointer.root) { parent, step in
            switch step {
            case .member(let name): .member(name, of: parent)
            case .item(let index): .item(index, of: parent)
            }
        }
        return Problem(.unreadable, "duplicate-key")
            .at(JSONPointer.member(name, of: object).text)
    }

    mutating func value(depth: Int) throws(Problem) -> JSONValue {
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth + 1)
        case UInt8(ascii: "["): return try array(depth: depth + 1)
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func word(_ text: String, _ value: JSONValue) throws(Problem) -> JSONValue {
        guard bytes[position...].starts(with: text.utf8) else { throw malformed() }
        position += text.utf8.count
        return value
    }

    private mutating func object(depth: Int) throws(Problem) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw malformed() }
        position += 1
        skipBlanks()
        if take("}") { return .object([:]) }
        var members: [String: JSONValue] = [:]
        while true {
            guard current == UInt8(ascii: "\"") else { throw malformed() }
            let name = try string()
            guard members[name] == nil else { throw duplicate(name) }
            skipBlanks()
            guard take(":") else { throw malformed() }
            skipBlanks()
            path.append(.member(name))
            members[name] = try value(depth: depth)
            path.removeLast()
            skipBlanks()
            if take("}") { return .object(members) }
            guard take(",") else { throw malformed() }
            skipBlanks()
        }
    }

    private mutating func array(depth: Int) throws(Problem) -> JSONValue {
        guard depth <= StrictJSON.maximumDepth else { throw malformed() }
        position += 1
        skipBlanks()
        var items: [JSONValue] = []
        if take("]") { return .array(items) }
        while true {
            path.append(.item(items.count))
            items.append(try value(depth: depth))
            path.removeLast()
            skipBlanks()
            if take("]") { return .array(items) }
            guard take(",") else { throw malformed() }
            skipBlanks()
        }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    // MARK: Numbers

    private mutating func number() throws(Problem) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(Problem) {
        let start = position
        while let byte = current, (48...57).contains(byte) { position += 1 }
        guard position > start else { throw malformed() }
    }

    // MARK: Strings

    private mutating func string() throws(Problem) -> String {
        position += 1
        var start = position
        var unescaped: [UInt8] = []
        while let byte = current {
            switch byte {
            case UInt8(ascii: "\""):
                let rest = bytes[start..<position]
                guard
                    let text = unescaped.isEmpty
                        ? String(validating: rest, as: UTF8.self)
                        : String(validating: unescaped + rest, as: UTF8.self)
                else { throw malformed() }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                unescaped += bytes[start..<position]
                position += 1
                unescaped += String(try escape()).utf8
                start = position
            case 0..<0x20:
                throw malformed()
            default:
                position += 1
            }
        }
        throw malformed()
    }

    private mutating func escape() throws(Problem) -> Unicode.Scalar {
        guard let byte = current else { throw malformed() }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw malformed()
        }
    }

    /// Everything but U+0000, which PostgreSQL cannot store and C reads as an end.
    private mutating func unicodeEscape() throws(Problem) -> Unicode.Scalar {
        let first = try hexUnit()
        var value = UInt32(first)
        if UTF16.isLeadSurrogate(first) {
            guard take("\\"), take("u") else { throw malformed() }
            let second = try hexUnit()
            guard UTF16.isTrailSurrogate(second) else { throw malformed() }
            value = 0x10000 + ((UInt32(first) & 0x3FF) << 10) + (UInt32(second) & 0x3FF)
        }
        // A trail surrogate alone is no scalar.
        guard value != 0, let scalar = Unicode.Scalar(value) else { throw malformed() }
        return scalar
    }

    private mutating func hexUnit() throws(Problem) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let byte = current, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
            else { throw malformed() }
            unit = unit << 4 | UInt16(digit)
            position += 1
        }
        return unit
    }
}
