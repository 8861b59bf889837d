import Basics
import Hummingbird

/// Finds out who asks. A bearer token that is no good is refused; a cookie that is no good makes a
/// visitor, who may log in again.
struct Authentication: Sendable {
    let authenticator: Authenticator
    let csrf: CSRFTokens

    func identify(_ request: Request, _ context: inout AppContext) async throws {
        guard let credential = Self.credential(of: request) else { return }
        context.session = try await authenticator.authenticate(credential)
        context.credential = credential
        switch credential {
        case .bearer:
            if context.session == nil { throw Problem.unauthenticated }
        case .cookie:
            context.usesCookie = true
            try guardAPI(request, context)
        }
    }

    /// A page's script may use the API with the page's cookie; what another site makes a browser send
    /// has no token.
    private func guardAPI(_ request: Request, _ context: AppContext) throws {
        guard request.isAPI, request.method != .get, request.method != .head,
            context.session != nil
        else { return }
        let token = request.headers[.csrfToken] ?? ""
        guard csrf.accepts(token, request, context) else { throw Problem.formExpired }
    }

    static func credential(of request: Request) -> Credential? {
        if let header = request.headers[.authorization] {
            let scheme = Substring(header.utf8.prefix(7))
            guard scheme.lowercased() == "bearer " else { return nil }
            return .bearer(header[scheme.endIndex...].trimmed)
        }
        return request.cookies[SessionCookie.name].map { .cookie($0.value) }
    }
}

/// The cookie that holds a page visitor's session.
package enum SessionCookie {
    package static let name = "kontor_session"

    package static func make(_ value: String, maxAge seconds: Int64, isSecure: Bool) -> Cookie {
        Cookie(
            name: name, value: value, maxAge: Int(seconds), path: "/", secure: isSecure,
            httpOnly: true, sameSite: .lax)
    }

    /// Takes it away.
    package static func clearing(isSecure: Bool) -> Cookie {
        make("", maxAge: 0, isSecure: isSecure)
    }
}
