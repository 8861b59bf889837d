import Basics

/// What Web itself refuses.
extension Problem {
    package static let idempotencyKeyRequired = Problem(.unreadable, "idempotency-key-required")
    package static let idempotencyKeyReused = Problem(.rule, "idempotency-key-reused")
    package static let methodNotAllowed = Problem(.methodNotAllowed, "method-not-allowed")
    package static let bodyTooLarge = Problem(.tooLarge, "body-too-large")
    package static let unsupportedMedia = Problem(.unsupportedMedia, "unsupported-media-type")
    /// The request as a whole cannot be read.
    package static let unreadable = Problem(.unreadable, "unreadable-request")
    /// A field is missing or is not what was asked for.
    package static func unreadable(field name: String) -> Problem {
        Problem(.unreadable, "unreadable-request").at("/\(name)")
    }
    /// A page was open too long, or the form came from another site.
    package static let formExpired = Problem(.forbidden, "form-expired")
    package static let outcomeUnknown = Problem(.outcomeUnknown, "outcome-unknown")
    package static let internalError = Problem(.internalError, "internal-error")

    package static func unavailable(retryAfter seconds: Int64 = 1) -> Problem {
        Problem(.unavailable, "unavailable", parameters: ["retryAfter": .number(seconds)])
    }
    package static func tooMany(retryAfter seconds: Int64) -> Problem {
        Problem(.tooMany, "too-many-requests", parameters: ["retryAfter": .number(seconds)])
    }
}
