/// JSON to be sent: members keep their order, so that equal content gives equal bytes, and with
/// them an equal signature.
package enum JSONText: Sendable, ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
    case string(String)
    case integer(Int64)
    case object([(name: String, value: JSONText)])
    case array([JSONText])

    package init(stringLiteral value: String) { self = .string(value) }

    /// Members of no value are left out.
    package init(dictionaryLiteral members: (String, JSONText?)...) {
        self = .object(members.compactMap { name, value in value.map { (name, $0) } })
    }

    /// The text in UTF-8, without spaces. Only what JSON demands is escaped.
    package var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(to: &bytes)
        return bytes
    }

    private func write(to bytes: inout [UInt8]) {
        switch self {
        case .string(let text): Self.write(text, to: &bytes)
        case .integer(let number): bytes += String(number).utf8
        case .object(let members):
            bytes += "{".utf8
            for (index, member) in members.enumerated() {
                if index > 0 { bytes += ",".utf8 }
                Self.write(member.name, to: &bytes)
                bytes += ":".utf8
                member.value.write(to: &bytes)
            }
            bytes += "}".utf8
        case .array(let values):
            bytes += "[".utf8
            for (index, value) in values.enumerated() {
                if index > 0 { bytes += ",".utf8 }
                value.write(to: &bytes)
            }
            bytes += "]".utf8
        }
    }

    private static func write(_ text: String, to bytes: inout [UInt8]) {
        let digits = Array("0123456789abcdef".utf8)
        bytes += "\"".utf8
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes += "\"".utf8
    }
}

extension JSONText: ExpressibleByIntegerLiteral {
    package init(integerLiteral value: Int64) { self = .integer(value) }
}
