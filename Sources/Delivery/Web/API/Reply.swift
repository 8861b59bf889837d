import Basics
import Hummingbird
import Store
import Synchronization

/// A view on its way out, and whether it was given before.
package struct Reply<View: Codable & Sendable>: Sendable {
    private enum Content: Sendable {
        case view(View)
        /// As it was stored with its key; sent as it is, so a replay is the same to the byte. The view
        /// it was made of, if that was just now.
        case encoded([UInt8], View?)
    }

    private let content: Content
    /// Whether this answers a request that was answered before.
    package let isReplayed: Bool
    /// Whether what was asked for has been accepted and is not done, whatever its route says.
    private let isAccepted: Bool

    package init(view: View, isReplayed: Bool = false) {
        self.init(.view(view), isReplayed: isReplayed, isAccepted: false)
    }

    init(_ answer: StoredAnswer, of view: View?) {
        self.init(
            .encoded(answer.body, view), isReplayed: answer.isReplayed,
            isAccepted: answer.status == HTTPResponse.Status.accepted.code)
    }

    private init(_ content: Content, isReplayed: Bool, isAccepted: Bool) {
        self.content = content
        self.isReplayed = isReplayed
        self.isAccepted = isAccepted
    }

    package var view: View {
        get throws {
            switch content {
            case .view(let view): view
            case .encoded(_, let view?): view
            case .encoded(let bytes, nil): try JSONBytes.decode(View.self, from: bytes)
            }
        }
    }

    /// The same answer with more in it: what is known only after the commit, or differs each time.
    /// - Parameter more: nil if there is nothing to add.
    /// - Throws: `outcome-unknown` if the database is away by now. That would say "not done", but it
    ///   is, and the same key tells.
    package func adding(_ more: (View) async throws -> View?) async throws -> Reply {
        do {
            guard let fuller = try await more(try view) else { return self }
            return Reply(.view(fuller), isReplayed: isReplayed, isAccepted: isAccepted)
        } catch StoreError.unavailable {
            throw Problem.outcomeUnknown
        }
    }

    func response(_ status: HTTPResponse.Status) throws -> Response {
        let bytes =
            switch content {
            case .view(let view): try JSONBytes.encode(view)
            case .encoded(let bytes, _): bytes
            }
        var response = Response.json(bytes, status: isAccepted ? .accepted : status)
        if isReplayed { response.headers[.idempotentReplayed] = "true" }
        return response
    }
}

extension Response {
    static func json(_ bytes: [UInt8], status: HTTPResponse.Status) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension APIRequest {
    /// Runs a command once for its `Idempotency-Key`, in one transaction with the key's row, or
    /// answers as before.
    ///
    /// The view is encoded inside the transaction: the stored answer is the one that is true.
    ///
    /// - Parameters:
    ///   - command: what the body means, where defaults may be left out: two bodies are the same
    ///     request if their commands are equal. The body itself unless told.
    ///   - status: of what was done; the endpoint's unless told.
    package func perform<View: Codable & Sendable>(
        _ database: Database, as command: (any Encodable)? = nil,
        _ work: @escaping @Sendable (Transaction) throws -> View,
        status: (@Sendable (View) -> HTTPResponse.Status)? = nil
    ) async throws -> Reply<View> {
        let usual = endpoint.status
        // Keys of visitors share one actor; no member has the id 0.
        let actor = context.session?.actor ?? 0
        let made = Latest<View>()
        let answer = try await IdempotentCommands(database: database).perform(
            actor: actor, key: try idempotencyKey, fingerprint: try fingerprint(command)
        ) { tx in
            let view = try work(tx)
            made.value.withLock { $0 = view }
            return StoredAnswer(
                status: (status?(view) ?? usual).code, body: try JSONBytes.encode(view))
        }
        return Reply(answer, of: answer.isReplayed ? nil : made.value.withLock { $0 })
    }

    /// The same for a command that is done at once or only accepted, as things are: 202 if it is only
    /// accepted.
    package func performOrAccept<Accepted, Done>(
        _ database: Database,
        _ work: @escaping @Sendable (Transaction) throws -> Either<Accepted, Done>
    ) async throws -> Reply<Either<Accepted, Done>>
    where Accepted: AcceptedView & Codable & Sendable, Done: Codable & Sendable {
        let usual = endpoint.status
        return try await perform(database, work) { either in
            if case .first = either { .accepted } else { usual }
        }
    }

    /// Route, path and body without its secrets, written in one way: equal for two requests if they
    /// ask for the same.
    func fingerprint(_ command: (any Encodable)? = nil) throws -> [UInt8] {
        let secrets = endpoint.secretFields
        let body =
            try command.map { try JSONBytes.canonical($0, without: secrets) }
            ?? (json ?? .null).removing(secrets).canonicalBytes
        let path = try endpoint.pathParameters.map { JSONValue.string(try self.path($0)) }
        let route: JSONValue = [
            .string(endpoint.method.rawValue), .string(endpoint.path), .array(path),
        ]
        // The body is the fourth of the array.
        var bytes = route.canonicalBytes
        bytes[bytes.count - 1] = UInt8(ascii: ",")
        bytes += body
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }
}

/// What the last run of a body made: a body may be run again, and its last run counts.
private final class Latest<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
}
