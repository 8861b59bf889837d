import AsyncHTTPClient
import Foundation
import NIOCore
import NIOPosix
import Testing
import WeChatPay

/// The transport over real sockets: what was signed is what arrives.
@Suite struct LiveTransportTests {
    @Test func `path, query, headers and body arrive byte for byte`() async throws {
        let reply = "HTTP/1.1 403 Forbidden\r\nwechatpay-nonce: a\r\nWechatpay-Nonce: b\r\n"
        try await withServer(reply: reply + "Content-Length: 2\r\n\r\n{}") { base, client, seen in
            let transport = WeChatPayTransport.live(client)
            let gateway = WeChatPayClient(
                try Sample.configuration(baseURLs: [base]), transport: transport)
            await #expect(throws: WeChatPayError.unknown(.httpStatus(403))) {
                try await gateway.refund(
                    .outTradeNo("KT_000007"), amount: 1, total: 2, outRefundNo: "R|1@a-b*c",
                    reason: "退 / 款")
            }
            await #expect(throws: WeChatPayError.unknown(.httpStatus(403))) {
                try await gateway.refundQuery(outRefundNo: "R|1@a-b*c")
            }
            await #expect(throws: WeChatPayError.unknown(.httpStatus(403))) {
                try await gateway.query(.transactionID("4 2/%?"))
            }
            let paths = [
                "/v3/refund/domestic/refunds", "/v3/refund/domestic/refunds/R%7C1%40a-b%2Ac",
                "/v3/pay/transactions/id/4%202%2F%25%3F?mchid=1900000109",
            ]
            let requests = await seen.requests
            #expect(requests.map(\.path) == paths)
            for request in requests {
                let header = try #require(
                    WeChatPayAuthorization(headerValue: request.header("authorization")))
                let isSigned = header.isValid(
                    method: request.method, path: request.path, body: Array(request.body.utf8),
                    with: Keys.merchant.publicKey)
                #expect(isSigned)
                #expect(request.header("wechatpay-serial") == Sample.publicKeyID)
            }
            #expect(requests.first?.body.contains("退 / 款") == true)

            // A header that came twice is still there twice.
            let answer = try await transport.send(
                .init(method: "GET", url: base + "/x", headers: [:], body: [], responseLimit: 9))
            #expect(answer.headers.values("WECHATPAY-NONCE") == ["a", "b"])
            #expect(answer.status == 403)
            #expect(answer.body == Array("{}".utf8))
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + String(repeating: "a", count: 5000),
        // The head comes at once and the body never.
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{",
        "HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\nContent-Length: 0\r\n\r\n",
        "no HTTP at all\r\n\r\n",
    ])
    func `what is no whole answer leaves the outcome unknown`(reply: String) async throws {
        try await withServer(reply: reply) { base, client, _ in
            let transport = WeChatPayTransport.live(client, timeout: .milliseconds(300))
            let small = WeChatPayTransport { request in
                var request = request
                request.responseLimit = 4096
                return try await transport.send(request)
            }
            let gateway = WeChatPayClient(
                try Sample.configuration(baseURLs: [base]), transport: small)
            let error = await #expect(throws: WeChatPayError.self) {
                try await gateway.close(outTradeNo: "KT_000007")
            }
            guard case .unknown = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test(arguments: [(4096, true), (1 << 20, false)])
    func `a download may take longer than an answer`(limit: Int, isAnswer: Bool) async throws {
        // The head comes at once and the body never.
        let reply = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{"
        try await withServer(reply: reply) { base, client, _ in
            let (short, long) = (Duration.milliseconds(200), Duration.seconds(60))
            let transport = WeChatPayTransport.live(
                client, timeout: isAnswer ? short : long, downloadTimeout: isAnswer ? long : short)
            let time = await ContinuousClock().measure {
                _ = await #expect(throws: (any Error).self) {
                    try await transport.send(
                        .init(
                            method: "GET", url: base + "/x", headers: [:], body: [],
                            responseLimit: limit))
                }
            }
            #expect(time < .seconds(30))
        }
    }

    /// Runs a server that answers everything with the same bytes.
    private func withServer(
        reply: String,
        _ body: @escaping @Sendable (String, HTTPClient, Seen) async throws -> Void
    ) async throws {
        let seen = Seen()
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(
            host: "127.0.0.1", port: 0
        ) { channel in
            channel.eventLoop.makeCompletedFuture {
                try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
            }
        }
        let port = try #require(server.channel.localAddress?.port)
        let client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: WeChatPayTransport.clientConfiguration)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await Self.serve(server, reply, seen) }
                try await body("http://127.0.0.1:\(port)", client, seen)
                group.cancelAll()
            }
        } catch is CancellationError {
            // The server was told to stop.
        }
        try await client.shutdown()
    }

    private static func serve(
        _ server: NIOAsyncChannel<NIOAsyncChannel<ByteBuffer, ByteBuffer>, Never>,
        _ reply: String, _ seen: Seen
    ) async throws {
        try await server.executeThenClose { connections in
            try await withThrowingDiscardingTaskGroup { group in
                for try await connection in connections {
                    group.addTask { try? await answer(connection, reply, seen) }
                }
            }
        }
    }

    private static func answer(
        _ connection: NIOAsyncChannel<ByteBuffer, ByteBuffer>, _ reply: String, _ seen: Seen
    ) async throws {
        try await connection.executeThenClose { inbound, outbound in
            var text = ""
            for try await part in inbound {
                text += String(buffer: part)
                guard let request = SeenRequest(text) else { continue }
                text = ""
                await seen.add(request)
                try await outbound.write(ByteBuffer(string: reply))
            }
        }
    }
}

/// A request as it came over the wire.
struct SeenRequest: Sendable {
    let method: String
    let path: String
    let headers: [String]
    let body: String

    /// nil until all of it is there.
    init?(_ text: String) {
        let parts = text.components(separatedBy: "\r\n\r\n")
        guard parts.count >= 2 else { return nil }
        let lines = parts[0].components(separatedBy: "\r\n")
        let words = lines[0].components(separatedBy: " ")
        headers = Array(lines.dropFirst())
        method = words[0]
        path = words.count > 1 ? words[1] : ""
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
        guard body.utf8.count >= Int(header("content-length")) ?? 0 else { return nil }
    }

    func header(_ name: String) -> String {
        headers.first { $0.lowercased().hasPrefix("\(name): ") }
            .map { String($0.dropFirst(name.count + 2)) } ?? ""
    }
}

actor Seen {
    private(set) var requests: [SeenRequest] = []
    func add(_ request: SeenRequest) { requests.append(request) }
}
