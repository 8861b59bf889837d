import Hummingbird

/// What browsers are told not to do.
struct SecurityHeaders: Sendable {
    private let fields: [(name: HeaderName, value: String)]

    /// - Parameters:
    ///   - formTargets: origins that a form may lead to: the gateways' cashier pages.
    ///   - isSecure: whether people reach Kontor by https.
    init(formTargets: [String], isSecure: Bool) {
        let targets = (["'self'"] + formTargets).joined(separator: " ")
        let policy = [
            "default-src 'self'", "script-src 'self'", "style-src 'self'",
            "img-src 'self' data:", "form-action \(targets)", "base-uri 'none'",
            "object-src 'none'", "frame-ancestors 'none'",
        ]
        var fields: [(name: HeaderName, value: String)] = [
            (.contentSecurityPolicy, policy.joined(separator: "; ")),
            (.xContentTypeOptions, "nosniff"),
            (.referrerPolicy, "same-origin"),
            (.permissionsPolicy, "camera=(), microphone=(), geolocation=()"),
            (.openerPolicy, "same-origin"),
            // What is not said to be cacheable may be somebody's wallet.
            (.cacheControl, "no-store"),
        ]
        if isSecure {
            fields.append((.strictTransportSecurity, "max-age=31536000; includeSubDomains"))
        }
        self.fields = fields
    }

    func add(to response: inout Response) {
        // Room for these, and for what is still to come: an id, the date, the server.
        response.headers.reserveCapacity(response.headers.count + fields.count + 3)
        for (name, value) in fields where !response.headers.contains(name) {
            response.headers[name] = value
        }
    }
}
