import Foundation

/// The DER bytes inside the text of a key, whichever of the usual forms it has.
///
/// Consoles and key tools give bare base64 on one line, OpenSSL gives PEM, and on the way
/// through configuration files line breaks turn into CRLF, spaces, `\n` or nothing. PEM readers
/// refuse most of these, so only the base64 between the markers is kept and read strictly.
package struct KeyText {
    /// The words of the marker ("RSA PRIVATE KEY"), if the text has one.
    package let label: String?
    /// The bytes that the base64 stands for.
    package let der: Data

    /// - Throws: ``RSAKeyFault/empty``, ``RSAKeyFault/unreadable``.
    package init(_ text: String) throws(RSAKeyFault) {
        var bytes = Array(text.utf8)[...]
        // Editors on Windows put a mark before the first letter.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var label: String?
        if let begin = bytes.firstRange(of: Self.begin) {
            let rest = bytes[begin.upperBound...]
            guard let labelEnd = rest.firstRange(of: Self.dashes),
                let end = rest[labelEnd.upperBound...].firstRange(of: Self.end)
            else { throw .unreadable }
            label = String(decoding: rest[..<labelEnd.lowerBound], as: UTF8.self)
            bytes = rest[labelEnd.upperBound..<end.lowerBound]
        }
        try self.init(label: label, base64: bytes)
    }

    /// Every block of a PEM file, whatever stands between them. A block that is no base64 is nil.
    package static func blocks(_ text: String) -> [KeyText?] {
        var rest = Array(text.utf8)[...]
        var blocks: [KeyText?] = []
        while let begin = rest.firstRange(of: begin) {
            rest = rest[begin.upperBound...]
            guard let labelEnd = rest.firstRange(of: dashes),
                let end = rest[labelEnd.upperBound...].firstRange(of: end)
            else { return blocks + [nil] }
            let label = String(decoding: rest[..<labelEnd.lowerBound], as: UTF8.self)
            let base64 = rest[labelEnd.upperBound..<end.lowerBound]
            blocks.append(try? KeyText(label: label, base64: base64))
            rest = rest[end.upperBound...]
        }
        return blocks
    }

    private init(label: String?, base64 bytes: ArraySlice<UInt8>) throws(RSAKeyFault) {
        let base64 = Self.withoutBreaks(bytes)
        guard !base64.isEmpty else { throw .empty }
        guard let der = strictBase64(base64) else { throw .unreadable }
        self.label = label
        self.der = der
    }

    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    /// Drops white space, and `\n` and `\r` written out as two characters.
    private static func withoutBreaks(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        var kept: [UInt8] = []
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let next = index + 1 < bytes.endIndex ? bytes[index + 1] : 0
            switch bytes[index] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"):
                index += 1
            case UInt8(ascii: "\\") where next == UInt8(ascii: "n") || next == UInt8(ascii: "r"):
                index += 2
            case let byte:
                kept.append(byte)
                index += 1
            }
        }
        return kept
    }
}
