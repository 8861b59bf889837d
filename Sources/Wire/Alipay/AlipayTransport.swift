import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WireKit

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
    /// Gets a file of at most so many bytes; throws if there is no whole answer.
    public var get: @Sendable (_ url: String, _ limit: Int) async throws -> Answer

    /// A transport made of functions. Only bills are downloaded with `get`.
    public init(
        post: @escaping @Sendable (_ url: String, _ form: AlipayForm) async throws -> Answer,
        get: @escaping @Sendable (_ url: String, _ limit: Int) async throws -> Answer = { _, _ in
            throw NoDownloads()
        }
    ) {
        self.post = post
        self.get = get
    }

    /// This transport was made without a way to download files.
    public struct NoDownloads: Error {
        /// The error.
        public init() {}
    }
}

extension AlipayTransport {
    /// The settings an `HTTPClient` for ``live(_:timeout:responseLimit:downloadTimeout:)`` should have:
    /// certificates are verified and redirects are not followed.
    public static var clientConfiguration: HTTPClient.Configuration {
        gatewayClientConfiguration
    }

    /// Posts over the network.
    ///
    /// - Parameters:
    ///   - client: made with ``clientConfiguration``; the caller shuts it down. If it follows
    ///     redirects, the answer that was redirected is still refused.
    ///   - timeout: for the whole exchange, body included.
    ///   - responseLimit: the longest answer that is read, in bytes.
    ///   - downloadTimeout: the same for a bill, which may be long.
    public static func live(
        _ client: HTTPClient, timeout: Duration = .seconds(15), responseLimit: Int = 262_144,
        downloadTimeout: Duration = .seconds(120)
    ) -> AlipayTransport {
        @Sendable func answer(
            to request: HTTPClientRequest, _ limit: Int, _ timeout: Duration
        ) async throws -> Answer {
            let answer = try await client.exchange(request, timeout: timeout, limit: limit)
            return Answer(status: Int(answer.head.status.code), body: answer.body)
        }
        return AlipayTransport { url, form in
            var request = HTTPClientRequest(url: url)
            request.method = .POST
            request.headers.add(
                name: "content-type", value: "application/x-www-form-urlencoded;charset=utf-8")
            request.body = .bytes(ByteBuffer(string: form.encoded))
            return try await answer(to: request, responseLimit, timeout)
        } get: { url, limit in
            try await answer(to: HTTPClientRequest(url: url), limit, downloadTimeout)
        }
    }
}
