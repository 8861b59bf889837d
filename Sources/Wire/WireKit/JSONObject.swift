import Foundation

/// The members of one JSON object with the exact bytes of each value.
///
/// A response's signature covers the value as received: escapes, spaces and member order
/// included. No decoder gives these bytes back, so this scanner finds them, reading the whole
/// grammar: braces inside strings and escaped quotes are where shortcuts fail.
package struct JSONObject: Sendable {
    package private(set) var members: [(name: [UInt8], value: ArraySlice<UInt8>)] = []

    /// An object without members.
    package static let empty = JSONObject()

    private init() {}

    /// nil unless the bytes are one JSON object without repeated members.
    package init?(_ bytes: ArraySlice<UInt8>) {
        var scanner = JSONScanner(bytes)
        var seen: Set<[UInt8]> = []
        scanner.skipSpace()
        guard scanner.skip("{") else { return nil }
        scanner.skipSpace()
        if !scanner.skip("}") {
            repeat {
                scanner.skipSpace()
                guard let quoted = scanner.slice({ $0.skipString() }),
                    let name = Self.decodedString(quoted), seen.insert(name).inserted
                else { return nil }
                scanner.skipSpace()
                guard scanner.skip(":") else { return nil }
                scanner.skipSpace()
                guard let value = scanner.slice({ $0.skipValue(depth: 0) }) else { return nil }
                members.append((name, value))
                scanner.skipSpace()
            } while scanner.skip(",")
            guard scanner.skip("}") else { return nil }
        }
        scanner.skipSpace()
        guard scanner.isAtEnd else { return nil }
    }

    package subscript(name: String) -> ArraySlice<UInt8>? {
        members.first { $0.name.elementsEqual(name.utf8) }?.value
    }

    /// The text of a member that is a string.
    package func text(_ name: String) -> String? {
        guard let value = self[name], let bytes = Self.decodedString(value) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// A member that is a whole number written as one: no point, no exponent, no second zero.
    package func integer(_ name: String) -> Int64? {
        guard let value = self[name] else { return nil }
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value
        guard !digits.isEmpty, digits.count == 1 || digits.first != UInt8(ascii: "0"),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Int64(String(decoding: value, as: UTF8.self))
    }

    /// A member that is an object.
    package func object(_ name: String) -> JSONObject? {
        self[name].flatMap { JSONObject($0) }
    }

    /// The elements of a member that is an array of objects.
    package func objects(_ name: String) -> [JSONObject]? {
        guard let value = self[name], let slices = JSONScanner.elements(of: value) else {
            return nil
        }
        let objects = slices.compactMap { JSONObject($0) }
        return objects.count == slices.count ? objects : nil
    }

    private static func decodedString(_ quoted: ArraySlice<UInt8>) -> [UInt8]? {
        guard quoted.first == UInt8(ascii: "\"") else { return nil }
        let inner = quoted.dropFirst().dropLast()
        if !inner.contains(UInt8(ascii: "\\")) { return Array(inner) }
        return (try? JSONDecoder().decode(String.self, from: Data(quoted))).map { Array($0.utf8) }
    }
}

/// Steps over JSON grammar; every `skip…` tells whether it found what it should.
private struct JSONScanner {
    private let bytes: ArraySlice<UInt8>
    private var index: Int

    /// Deeper nesting than any answer has; it bounds the recursion.
    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    var isAtEnd: Bool { index == bytes.endIndex }

    /// The elements of an array, as received.
    static func elements(of array: ArraySlice<UInt8>) -> [ArraySlice<UInt8>]? {
        var scanner = JSONScanner(array)
        var elements: [ArraySlice<UInt8>] = []
        guard scanner.skip("[") else { return nil }
        scanner.skipSpace()
        if scanner.skip("]") { return elements }
        repeat {
            scanner.skipSpace()
            guard let element = scanner.slice({ $0.skipValue(depth: 0) }) else { return nil }
            elements.append(element)
            scanner.skipSpace()
        } while scanner.skip(",")
        return scanner.skip("]") ? elements : nil
    }

    mutating func slice(_ step: (inout JSONScanner) -> Bool) -> ArraySlice<UInt8>? {
        let start = index
        return step(&self) ? bytes[start..<index] : nil
    }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    mutating func skipSpace() {
        while index < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) {
            index += 1
        }
    }

    mutating func skipString() -> Bool {
        guard skip("\"") else { return false }
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): if !skipEscape() { return false }
            case 0..<0x20: return false
            default: break
            }
        }
        return false
    }

    private mutating func skipEscape() -> Bool {
        if skip("u") {
            for _ in 0..<4 {
                guard index < bytes.endIndex, hexDigit(bytes[index]) != nil else { return false }
                index += 1
            }
            return true
        }
        guard index < bytes.endIndex, "\"\\/bfnrt".utf8.contains(bytes[index]) else { return false }
        index += 1
        return true
    }

    mutating func skipValue(depth: Int) -> Bool {
        guard depth <= Self.deepest, index < bytes.endIndex else { return false }
        switch bytes[index] {
        case UInt8(ascii: "\""): return skipString()
        case UInt8(ascii: "{"): return skipList("{", "}", named: true, depth)
        case UInt8(ascii: "["): return skipList("[", "]", named: false, depth)
        case UInt8(ascii: "t"): return skipWord("true")
        case UInt8(ascii: "f"): return skipWord("false")
        case UInt8(ascii: "n"): return skipWord("null")
        default: return skipNumber()
        }
    }

    private mutating func skipList(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, named: Bool, _ depth: Int
    ) -> Bool {
        guard skip(open) else { return false }
        skipSpace()
        if skip(close) { return true }
        repeat {
            skipSpace()
            if named {
                guard skipString() else { return false }
                skipSpace()
                guard skip(":") else { return false }
                skipSpace()
            }
            guard skipValue(depth: depth + 1) else { return false }
            skipSpace()
        } while skip(",")
        return skip(close)
    }

    private mutating func skipWord(_ word: String) -> Bool {
        guard bytes[index...].starts(with: word.utf8) else { return false }
        index += word.utf8.count
        return true
    }

    private mutating func skipNumber() -> Bool {
        _ = skip("-")
        if !skip("0"), !skipDigits() { return false }
        if skip("."), !skipDigits() { return false }
        if skip("e") || skip("E") {
            if !skip("+") { _ = skip("-") }
            if !skipDigits() { return false }
        }
        return true
    }

    private mutating func skipDigits() -> Bool {
        let start = index
        while index < bytes.endIndex,
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
        {
            index += 1
        }
        return index > start
    }
}
