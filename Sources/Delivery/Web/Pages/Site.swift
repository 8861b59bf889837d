import Basics
import Hummingbird

/// Where modules declare their pages.
///
/// Every post is checked for its CSRF token; who may come in is said with the route, and visitors
/// where members are wanted are sent to the log-in and back.
package final class Site {
    package typealias Handler = @Sendable (SiteRequest) async throws -> Response

    package let frame: SiteFrame
    private let router: Router<AppContext>
    private let pages = Router(context: AppContext.self)
    private let formPages = FormPages()
    private(set) var routes: [(method: String, path: String)] = []

    init(router: Router<AppContext>, frame: SiteFrame) {
        self.router = router
        self.frame = frame
    }

    package func get(_ path: String, auth: Access = .public, _ handler: @escaping Handler) {
        let frame = frame
        let show: @Sendable (Request, AppContext) async throws -> Response = { request, context in
            let page = SiteRequest(
                request: request, context: context, form: .empty, frame: frame)
            do {
                try auth.check(context)
                return try await handler(page)
            } catch  where Self.needsLogIn(error, context) {
                return page.redirect(to: LocalPath.logIn(next: request.uri.description))
            }
        }
        raw(.get, path, show)
        pages.on(RouterPath(path), method: .get, use: show)
    }

    /// When all pages are declared.
    func finish() {
        let responder = pages.buildResponder()
        formPages.open { try await responder.respond(to: $0, context: $1) }
    }

    package func post(_ path: String, auth: Access = .public, _ handler: @escaping Handler) {
        let (frame, formPages) = (frame, formPages)
        raw(.post, path) { request, context in
            let form = try await Self.form(of: request)
            let page = SiteRequest(
                request: request, context: context, form: form, frame: frame,
                formPages: formPages)
            do {
                let token = try form.text(CSRFTokens.field) ?? ""
                guard frame.csrf.accepts(token, request, context) else { throw Problem.formExpired }
                try auth.check(context)
                return try await handler(page)
            } catch {
                return try await Self.answer(to: error, page)
            }
        }
    }

    /// A route that is no page: a gateway's callback, a download. No token is asked for, so it must
    /// not act on a cookie's word.
    package func raw(
        _ method: HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (Request, AppContext) async throws -> Response
    ) {
        routes.append((method.rawValue, path))
        router.on(RouterPath(path), method: method, use: handler)
    }

    /// Puts a link into the header; `key` is its label's.
    package func navigation(
        _ key: String, _ path: String, for audience: NavigationItem.Audience = .everyone
    ) {
        frame.add(NavigationItem(key: key, path: path, audience: audience))
    }

    private static func needsLogIn(_ error: any Error, _ context: AppContext) -> Bool {
        guard let problem = error as? Problem else { return false }
        return problem == .unauthenticated && context.session == nil
    }

    /// A refused form is shown again as it was typed and says why. If it is no longer there, or the
    /// state of things refused it and not what was typed, its page as it is now says why.
    private static func answer(to error: any Error, _ page: SiteRequest) async throws -> Response {
        guard let problem = Problem(expected: error), problem.kind != .notFound else { throw error }
        if needsLogIn(problem, page.context) {
            return page.redirect(to: LocalPath.logIn(next: page.from ?? "/"))
        }
        guard let from = page.from else { throw error }
        let isAboutFields = problem.kind != .conflict || !problem.errors.isEmpty
        // What another site made somebody send is not put before their eyes as if they had typed it.
        let isOurs =
            problem != .formExpired || page.request.headers[.fetchSite] == "same-origin"
        if isAboutFields, isOurs, let shown = try await page.again(problem: problem) {
            return shown
        }
        return page.redirect(to: from, flash: .bad(page.text(problem)))
    }

    private static func form(of request: Request) async throws -> Form {
        guard request.mediaType == "application/x-www-form-urlencoded" else {
            if request.headers[.contentLength] ?? "0" == "0" { return .empty }
            throw Problem.unsupportedMedia
        }
        let bytes = try await request.bytes(upTo: BodyLimits.form)
        return try Form(urlEncoded: bytes.readableBytesView)
    }
}
