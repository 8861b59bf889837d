import WireKit

/// The parameters of a message as `application/x-www-form-urlencoded`, in the order received.
///
/// Names and values are bytes: a signature covers bytes, and a message in GBK is no UTF-8 text.
/// A name occurs at most once.
public struct AlipayForm: Hashable, Sendable {
    /// One decoded name with its decoded value.
    public struct Field: Hashable, Sendable {
        /// The name, percent-decoded.
        public let name: [UInt8]
        /// The value, percent-decoded; may be empty.
        public let value: [UInt8]

        /// A field of two texts, in UTF-8.
        public init(_ name: String, _ value: String) {
            self.init(name: Array(name.utf8), value: Array(value.utf8))
        }

        init(name: [UInt8], value: [UInt8]) {
            self.name = name
            self.value = value
        }
    }

    /// The fields in order.
    public private(set) var fields: [Field]

    /// A form of these texts, in this order. A later pair of the same name replaces an earlier
    /// one.
    public init(_ pairs: [(String, String)] = []) {
        fields = []
        for (name, value) in pairs {
            self[name] = value
        }
    }

    init(fields: [Field]) {
        self.fields = fields
    }

    /// Decodes a body or a query string, strictly.
    ///
    /// - Parameter limit: the longest input that is looked at, in bytes.
    /// - Throws: ``AlipayFormError``. In particular a repeated name is refused, because two
    ///   readers may take two different values for the signed one.
    public init(
        decoding bytes: some Collection<UInt8>, limit: Int = 65_536
    ) throws(AlipayFormError) {
        guard bytes.count <= limit else { throw .tooLarge }
        fields = []
        guard !bytes.isEmpty else { return }
        var seen: Set<[UInt8]> = []
        let pairs = Array(bytes).split(
            separator: UInt8(ascii: "&"), omittingEmptySubsequences: false)
        for pair in pairs {
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { throw .malformed }
            let name = try Self.decoded(pair[..<equals])
            guard !name.isEmpty else { throw .malformed }
            guard seen.insert(name).inserted else {
                throw .duplicateParameter(String(decoding: name, as: UTF8.self))
            }
            fields.append(Field(name: name, value: try Self.decoded(pair[(equals + 1)...])))
        }
    }

    /// The value of a name as text, or nil if there is none or it is not UTF-8.
    ///
    /// Setting nil removes the field; setting a new name appends it.
    public subscript(name: String) -> String? {
        get { bytes(name).flatMap { String(validating: $0, as: UTF8.self) } }
        set {
            let index = index(of: name)
            switch (index, newValue) {
            case (let index?, let value?): fields[index] = Field(name, value)
            case (let index?, nil): fields.remove(at: index)
            case (nil, let value?): fields.append(Field(name, value))
            case (nil, nil): break
            }
        }
    }

    /// The value of a name as it was decoded, in the message's own charset.
    public func bytes(_ name: String) -> [UInt8]? {
        index(of: name).map { fields[$0].value }
    }

    /// The wire form. A space becomes `+`, everything but `A-Z a-z 0-9 _ . - ~` a percent escape.
    public var encoded: String {
        var bytes: [UInt8] = []
        for (position, field) in fields.enumerated() {
            if position > 0 { bytes.append(UInt8(ascii: "&")) }
            Self.encode(field.name, into: &bytes)
            bytes.append(UInt8(ascii: "="))
            Self.encode(field.value, into: &bytes)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func index(of name: String) -> Int? {
        // Bytes, because String equality takes composed and decomposed letters for the same.
        let name = Array(name.utf8)
        return fields.firstIndex { $0.name == name }
    }

    // MARK: Percent encoding

    private static func decoded(_ text: ArraySlice<UInt8>) throws(AlipayFormError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = text.startIndex
        while index < text.endIndex {
            switch text[index] {
            case UInt8(ascii: "%"):
                guard index + 2 < text.endIndex, let high = hexDigit(text[index + 1]),
                    let low = hexDigit(text[index + 2])
                else { throw .malformed }
                bytes.append(high << 4 | low)
                index += 3
            case UInt8(ascii: "+"):
                bytes.append(UInt8(ascii: " "))
                index += 1
            case 0x21...0x7E:
                bytes.append(text[index])
                index += 1
            default:
                // No encoder leaves blanks, control bytes or bytes above ASCII as they are.
                throw .malformed
            }
        }
        return bytes
    }

    private static func encode(_ text: [UInt8], into bytes: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "~"):
                bytes.append(byte)
            case UInt8(ascii: " "):
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}

/// Why bytes are not a form.
public enum AlipayFormError: Error, Hashable, Sendable {
    /// Longer than the limit.
    case tooLarge
    /// A bad percent escape, a byte that must be escaped, or a pair without name or `=`.
    case malformed
    /// A name that occurs twice.
    case duplicateParameter(String)
}
