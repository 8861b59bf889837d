import Basics
import Foundation
import Identity
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Web

/// The socket beside a SQLite file, `<database>.sock`, through which commands reach the server that
/// holds the file: only one process may write to it. Whoever may open the socket may open the file.
///
/// One line of JSON in, one line of JSON out.
struct ControlSocket: Service {
    struct Request: Codable, Sendable {
        var username: String
        var password: String
        var roles: [Role]
    }

    struct Answer: Codable, Sendable {
        var error: String?
    }

    private let path: String
    private let identity: Identity
    private let logger: Logger

    /// nil for PostgreSQL, where any process may write.
    init?(server: Server, logger: Logger) {
        guard !server.settings.database.hasPrefix("postgres") else { return nil }
        path = Self.path(of: server.settings.database)
        identity = server.modules.identity
        self.logger = logger
    }

    static func path(of database: String) -> String { database + ".sock" }

    func run() async throws {
        // A socket left behind by a killed server; the lock file says that nobody else is using it.
        try? FileManager.default.removeItem(atPath: path)
        let old = umask(0o077)
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        umask(old)
        defer { try? FileManager.default.removeItem(atPath: path) }
        // Being cancelled is how a socket that waits for ever ends well.
        try? await cancelWhenGracefulShutdown {
            try await server.executeThenClose { clients in
                for try await client in clients { await answer(client) }
            }
        }
    }

    private func answer(_ client: NIOAsyncChannel<ByteBuffer, ByteBuffer>) async {
        do {
            try await client.executeThenClose { inbound, outbound in
                var line = ByteBuffer()
                for try await part in inbound {
                    line.writeImmutableBuffer(part)
                    guard line.readableBytes < 8_192 else { return }
                    guard line.readableBytesView.contains(UInt8(ascii: "\n")) else { continue }
                    let reply = try JSONEncoder().encode(await self.reply(to: line))
                    try await outbound.write(ByteBuffer(bytes: reply + [UInt8(ascii: "\n")]))
                    return
                }
            }
        } catch {
            logger.warning("a control request failed", metadata: ["error": "\(error)"])
        }
    }

    private func reply(to line: ByteBuffer) async -> Answer {
        do {
            let request = try JSONDecoder().decode(
                Request.self, from: Data(line.readableBytesView))
            try await addOperator(request, identity)
            return Answer()
        } catch let problem as Problem {
            return Answer(error: problem.code)
        } catch {
            return Answer(error: "\(error)")
        }
    }

    /// Sends a request to the server that holds `database`.
    static func send(_ request: Request, to database: String) async throws -> Answer {
        let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .connect(unixDomainSocketPath: path(of: database)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                        wrappingChannelSynchronously: channel)
                }
            }
        return try await client.executeThenClose { inbound, outbound in
            let line = try JSONEncoder().encode(request) + [UInt8(ascii: "\n")]
            try await outbound.write(ByteBuffer(bytes: line))
            var reply = ByteBuffer()
            for try await part in inbound { reply.writeImmutableBuffer(part) }
            return try JSONDecoder().decode(Answer.self, from: Data(reply.readableBytesView))
        }
    }
}

func addOperator(_ request: ControlSocket.Request, _ identity: Identity) async throws {
    _ = try await identity.addOperator(
        username: try Username(request.username), password: request.password,
        roles: Set(request.roles))
}
