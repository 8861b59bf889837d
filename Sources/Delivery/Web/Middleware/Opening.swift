import Hummingbird

/// Gives a request its id, its client's address and its language.
struct Opening: Sendable {
    let trustedProxies: Set<String>
    let limiter: RateLimiter
    let live: LiveHub

    func open(_ request: Request, _ context: inout AppContext) {
        context.requestID = Self.requestID(request.headers[.requestID]) ?? context.id
        context.limiter = limiter
        context.live = live
        if trustedProxies.contains(context.clientAddress),
            let told = Self.forwarded(request.headers[.forwardedFor], trusted: trustedProxies)
        {
            context.clientAddress = told
        }
        context.locale = LanguageChoice(request).locale
    }

    /// An id from outside is taken over if it can do no harm in a log line.
    static func requestID(_ text: String?) -> String? {
        guard let text, (1...64).contains(text.utf8.count),
            text.utf8.allSatisfy({ isWord($0) || $0 == UInt8(ascii: ".") })
        else { return nil }
        return text
    }

    /// The last address in the chain that is not a proxy of ours: what stands before it, anybody could
    /// have written.
    static func forwarded(_ header: String?, trusted: Set<String>) -> String? {
        header?.split(separator: ",").map { $0.trimmed }
            .last { !trusted.contains($0) && !$0.isEmpty && $0.utf8.count <= 45 }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Which language a request is answered in: `?lang=`, then the cookie, then the browser's wish.
struct LanguageChoice {
    static let cookie = "lang"

    let locale: AppLocale
    /// The language that `?lang=` asks for, to be remembered.
    let chosen: AppLocale?

    init(_ request: Request) {
        let isAPI = request.isAPI
        let asked = isAPI ? nil : request.uri.queryParameters["lang"].flatMap { AppLocale(tag: $0) }
        let remembered =
            isAPI ? nil : request.cookies[Self.cookie].flatMap { AppLocale(tag: $0.value) }
        let wished = request.headers[.acceptLanguage].flatMap(AppLocale.init(acceptLanguage:))
        chosen = asked
        locale = asked ?? remembered ?? wished ?? .zhHans
    }
}

extension Request {
    /// JSON in, JSON out, no cookies set.
    package var isAPI: Bool { uri.path.hasPrefix("/api/") }

    /// Whether whoever asks would rather see a page than JSON.
    var wantsPage: Bool { !isAPI && headers[.accept]?.contains("text/html") == true }

    /// Answered without a look at who asks, and without counting.
    var isPlumbing: Bool {
        let path = uri.path
        return path.hasPrefix("/assets/") || path == "/healthz" || path == "/readyz"
            || path == "/metrics"
    }
}
