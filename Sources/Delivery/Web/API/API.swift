import Hummingbird

/// Where modules declare their JSON routes: `api.get("/courses/{id}", …) { request in … }`.
///
/// A declaration is at once the route, its checks and its documentation, so none of them can be
/// forgotten. Nothing is served until `mount`.
package struct API {
    private let declared: EndpointList
    private let prefix: String
    private let tag: String

    /// What the paths of the API begin with.
    package static let prefix = "/api/v1"

    package init() { self.init(declared: EndpointList(), prefix: Self.prefix, tag: "") }

    private init(declared: EndpointList, prefix: String, tag: String) {
        self.declared = declared
        self.prefix = prefix
        self.tag = tag
    }

    /// The same API, for the routes of one module.
    package func module(_ name: String) -> API {
        API(declared: declared, prefix: prefix, tag: name)
    }

    /// The same, for paths that begin at the root and not below `/api/v1`.
    package var root: API { API(declared: declared, prefix: "", tag: tag) }

    /// Everything declared so far, in order.
    package var endpoints: [Endpoint] { declared.endpoints }

    /// - Parameter messages: what handlers say in the words of the request's language.
    package func mount(on router: Router<AppContext>, messages: Messages) {
        for endpoint in endpoints {
            router.on(
                RouterPath(endpoint.path), method: endpoint.method,
                responder: EndpointResponder(endpoint: endpoint, messages: messages))
        }
    }

    /// Declares a route whose handler reads bytes or writes its answer itself: gateway callbacks,
    /// uploads, downloads, streams.
    ///
    /// - Parameters:
    ///   - accepts: the media types of the body; nil for no body, empty for any.
    ///   - produces: the media types of the answer; empty for none.
    package func raw(
        _ method: HTTPRequest.Method, _ path: String, summary: String, auth: Access,
        query: [QueryParameter] = [], accepts: [String]? = nil,
        maximumBytes: Int = BodyLimits.json, produces: [String],
        status: HTTPResponse.Status = .ok, problems: [ExpectedProblem] = [],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Response
    ) {
        declare(
            method, path, summary, auth, query,
            body: accepts.map { .bytes(mediaTypes: $0, maximumBytes: maximumBytes) } ?? .nothing,
            answer: produces.isEmpty ? .nothing : .bytes(mediaTypes: produces), status: status,
            problems: problems, handler)
    }

    func declare(
        _ method: HTTPRequest.Method, _ path: String, _ summary: String, _ access: Access,
        _ query: [QueryParameter] = [], body: Endpoint.Body = .nothing,
        answer: Endpoint.Answer = .nothing, status: HTTPResponse.Status,
        isIdempotent: Bool = false, problems: [ExpectedProblem],
        _ handler: @escaping @Sendable (APIRequest) async throws -> Response
    ) {
        declared.endpoints.append(
            Endpoint(
                method: method, path: prefix + path, tag: tag, summary: summary, access: access,
                query: query, body: body, answer: answer, status: status,
                isIdempotent: isIdempotent, problems: problems, handler: handler))
    }
}

/// What the `API` values of all modules add to.
private final class EndpointList {
    var endpoints: [Endpoint] = []
}
