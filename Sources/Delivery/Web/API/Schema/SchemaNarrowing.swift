/// A type whose fields accept less than their types say: what is outside is refused by a rule (422),
/// not by reading (400), so the types cannot tell.
///
///     extension TopUpBody: SchemaNarrowing {
///         static var narrower: [String: JSONSchema] { ["amount": .atLeast(1)] }
///     }
package protocol SchemaNarrowing: Decodable {
    /// By the field's name; a name that is no field is a defect and stops the program.
    static var narrower: [String: JSONSchema] { get }
}

extension JSONSchema {
    package static func atLeast(_ minimum: Int64) -> JSONSchema {
        JSONSchema(["minimum": .number(String(minimum))])
    }

    package static func between(_ range: ClosedRange<Int64>) -> JSONSchema {
        JSONSchema([
            "minimum": .number(String(range.lowerBound)),
            "maximum": .number(String(range.upperBound)),
        ])
    }

    /// The keywords of both, those of `narrower` where they differ; null stays possible.
    func narrowed(by narrower: JSONSchema) -> JSONSchema {
        var copy = self
        var keywords = narrower.keywords
        // The type is known, with null or without.
        keywords["type"] = nil
        copy.keywords.merge(keywords) { $1 }
        if case .array(let types)? = self.keywords["type"], types.contains("null"),
            case .array(let values)? = keywords["enum"]
        {
            copy.keywords["enum"] = .array(values + [.null])
        }
        return copy
    }
}

extension SchemaBuilder {
    static func narrow(_ properties: inout [String: JSONSchema], of type: any Decodable.Type) {
        guard let type = type as? any SchemaNarrowing.Type else { return }
        for (name, narrower) in type.narrower {
            guard let property = properties[name] else {
                preconditionFailure("\(type) has no field \(name)")
            }
            properties[name] = property.narrowed(by: narrower)
        }
    }
}
