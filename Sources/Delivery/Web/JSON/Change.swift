/// A field of a PATCH body that tells "leave it" (absent) from "take it away" (null).
package enum Change<Value> {
    case keep
    case clear
    case set(Value)

    /// What `current` becomes.
    package func applied(to current: Value?) -> Value? {
        switch self {
        case .keep: current
        case .clear: nil
        case .set(let value): value
        }
    }
}

extension Change: Sendable where Value: Sendable {}
extension Change: Equatable where Value: Equatable {}

/// A type that has a value for a member that is not there.
protocol AbsenceDecodable {
    static var absent: Self { get }
}

extension Change: AbsenceDecodable {
    static var absent: Change { .keep }
}

extension Change: Decodable where Value: Decodable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        self = container.decodeNil() ? .clear : .set(try container.decode(Value.self))
    }
}
