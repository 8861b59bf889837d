enum ProbeError: Error {
    /// A type contains itself without an array or optional between, or nests containers by hand.
    case noSample
}

/// What a type asked its decoder for.
final class ProbeRecord {
    enum Shape {
        case nothing
        case object
        case inline(JSONSchema)
    }

    var shape = Shape.nothing
    var properties: [String: JSONSchema] = [:]
    var optional: Set<String> = []
}

/// A decoder without data: it answers with samples and remembers the questions.
struct ProbeDecoder: Decoder {
    let builder: SchemaBuilder
    let record: ProbeRecord

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        record.shape = .object
        return KeyedDecodingContainer(ProbeMembers(builder: builder, record: record))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        ProbeItems(builder: builder, record: record)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        ProbeSingleValue(builder: builder, record: record)
    }
}

private struct ProbeSingleValue: SingleValueDecodingContainer {
    let builder: SchemaBuilder
    let record: ProbeRecord

    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { false }

    func decode<T: Decodable>(_ type: T.Type) throws -> T {
        record.shape = .inline(builder.schema(of: type))
        return try builder.sample(of: type)
    }
}

private struct ProbeMembers<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let builder: SchemaBuilder
    let record: ProbeRecord

    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    /// Who asks whether a member is there can do without it.
    func contains(_ key: Key) -> Bool {
        record.optional.insert(key.stringValue)
        return true
    }

    func decodeNil(forKey key: Key) throws -> Bool {
        record.optional.insert(key.stringValue)
        return false
    }

    func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
        var schema = builder.schema(of: type)
        if type is any AbsenceDecodable.Type { record.optional.insert(key.stringValue) }
        if record.optional.contains(key.stringValue) { schema = schema.nullable }
        record.properties[key.stringValue] = schema
        return try builder.sample(of: type)
    }

    func decodeIfPresent<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T? {
        record.optional.insert(key.stringValue)
        record.properties[key.stringValue] = builder.schema(of: type).nullable
        return nil
    }

    func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<NestedKey> {
        throw ProbeError.noSample
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw ProbeError.noSample
    }

    func superDecoder() throws -> any Decoder { throw ProbeError.noSample }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw ProbeError.noSample }
}

private struct ProbeItems: UnkeyedDecodingContainer {
    let builder: SchemaBuilder
    let record: ProbeRecord
    private(set) var currentIndex = 0

    init(builder: SchemaBuilder, record: ProbeRecord) {
        self.builder = builder
        self.record = record
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var isAtEnd: Bool { currentIndex > 0 }

    mutating func decodeNil() throws -> Bool { false }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        currentIndex += 1
        record.shape = .inline(.array(of: builder.schema(of: type)))
        return try builder.sample(of: type)
    }

    mutating func nestedContainer<NestedKey: CodingKey>(
        keyedBy type: NestedKey.Type
    ) throws -> KeyedDecodingContainer<NestedKey> {
        throw ProbeError.noSample
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw ProbeError.noSample
    }

    mutating func superDecoder() throws -> any Decoder { throw ProbeError.noSample }
}
