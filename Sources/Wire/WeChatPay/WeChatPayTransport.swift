import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import WireKit

/// How requests reach WeChat Pay: one function, so that a test can be WeChat Pay.
public struct WeChatPayTransport: Sendable {
    /// What is sent.
    public struct Request: Sendable {
        /// `GET` or `POST`.
        public var method: String
        /// The whole address, exactly as it was signed.
        public var url: String
        /// The headers.
        public var headers: WeChatPayHeaders
        /// The body, exactly as it was signed; empty for GET.
        public var body: [UInt8]
        /// The longest answer that is read, in bytes.
        public var responseLimit: Int

        /// A request.
        public init(
            method: String, url: String, headers: WeChatPayHeaders, body: [UInt8],
            responseLimit: Int
        ) {
            self.method = method
            self.url = url
            self.headers = headers
            self.body = body
            self.responseLimit = responseLimit
        }
    }

    /// What came back over HTTP, whatever the status.
    public struct Answer: Sendable {
        /// The HTTP status.
        public var status: Int
        /// The headers.
        public var headers: WeChatPayHeaders
        /// The whole body.
        public var body: [UInt8]

        /// An answer.
        public init(status: Int = 200, headers: WeChatPayHeaders = [:], body: [UInt8] = []) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// Sends a request and gives the answer; throws if there is no whole answer.
    public var send: @Sendable (_ request: Request) async throws -> Answer

    /// A transport made of a function.
    public init(send: @escaping @Sendable (_ request: Request) async throws -> Answer) {
        self.send = send
    }
}

extension WeChatPayTransport {
    /// The settings an `HTTPClient` for ``live(_:timeout:downloadTimeout:)`` should have:
    /// certificates are verified and redirects are not followed.
    public static var clientConfiguration: HTTPClient.Configuration {
        gatewayClientConfiguration
    }

    /// Sends over the network.
    ///
    /// - Parameters:
    ///   - client: made with ``clientConfiguration``; the caller shuts it down. If it follows
    ///     redirects, the answer that was redirected is still refused.
    ///   - timeout: for the whole exchange, body included.
    ///   - downloadTimeout: the same for a bill, which may be long.
    public static func live(
        _ client: HTTPClient, timeout: Duration = .seconds(15),
        downloadTimeout: Duration = .seconds(120)
    ) -> WeChatPayTransport {
        WeChatPayTransport { request in
            let isDownload = request.responseLimit > WeChatPayClient.answerLimit
            var outgoing = HTTPClientRequest(url: request.url)
            outgoing.method = HTTPMethod(rawValue: request.method)
            for field in request.headers.fields {
                outgoing.headers.add(name: field.name, value: field.value)
            }
            if !request.body.isEmpty {
                outgoing.body = .bytes(ByteBuffer(bytes: request.body))
            }
            let answer = try await client.exchange(
                outgoing, timeout: isDownload ? downloadTimeout : timeout,
                limit: request.responseLimit)
            return Answer(
                status: Int(answer.head.status.code),
                headers: WeChatPayHeaders(answer.head.headers), body: answer.body)
        }
    }
}
