/// A type made of others, whose schema is made of theirs. It has a value without any of them, which
/// is what ends the probing of recursive types.
protocol SchemaComposite: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema
    static var empty: Self { get }
}

/// A type that is one of several others.
protocol SchemaChoice: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema
}

extension Optional: SchemaComposite where Wrapped: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        builder.schema(of: Wrapped.self).nullable
    }
    static var empty: Wrapped? { nil }
}

extension Array: SchemaComposite where Element: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        .array(of: builder.schema(of: Element.self))
    }
    static var empty: [Element] { [] }
}

extension Set: SchemaComposite where Element: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        var schema = JSONSchema.array(of: builder.schema(of: Element.self))
        schema.keywords["uniqueItems"] = true
        return schema
    }
    static var empty: Set<Element> { [] }
}

extension Dictionary: SchemaComposite where Key: Decodable, Value: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        .dictionary(of: builder.schema(of: Value.self))
    }
    static var empty: [Key: Value] { [:] }
}

extension Change: SchemaComposite where Value: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        builder.schema(of: Value.self).nullable
    }
    static var empty: Change { .keep }
}
