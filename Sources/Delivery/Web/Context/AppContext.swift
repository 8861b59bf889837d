import Basics
import Hummingbird
import Logging
import NIOCore

/// What is known of a request besides the request: who asks, in which language, from where.
///
/// Middleware fills it from the outside in; handlers only read it.
package struct AppContext: RequestContext {
    package var coreContext: CoreRequestContextStorage
    /// Sent back as `X-Request-Id`, in every log line and as `instance` of a problem.
    package var requestID = ""
    /// The client's IP address; behind a trusted proxy, the one it tells.
    package var clientAddress: String
    package var locale: AppLocale = .zhHans
    /// nil for a visitor.
    package var session: Session?
    /// Whether the session came with a cookie, which a browser sends unasked.
    package var usesCookie = false
    package var limiter: RateLimiter = .off
    /// What the session was proved with, for answers that outlive the question.
    var credential: Credential?
    var live: LiveHub?
    /// nil for a request that came through no socket.
    let channel: (any Channel)?
    /// A form of the page that is asked for, which has been sent and is shown again.
    var sentForm: SentForm?

    package init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        clientAddress = source.channel.remoteAddress?.ipAddress ?? "local"
        channel = source.channel
    }

    /// For a request that came through no socket.
    init(local source: LocalSource) {
        coreContext = CoreRequestContextStorage(source: source)
        clientAddress = "local"
        channel = nil
    }

    /// The same visitor, asking for another page.
    init(again context: AppContext, showing form: SentForm) {
        self.init(local: LocalSource(logger: context.logger))
        requestID = context.requestID
        clientAddress = context.clientAddress
        locale = context.locale
        session = context.session
        usesCookie = context.usesCookie
        limiter = context.limiter
        sentForm = form
    }

    /// Names the request in each line. Made when there is something to say, which most requests have not.
    package var log: Logger {
        var log = logger
        log[metadataKey: "request-id"] = .string(requestID)
        log[metadataKey: "hb.request.id"] = nil
        return log
    }

    /// Whether the connection is this request's alone: over HTTP/2 it has a channel inside another.
    var ownsConnection: Bool { channel != nil && channel?.parent?.parent == nil }

    /// The session, where there must be one.
    package func member() throws -> Session {
        guard let session else { throw Problem.unauthenticated }
        return session
    }

    /// The session of somebody who holds one of `roles`.
    @discardableResult
    package func require(_ roles: Role...) throws -> Session { try require(anyOf: roles) }

    @discardableResult
    package func require(anyOf roles: [Role]) throws -> Session {
        let session = try member()
        guard roles.contains(where: session.roles.contains) else { throw Problem.forbidden }
        return session
    }

    /// Takes one from a bucket of `key`'s own: `try context.limit(.codes, by: phone)`.
    package func limit(_ policy: RateLimiter.Policy, by key: String) throws {
        try limiter.take(policy, key: key)
    }
}

/// Where a request comes from that tests or the command line make inside the process.
struct LocalSource: RequestContextSource {
    let logger: Logger
}
