import Basics

/// What can be wrong with one field of a request that was well-formed JSON; the codes clients see.
package enum FieldFault: String, Error, CaseIterable {
    case required
    case integerExpected = "integer-expected"
    case numberExpected = "number-expected"
    case stringExpected = "string-expected"
    case booleanExpected = "boolean-expected"
    case arrayExpected = "array-expected"
    case objectExpected = "object-expected"
    /// The right kind of JSON, but no such value: a date that is none, an id of another entity, an
    /// integer beyond 64 bits.
    case invalidValue = "invalid-value"
    /// A misspelt field would otherwise be ignored, and with it what the caller wanted.
    case unknownField = "unknown-field"

    func at(_ pointer: JSONPointer) -> Problem {
        .invalidRequest([Problem.FieldError(pointer: pointer.text, code: rawValue)])
    }
}

extension Problem {
    /// 400: well-formed JSON that is not what this request takes.
    package static func invalidRequest(_ errors: [FieldError]) -> Problem {
        Problem(.unreadable, "invalid-request", errors: errors)
    }
}
