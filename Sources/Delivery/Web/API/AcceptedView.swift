import Hummingbird

/// A view of what has been accepted and is not done yet. A route that answers
/// `Either<ThisView, WhatIsDone>` answers it with 202, and what is done with its own status.
package protocol AcceptedView: Marked {}

/// An answer that is one or the other, for the API's document.
private protocol AcceptedOrDone {
    static func accepted(_ builder: SchemaBuilder) -> JSONSchema
    static func done(_ builder: SchemaBuilder) -> JSONSchema
}

extension Either: AcceptedOrDone where First: AcceptedView & Decodable, Second: Decodable {
    static func accepted(_ builder: SchemaBuilder) -> JSONSchema { builder.schema(of: First.self) }
    static func done(_ builder: SchemaBuilder) -> JSONSchema { builder.schema(of: Second.self) }
}

extension Endpoint {
    /// What success answers, by its status: one, or two where it may be done or only accepted. The
    /// schema is nil where the answer is no JSON.
    func successes(_ builder: SchemaBuilder) -> [(status: HTTPResponse.Status, JSONSchema?)] {
        guard case .json(let type) = answer else { return [(status, nil)] }
        guard let either = type as? any AcceptedOrDone.Type else {
            return [(status, builder.schema(of: type))]
        }
        return [(status, either.done(builder)), (.accepted, either.accepted(builder))]
    }
}
