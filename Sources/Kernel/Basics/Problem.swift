/// An expected failure: something the caller is told, with a stable code and a kind that decides
/// the HTTP status in one place. Everything else that is thrown is a defect or a broken machine.
///
/// Words are not in it: Web finds them by `code` in the language of the request.
package struct Problem: Error, Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// 400: cannot be read as what was asked for; changes nothing, uses up no key.
        case unreadable
        case unauthenticated, forbidden
        /// 404, for foreign objects as well.
        case notFound
        case methodNotAllowed
        /// 409: depends on the state of things; another time it may succeed.
        case conflict
        case tooLarge, unsupportedMedia
        /// 422: a rule about the request itself says no.
        case rule
        /// 423: too many wrong secrets.
        case locked
        case tooMany
        /// 503: certainly not done; try again.
        case unavailable
        /// 504: may have been done; the same key resolves it.
        case outcomeUnknown
        case internalError
    }

    /// A parameter of the message; money is worded with its currency.
    package enum Value: Hashable, Sendable, Codable {
        case text(String)
        case number(Int64)
        case money(Int64)
    }

    /// One field at fault, by JSON pointer.
    package struct FieldError: Hashable, Sendable, Codable {
        package var pointer: String
        package var code: String

        package init(pointer: String, code: String) {
            self.pointer = pointer
            self.code = code
        }
    }

    package var kind: Kind
    package var code: String
    /// Extension members of the answer (`shortfall`, …) and the blanks in its words.
    package var parameters: [String: Value]
    package var errors: [FieldError]

    package init(
        _ kind: Kind, _ code: String, parameters: [String: Value] = [:], errors: [FieldError] = []
    ) {
        self.kind = kind
        self.code = code
        self.parameters = parameters
        self.errors = errors
    }

    /// The same problem, pinned to a field of the request.
    package func at(_ pointer: String) -> Problem {
        var copy = self
        copy.errors = [FieldError(pointer: pointer, code: code)]
        return copy
    }
}

extension Problem {
    package static func rule(_ code: String, _ pointer: String? = nil) -> Problem {
        let problem = Problem(.rule, code)
        return pointer.map(problem.at) ?? problem
    }
    package static func conflict(_ code: String) -> Problem { Problem(.conflict, code) }
    package static let notFound = Problem(.notFound, "not-found")
    package static let unauthenticated = Problem(.unauthenticated, "not-logged-in")
    package static let forbidden = Problem(.forbidden, "forbidden")
}
