import AsyncHTTPClient
import NIOCore
import NIOSSL

/// The settings of an `HTTPClient` that talks to a gateway: certificates and host names are
/// verified, nothing older than TLS 1.2 is spoken, and redirects are not followed, because a gateway
/// never redirects.
package var gatewayClientConfiguration: HTTPClient.Configuration {
    var tls = TLSConfiguration.makeClientConfiguration()
    tls.minimumTLSVersion = .tlsv12
    return HTTPClient.Configuration(tlsConfiguration: tls, redirectConfiguration: .disallow)
}

extension HTTPClient {
    /// One request with its whole answer.
    ///
    /// The client's own deadline ends with the head of the answer, so a gateway that sends the
    /// body drop by drop would hold the caller; this one covers all of it.
    ///
    /// - Throws: whatever keeps the answer from being whole: a time-out, a lost connection, more
    ///   bytes than `limit`, a redirect that was followed.
    package func exchange(
        _ request: HTTPClientRequest, timeout: Duration, limit: Int
    ) async throws -> (head: HTTPClientResponse, body: [UInt8]) {
        try await withThrowingTaskGroup(of: (HTTPClientResponse, [UInt8]).self) { group in
            group.addTask {
                let response = try await self.execute(request, timeout: TimeAmount(timeout))
                guard response.history.count <= 1 else { throw RedirectedAnswer() }
                let body = try await response.body.collect(upTo: limit)
                return (response, Array(body.readableBytesView))
            }
            group.addTask {
                try await _Concurrency.Task.sleep(for: timeout)
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
