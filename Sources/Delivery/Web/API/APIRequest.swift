import Basics
import Hummingbird

/// A request to the API as its handler sees it, after its endpoint has checked it.
package struct APIRequest: Sendable {
    package let context: AppContext
    package let endpoint: Endpoint
    package let headers: HTTPFields
    /// What is left of the body when `bytes` have been read: for answers that go on, whether the client
    /// is still there.
    let body: RequestBody
    /// Set where the endpoint requires one.
    private let key: String?
    private let queryValues: QueryValues
    /// The body as it came.
    package let bytes: [UInt8]
    /// The body of an endpoint that takes JSON.
    let json: JSONValue?
    private let messages: Messages

    init(
        context: AppContext, endpoint: Endpoint, headers: HTTPFields, body: RequestBody,
        key: String?, queryValues: QueryValues, bytes: [UInt8], json: JSONValue?,
        messages: Messages
    ) {
        self.context = context
        self.endpoint = endpoint
        self.headers = headers
        self.body = body
        self.key = key
        self.queryValues = queryValues
        self.bytes = bytes
        self.json = json
        self.messages = messages
    }

    package var locale: AppLocale { context.locale }

    /// A text of the catalogs, in the language of the request.
    package func text(_ key: String, _ parameters: [String: Problem.Value] = [:]) -> String {
        messages.text(key, locale, parameters)
    }

    /// Who asks, where somebody must be logged in.
    package var session: Session {
        get throws { try context.member() }
    }

    package var memberID: ID<Member> {
        get throws { try session.memberID }
    }

    package var idempotencyKey: String {
        get throws {
            guard let key else { throw Problem.idempotencyKeyRequired }
            return key
        }
    }

    func decode<Body: Decodable>(_ type: Body.Type) throws -> Body {
        try JSONValueDecoder.decode(type, from: json ?? .null)
    }
}

// MARK: The path

extension APIRequest {
    /// The segment of the path that `{name}` stands for; what cannot be read was never there.
    package func path(_ name: String) throws -> String {
        guard let raw = context.parameters.get(name),
            let text = PercentEncoding.decode(Array(raw.utf8), plusIsSpace: false)
        else { throw Problem.notFound }
        return text
    }

    /// An id in the path; 404 if it is none of this kind.
    package func id<E: Entity>(_ type: ID<E>.Type, _ name: String = "id") throws -> ID<E> {
        guard let id = ID<E>(try path(name)) else { throw Problem.notFound }
        return id
    }
}

// MARK: The query

extension APIRequest {
    /// nil if the parameter is not there.
    package func query(_ name: String) -> String? {
        assert(
            endpoint.query.contains { $0.name == name },
            "\(endpoint.path) does not declare the parameter \(name)")
        return queryValues[name]
    }

    package func query<Value: QueryReadable>(_ name: String, as type: Value.Type) throws -> Value? {
        guard let text = query(name) else { return nil }
        guard let value = Value(query: text) else { throw Problem.invalidQuery(name) }
        return value
    }

    package func query<Value: RawRepresentable>(
        _ name: String, as type: Value.Type
    ) throws -> Value? where Value.RawValue == String {
        guard let text = query(name) else { return nil }
        guard let value = Value(rawValue: text) else { throw Problem.invalidQuery(name) }
        return value
    }

    /// Which part of the list is asked for.
    package func page() throws -> PageRequest {
        let limit = try query("limit", as: Int64.self) ?? Int64(PageRequest.defaultLimit)
        guard let limit = Int(exactly: limit), PageRequest.limits.contains(limit) else {
            throw Problem.invalidQuery("limit")
        }
        guard let cursor = query("cursor") else { return PageRequest(limit: limit) }
        guard let after = Base32.decode(cursor[...]) else { throw Problem.invalidCursor }
        return PageRequest(limit: limit, after: after)
    }
}
