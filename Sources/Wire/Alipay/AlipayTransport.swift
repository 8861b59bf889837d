import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// How requests reach the gateway: one function, so that a test can be the gateway.
public struct AlipayTransport: Sendable {
    /// What came back over HTTP, whatever the status.
    public struct Answer: Sendable {
        /// The HTTP status.
        public var status: Int
        /// The whole body.
        public var body: [UInt8]

        /// An answer.
        public init(status: Int = 200, body: [UInt8]) {
            self.status = status
            self.body = body
        }
    }

    /// Posts a form to an address and gives the answer; throws if there is no whole answer.
    public var post: @Sendable (_ url: String, _ form: AlipayForm) async throws -> Answer

    /// A transport made of a function.
    public init(
        post: @escaping @Sendable (_ url: String, _ form: AlipayForm) async throws -> Answer
    ) {
        self.post = post
    }
}

extension AlipayTransport {
    /// The settings an `HTTPClient` for ``live(_:timeout:responseLimit:)`` should have:
    /// certificates are verified and redirects are not followed.
    public static var clientConfiguration: HTTPClient.Configuration {
        HTTPClient.Configuration(redirectConfiguration: .disallow)
    }

    /// Posts over the network.
    ///
    /// - Parameters:
    ///   - client: made with ``clientConfiguration``; the caller shuts it down. If it follows
    ///     redirects, the answer that was redirected is still refused.
    ///   - timeout: for the whole exchange, body included.
    ///   - responseLimit: the longest answer that is read, in bytes.
    public static func live(
        _ client: HTTPClient, timeout: Duration = .seconds(15), responseLimit: Int = 262_144
    ) -> AlipayTransport {
        AlipayTransport { url, form in
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(
                name: "content-type", value: "application/x-www-form-urlencoded;charset=utf-8")
            request.body = .bytes(ByteBuffer(string: form.encoded))
            let prepared = request
            return try await within(timeout) {
                let response = try await client.execute(prepared, timeout: TimeAmount(timeout))
                guard response.history.count <= 1 else { throw RedirectedAnswer() }
                let body = try await response.body.collect(upTo: responseLimit)
                return Answer(
                    status: Int(response.status.code), body: Array(body.readableBytesView))
            }
        }
    }

    /// The client's own deadline ends with the head of the answer, so a gateway that sends the
    /// body drop by drop would hold the caller; this one covers all of it.
    private static func within(
        _ timeout: Duration, _ work: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }
}

/// The gateway never redirects, so whoever answered was not the gateway.
struct RedirectedAnswer: Error {}
