import Hummingbird

package typealias HeaderName = HTTPFields.Element.Name

/// Header fields that Kontor speaks of and HTTPTypes has no name for.
extension HeaderName {
    package static let requestID = named("X-Request-Id")
    package static let forwardedFor = named("X-Forwarded-For")
    package static let idempotencyKey = named("Idempotency-Key")
    package static let idempotentReplayed = named("Idempotent-Replayed")
    /// Tells nginx not to keep an answer until it is whole.
    static let accelBuffering = named("X-Accel-Buffering")
    static let csrfToken = named("X-CSRF-Token")
    static let fetchSite = named("Sec-Fetch-Site")
    /// Tells a polling page where to go next.
    static let kontorLocation = named("X-Kontor-Location")
    static let referrerPolicy = named("Referrer-Policy")
    static let permissionsPolicy = named("Permissions-Policy")
    static let openerPolicy = named("Cross-Origin-Opener-Policy")

    private static func named(_ text: String) -> HeaderName {
        guard let name = HeaderName(text) else { preconditionFailure("no header name: \(text)") }
        return name
    }
}
