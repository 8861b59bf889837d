/// A field of an answer that is always there: its value, or `null` where others leave the name out.
package struct OrNull<Value> {
    package var value: Value?
    package init(_ value: Value?) { self.value = value }
}

extension OrNull: Sendable where Value: Sendable {}
extension OrNull: Equatable where Value: Equatable {}
extension OrNull: Hashable where Value: Hashable {}

extension OrNull: Encodable where Value: Encodable {
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let value { try container.encode(value) } else { try container.encodeNil() }
    }
}

extension OrNull: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        value = container.decodeNil() ? nil : try container.decode(Value.self)
    }
}

extension OrNull: SchemaComposite where Value: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        builder.schema(of: Value.self).nullable
    }
    static var empty: OrNull { OrNull(nil) }
}
