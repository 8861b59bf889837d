import Logging

/// How the web server is set up; the composition root fills it from flags, environment and files.
package struct WebConfiguration: Sendable {
    package var host = "127.0.0.1"
    /// 0 takes a free one.
    package var port = 8_080
    /// How people and gateways reach Kontor; `https:` makes cookies `Secure`.
    package var publicURL = "http://127.0.0.1:8080"
    /// Signs CSRF tokens; the same on all nodes, at least 32 bytes.
    package var secret: [UInt8]
    /// Addresses of proxies whose `X-Forwarded-For` is believed.
    package var trustedProxies: Set<String> = []
    /// Origins that forms may lead to: the gateways' cashiers.
    package var formTargets: [String] = []
    package var certificate: Certificate?
    package var limiter = RateLimiter()
    package var live = LiveLimits()
    package var authenticator = Authenticator.none
    package var banner: @Sendable (AppLocale) async -> Banner? = { _ in nil }
    /// nil writes a line only for what failed on our side.
    package var accessLogLevel: Logger.Level? = .info

    /// PEM files for TLS without a proxy.
    package struct Certificate: Sendable {
        let chainFile: String
        let keyFile: String

        package init(chainFile: String, keyFile: String) {
            self.chainFile = chainFile
            self.keyFile = keyFile
        }
    }

    package init(secret: [UInt8]) { self.secret = secret }

    package var isSecure: Bool { publicURL.hasPrefix("https:") }
}

/// What is wrong with the modules' files, all of it at once.
package struct WebFaults: Error, CustomStringConvertible {
    package let lines: [String]
    package var description: String { lines.joined(separator: "\n") }
}
