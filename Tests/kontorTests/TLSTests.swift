import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import TestKit
import Testing

@testable import kontor

/// Kontor with a certificate of its own, without a proxy.
@Suite struct `Over TLS` {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Certificate")

    @Test(arguments: [HTTPClient.Configuration.HTTPVersion.http1Only, .automatic])
    func `both versions of HTTP are spoken`(_ version: HTTPClient.Configuration.HTTPVersion)
        async throws
    {
        let chain = Self.folder.appending(path: "chain.pem").path
        let place = try await TestPlace.make(.sqlite, migrations: [])
        var settings = Settings()
        settings.database = place.location
        settings.certificateFile = chain
        settings.keyFile = Self.folder.appending(path: "key.pem").path
        settings.port = try freePort("127.0.0.1")
        let server = try await Server.make(settings, port: settings.port)
        #expect(server.publicURL.hasPrefix("https://"))

        let (listening, told) = AsyncStream<Void>.makeStream()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let running = Task { [logger] in
            try await server.run(logger: logger, signals: []) { _ in told.yield() }
        }
        for await _ in listening { break }
        let answer = try await ask("https://127.0.0.1:\(settings.port)/login", version, chain)
        running.cancel()
        _ = try? await running.value
        try await place.remove()

        #expect(answer.status == .ok)
        #expect(answer.version == (version == .automatic ? .http2 : .http1_1))
        #expect(answer.headers["strict-transport-security"].first?.contains("max-age") == true)
        let cookies = answer.headers["set-cookie"]
        #expect(cookies.allSatisfy { $0.contains("Secure") })
    }

    private func ask(
        _ url: String, _ version: HTTPClient.Configuration.HTTPVersion, _ chain: String
    ) async throws -> HTTPClientResponse {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(chain))
        var configuration = HTTPClient.Configuration(tlsConfiguration: tls)
        configuration.httpVersion = version
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let answer: HTTPClientResponse
        do {
            answer = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(20))
            _ = try await answer.body.collect(upTo: 1 << 20)
        } catch {
            try? await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return answer
    }
}
