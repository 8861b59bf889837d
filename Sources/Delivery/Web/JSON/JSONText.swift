extension [UInt8] {
    /// Appends a JSON string.
    mutating func appendJSON(_ text: String) {
        append(UInt8(ascii: "\""))
        var text = text
        text.withUTF8 { utf8 in
            // Most texts have nothing to escape, and are copied at once.
            guard utf8.contains(where: Self.isEscaped) else { return append(contentsOf: utf8) }
            for byte in utf8 {
                if Self.isEscaped(byte) { appendEscape(byte) } else { append(byte) }
            }
        }
        append(UInt8(ascii: "\""))
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(UInt8(ascii: "\\"))
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(byte)
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0D: append(UInt8(ascii: "r"))
        case 0x09: append(UInt8(ascii: "t"))
        default:
            append(contentsOf: "u00".utf8)
            append(Self.hexDigits[Int(byte >> 4)])
            append(Self.hexDigits[Int(byte & 15)])
        }
    }

    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// Appends an integer's decimal digits.
    mutating func appendJSON(_ number: some BinaryInteger & CustomStringConvertible) {
        append(contentsOf: number.description.utf8)
    }
}
