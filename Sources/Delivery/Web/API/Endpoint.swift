import Basics
import Hummingbird

/// One route of the API: what it takes, what it answers and what serves it. The router, the OpenAPI
/// document and the docs page are all made from this. Every request to the route holds it.
package final class Endpoint: Sendable {
    /// What the body must be.
    package enum Body: Sendable {
        case nothing
        case json(any (Decodable & Sendable).Type, maximumBytes: Int)
        /// Bytes of one of these media types; of any, if there is none.
        case bytes(mediaTypes: [String], maximumBytes: Int)
    }

    /// What the answer to a request that succeeds holds.
    package enum Answer: Sendable {
        case nothing
        case json(any (Decodable & Sendable).Type)
        /// Written by the handler itself.
        case bytes(mediaTypes: [String])
        /// A stream of events, each of which has one of these as JSON.
        case events(any (Decodable & Sendable).Type)
    }

    package let method: HTTPRequest.Method
    /// From the root: `/api/v1/courses/{id}`.
    package let path: String
    /// The module, by its name.
    package let tag: String
    package let summary: String
    package let access: Access
    package let query: [QueryParameter]
    package let body: Body
    package let answer: Answer
    package let status: HTTPResponse.Status
    /// Whether an `Idempotency-Key` is required.
    package let isIdempotent: Bool
    package let problems: [ExpectedProblem]
    let handler: @Sendable (APIRequest) async throws -> Response

    /// The names in braces, in order.
    package let pathParameters: [String]
    /// The fields of the body that are secrets.
    let secretFields: Set<String>

    init(
        method: HTTPRequest.Method, path: String, tag: String, summary: String, access: Access,
        query: [QueryParameter], body: Body, answer: Answer, status: HTTPResponse.Status,
        isIdempotent: Bool, problems: [ExpectedProblem],
        handler: @escaping @Sendable (APIRequest) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.tag = tag
        self.summary = summary
        self.access = access
        self.query = query
        self.body = body
        self.answer = answer
        self.status = status
        self.isIdempotent = isIdempotent
        self.problems = problems
        self.handler = handler
        pathParameters = path.split(separator: "/")
            .filter { $0.hasPrefix("{") && $0.hasSuffix("}") }
            .map { String($0.dropFirst().dropLast()) }
        secretFields =
            if case .json(let type as any SecretFields.Type, _) = body {
                Set(type.secretFields)
            } else { [] }
    }

    package var writes: Bool { method != .get && method != .head }
}

/// Who may use a route.
package enum Access: Hashable, Sendable {
    /// Anybody; a session makes no difference.
    case `public`
    /// Anybody; who is logged in sees more.
    case optional
    /// A person, for themselves; no API key.
    case member
    case role(Role)
    /// Whoever holds at least one of these.
    case roles([Role])

    func check(_ context: AppContext) throws {
        switch self {
        case .public, .optional: break
        case .member: guard try context.member().apiKey == nil else { throw Problem.forbidden }
        case .role(let role): try context.require(role)
        case .roles(let roles): try context.require(anyOf: roles)
        }
    }

    package var roles: [Role] {
        switch self {
        case .public, .optional, .member: []
        case .role(let role): [role]
        case .roles(let roles): roles
        }
    }
}

/// A refusal that a route is known to give, besides those that any route of its kind can give.
package struct ExpectedProblem: Hashable, Sendable, ExpressibleByIntegerLiteral {
    package let status: Int
    package let codes: [String]

    package init(integerLiteral status: Int) {
        self.status = status
        codes = []
    }

    private init(status: Int, codes: [String]) {
        self.status = status
        self.codes = codes
    }

    /// A status with the codes it comes with: `.status(409, "sold-out")`.
    package static func status(_ status: Int, _ codes: String...) -> ExpectedProblem {
        ExpectedProblem(status: status, codes: codes)
    }

    /// A refusal as it is thrown: `.refusal(.couponExhausted)`.
    package static func refusal(_ problem: Problem) -> ExpectedProblem {
        ExpectedProblem(status: problem.kind.status.code, codes: [problem.code])
    }
}

/// An endpoint as the router asks it.
struct EndpointResponder: HTTPResponder {
    let endpoint: Endpoint
    let messages: Messages

    /// Checks what can be checked without the handler, reads the body and runs it.
    func respond(to request: Request, context: AppContext) async throws -> Response {
        try endpoint.access.check(context)
        let key = endpoint.isIdempotent ? try Self.idempotencyKey(request) : nil
        let values = try QueryValues(request.uri.query ?? "", declared: endpoint.query)
        // Most requests have no body, and need not be waited for.
        let content: Content =
            if case .nothing = endpoint.body { (bytes: [], json: nil) } else {
                try await content(of: request)
            }
        return try await endpoint.handler(
            APIRequest(
                context: context, endpoint: endpoint, headers: request.headers,
                body: request.body, key: key, queryValues: values, bytes: content.bytes,
                json: content.json, messages: messages))
    }

    private static func idempotencyKey(_ request: Request) throws -> String {
        guard let key = request.headers[.idempotencyKey] else {
            throw Problem.idempotencyKeyRequired
        }
        let isVisible = key.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isVisible, (1...255).contains(key.utf8.count) else {
            throw Problem.idempotencyKeyInvalid
        }
        return key
    }

    private typealias Content = (bytes: [UInt8], json: JSONValue?)

    private func content(of request: Request) async throws -> Content {
        switch endpoint.body {
        case .nothing:
            return ([], nil)
        case .json(_, let limit):
            guard let mediaType = request.mediaType else {
                // No body at all says as much as an empty object.
                let bytes = try await request.bytes(upTo: limit)
                guard bytes.readableBytes == 0 else { throw Problem.unsupportedMedia }
                return ([], .object([:]))
            }
            guard mediaType == "application/json" else { throw Problem.unsupportedMedia }
            let bytes = Array(try await request.bytes(upTo: limit).readableBytesView)
            return (bytes, try StrictJSON.parse(bytes))
        case .bytes(let mediaTypes, let limit):
            guard mediaTypes.isEmpty || mediaTypes.contains(request.mediaType ?? "") else {
                throw Problem.unsupportedMedia
            }
            return (Array(try await request.bytes(upTo: limit).readableBytesView), nil)
        }
    }
}

extension Problem {
    /// Not 1 to 255 visible ASCII characters.
    package static let idempotencyKeyInvalid = Problem(.unreadable, "idempotency-key-invalid")
}
