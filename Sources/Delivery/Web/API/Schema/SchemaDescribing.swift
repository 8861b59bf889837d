import Basics
import Ledger
import Money

/// A type that is one JSON string, number or boolean and says which.
///
/// Structs, arrays, optionals, dictionaries and enums with string values need not: their schema is
/// found out from how they decode. A type that accepts only some texts names one as an example:
/// `static var schema: JSONSchema { .string(pattern: "^1[0-9]{10}$", example: "13800138000") }`.
package protocol SchemaDescribing: Decodable {
    static var schema: JSONSchema { get }
}

extension SchemaDescribing {
    /// A value of the type, which the schema's example must be.
    static func schemaExample() throws(Problem) -> Self {
        try JSONValueDecoder.decode(Self.self, from: schema.example)
    }
}

extension JSONSchema {
    fileprivate var example: JSONValue {
        if case .array(let examples)? = keywords["examples"], let first = examples.first {
            return first
        }
        return switch keywords["type"] {
        case "boolean": false
        case "integer", "number": keywords["minimum"].map { $0 == 1 ? 1 : 0 } ?? 0
        default: ""
        }
    }
}

extension Bool: SchemaDescribing {
    package static var schema: JSONSchema { .boolean }
}

extension String: SchemaDescribing {
    package static var schema: JSONSchema { .string() }
}

extension Int: SchemaDescribing {
    package static var schema: JSONSchema { .integer }
}

extension Int64: SchemaDescribing {
    package static var schema: JSONSchema { .integer }
}

extension Int32: SchemaDescribing {
    package static var schema: JSONSchema { .integer(Int64(min)...Int64(max)) }
}

extension Double: SchemaDescribing {
    package static var schema: JSONSchema { .number }
}

extension Amount: SchemaDescribing {
    package static var schema: JSONSchema { .integer.described("Minor units (fen).") }
}

extension Currency: SchemaDescribing {
    package static var schema: JSONSchema {
        .string(example: "CNY").described("ISO 4217 code.")
    }
}

extension AccountAddress: SchemaDescribing {
    package static var schema: JSONSchema {
        .string(
            pattern: "^[A-Za-z0-9_-]+(:[A-Za-z0-9_-]+){0,7}$", maximum: 200,
            example: "income:courses")
    }
}

extension Instant: SchemaDescribing {
    package static var schema: JSONSchema {
        .string(format: "date-time", example: "2025-01-31T08:00:00Z")
    }
}

extension CalendarDate: SchemaDescribing {
    package static var schema: JSONSchema { .string(format: "date", example: "2025-01-31") }
}

extension ID: SchemaDescribing {
    package static var schema: JSONSchema {
        // Crockford's digits; 63 bits leave eight values for the first of thirteen.
        .string(
            pattern: "^\(E.prefix)_[0-7][0-9a-hjkmnp-tv-z]{12}$",
            example: ID(rawValue: 1 << 59).description)
    }
}
