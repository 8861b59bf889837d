import Alipay
import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import TestKit
import Testing

@testable import kontor

/// Kontor with a certificate of its own, without a proxy; and as the client of gateways.
@Suite struct `Over TLS` {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "Certificate")

    @Test(arguments: [HTTPClient.Configuration.HTTPVersion.http1Only, .automatic])
    func `both versions of HTTP are spoken`(_ version: HTTPClient.Configuration.HTTPVersion)
        async throws
    {
        var configuration = HTTPClient.Configuration(tlsConfiguration: try Self.trusting())
        configuration.httpVersion = version
        let asking = configuration
        let answer = try await withServer { port in
            try await ask("https://127.0.0.1:\(port)/login", asking)
        }
        #expect(answer.status == .ok)
        #expect(answer.version == (version == .automatic ? .http2 : .http1_1))
        #expect(answer.headers["strict-transport-security"].first?.contains("max-age") == true)
        let cookies = answer.headers["set-cookie"]
        #expect(cookies.allSatisfy { $0.contains("Secure") })
    }

    /// What Kontor calls gateways with.
    @Test func `no gateway is talked to whose certificate nobody vouches for`() async throws {
        let strict = AlipayTransport.clientConfiguration
        #expect(strict.tlsConfiguration?.minimumTLSVersion == .tlsv12)
        #expect(strict.tlsConfiguration?.certificateVerification == .fullVerification)
        var trusting = strict
        trusting.tlsConfiguration?.trustRoots = try Self.trusting().trustRoots
        let known = trusting
        try await withServer { port in
            let answer = try await ask("https://localhost:\(port)/healthz", known)
            #expect(answer.status == .ok)
            await #expect(throws: (any Error).self) {
                try await ask("https://localhost:\(port)/healthz", strict)
            }
        }
    }

    /// A client that knows the certificate of this test.
    private static func trusting() throws -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMFile(folder.appending(path: "chain.pem").path))
        return tls
    }

    /// Kontor as it listens with that certificate, for as long as `body` takes.
    private func withServer<Value>(_ body: (Int) async throws -> Value) async throws -> Value {
        let place = try await TestPlace.make(.sqlite, migrations: [])
        var settings = Settings()
        settings.database = place.location
        settings.certificateFile = Self.folder.appending(path: "chain.pem").path
        settings.keyFile = Self.folder.appending(path: "key.pem").path
        settings.port = try freePort("127.0.0.1")
        let server = try await Server.make(settings, port: settings.port)
        #expect(server.publicURL.hasPrefix("https://"))

        let (listening, told) = AsyncStream<Void>.makeStream()
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (end, ending) = AsyncStream<Void>.makeStream()
        let running = Task { [logger] in
            try await server.run(
                logger: logger, signals: [], until: { for await _ in end {} }
            ) { _ in told.yield() }
        }
        for await _ in listening { break }
        do {
            let value = try await body(settings.port)
            ending.finish()
            _ = try? await running.value
            try await place.remove()
            return value
        } catch {
            ending.finish()
            _ = try? await running.value
            throw error
        }
    }

    @discardableResult
    private func ask(
        _ url: String, _ configuration: HTTPClient.Configuration
    ) async throws -> HTTPClientResponse {
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
