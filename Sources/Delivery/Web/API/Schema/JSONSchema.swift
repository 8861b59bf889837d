/// A JSON Schema (2020-12, the dialect of OpenAPI 3.1) as its keywords.
package struct JSONSchema: Hashable, Sendable {
    package var keywords: [String: JSONValue]

    package init(_ keywords: [String: JSONValue]) { self.keywords = keywords }

    package var json: JSONValue { .object(keywords) }

    package static let boolean = JSONSchema(["type": "boolean"])
    package static let integer = integer(Int64.min...Int64.max)
    package static let number = JSONSchema(["type": "number"])

    package static func integer(_ range: ClosedRange<Int64>) -> JSONSchema {
        JSONSchema([
            "type": "integer", "format": "int64",
            "minimum": .number(String(range.lowerBound)),
            "maximum": .number(String(range.upperBound)),
        ])
    }

    /// - Parameter example: a text of the type itself; needed if the type does not accept every text.
    package static func string(
        format: String? = nil, pattern: String? = nil, minimum: Int? = nil, maximum: Int? = nil,
        example: String? = nil
    ) -> JSONSchema {
        var keywords: [String: JSONValue] = ["type": "string"]
        keywords["minLength"] = minimum.map { .number(String($0)) }
        keywords["maxLength"] = maximum.map { .number(String($0)) }
        keywords["format"] = format.map(JSONValue.string)
        keywords["pattern"] = pattern.map(JSONValue.string)
        keywords["examples"] = example.map { .array([.string($0)]) }
        return JSONSchema(keywords)
    }

    package static func choice(_ values: [String]) -> JSONSchema {
        JSONSchema(["type": "string", "enum": .array(values.map(JSONValue.string))])
    }

    package static func array(of items: JSONSchema) -> JSONSchema {
        JSONSchema(["type": "array", "items": items.json])
    }

    package static func dictionary(of values: JSONSchema) -> JSONSchema {
        JSONSchema(["type": "object", "additionalProperties": values.json])
    }

    package static func object(
        _ properties: [String: JSONSchema], required: [String]
    ) -> JSONSchema {
        JSONSchema([
            "type": "object", "properties": .object(properties.mapValues(\.json)),
            "required": .array(required.sorted().map(JSONValue.string)),
        ])
    }

    package static func component(_ name: String) -> JSONSchema {
        JSONSchema(["$ref": .string(componentPrefix + name)])
    }

    static let componentPrefix = "#/components/schemas/"

    package func described(_ description: String) -> JSONSchema {
        var copy = self
        copy.keywords["description"] = .string(description)
        return copy
    }

    /// The same, or null.
    package var nullable: JSONSchema {
        guard case .string(let type)? = keywords["type"] else {
            return keywords["type"] == nil && keywords["anyOf"] == nil
                ? JSONSchema(["anyOf": [json, ["type": "null"]]]) : self
        }
        var copy = self
        copy.keywords["type"] = [.string(type), "null"]
        if case .array(let values)? = keywords["enum"] {
            copy.keywords["enum"] = .array(values + [.null])
        }
        return copy
    }
}
