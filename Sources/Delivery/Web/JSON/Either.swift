/// An object that is told from another kind by a member that only it has.
package protocol Marked {
    static var mark: String { get }
}

/// One of two kinds of object, in a body or an answer.
package enum Either<First: Marked, Second> {
    case first(First)
    case second(Second)
}

extension Either: Sendable where First: Sendable, Second: Sendable {}

extension Either: Decodable where First: Decodable, Second: Decodable {
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: JSONKey.self)
        self =
            if members.contains(JSONKey(stringValue: First.mark)) {
                .first(try First(from: decoder))
            } else {
                .second(try Second(from: decoder))
            }
    }
}

extension Either: Encodable where First: Encodable, Second: Encodable {
    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .first(let value): try value.encode(to: encoder)
        case .second(let value): try value.encode(to: encoder)
        }
    }
}

extension Either: SchemaChoice where First: Decodable, Second: Decodable {
    static func schema(_ builder: SchemaBuilder) -> JSONSchema {
        let both = [builder.schema(of: Second.self), builder.schema(of: First.self)]
        return JSONSchema(["anyOf": .array(both.map(\.json))])
    }
}
