/// The headers of a message, as received or to be sent.
///
/// Names are compared without regard to case. A header that occurs twice is kept twice, because
/// two readers may take two different values for the signed one; whoever verifies refuses it.
public struct WeChatPayHeaders: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    /// One header.
    public struct Field: Hashable, Sendable {
        /// The name, in any case.
        public let name: String
        /// The value.
        public let value: String
    }

    /// The headers in order.
    public private(set) var fields: [Field]

    /// Headers of these names and values: SwiftNIO's `HTTPHeaders` as they are, or swift-http-types'
    /// by `fields.map { (name: $0.name.rawName, value: $0.value) }`.
    public init(_ fields: some Sequence<(name: String, value: String)>) {
        self.fields = fields.map { Field(name: $0.name, value: $0.value) }
    }

    /// Headers of these names and values.
    public init(dictionaryLiteral fields: (String, String)...) {
        self.init(fields.map { (name: $0.0, value: $0.1) })
    }

    /// All values of that name.
    public func values(_ name: String) -> [String] {
        let name = Self.folded(name)
        return fields.filter { Self.folded($0.name) == name }.map(\.value)
    }

    mutating func append(_ name: String, _ value: String) {
        fields.append(Field(name: name, value: value))
    }

    /// The one value of a header that a signature rests on, without white space around it.
    func single(_ name: String) throws(WeChatPayVerificationError) -> String {
        let values = values(name)
        guard values.count <= 1 else { throw .duplicateHeader(name) }
        let blank = Array(" \t".utf8)
        let bytes = Array((values.first ?? "").utf8)[...].drop { blank.contains($0) }
        let trimmed = bytes.reversed().drop { blank.contains($0) }.reversed()
        guard !trimmed.isEmpty else { throw .missingHeader(name) }
        // A line break here would move the boundary between nonce and body.
        guard trimmed.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw .malformedHeader(name)
        }
        return String(decoding: trimmed, as: UTF8.self)
    }

    private static func folded(_ name: String) -> [UInt8] {
        name.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
    }
}
