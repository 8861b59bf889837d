import AsyncHTTPClient
import Basics
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import ServiceLifecycle
import Store
import Synchronization
import TestKit
import Testing

@testable import Web

/// A server that listens, for a game that members watch.
struct LiveWorld: Sendable {
    let server: WebServer
    let database: Database
    let score: Score
    let people: Guests
    private let client: HTTPClient
    private let place: String

    private static let certificates = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../kontorTests/Certificate").standardized

    /// - Parameter secure: over TLS, where HTTP/2 is spoken.
    static func lend(
        secure: Bool = false, _ change: (inout LiveLimits) -> Void = { _ in },
        _ body: (LiveWorld) async throws -> Void
    ) async throws {
        try await withDatabase(.sqlite, migrations: WebMigrations.all) { database in
            let people = Guests()
            var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
            configuration.port = 0
            configuration.limiter = .off
            configuration.accessLogLevel = nil
            configuration.authenticator = people.authenticator
            change(&configuration.live)
            if secure {
                configuration.certificate = .init(
                    chainFile: certificates.appending(path: "chain.pem").path,
                    keyFile: certificates.appending(path: "key.pem").path)
            }
            let score = Score(news: database.news)
            let server = try WebServer(
                modules: [ScoreModule(score: score)], database: database,
                configuration: configuration)
            try await listening(server) { port in
                var calling = HTTPClient.Configuration()
                calling.tlsConfiguration = .makeClientConfiguration()
                calling.tlsConfiguration?.certificateVerification = .none
                calling.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 200
                let client = HTTPClient(
                    eventLoopGroupProvider: .singleton, configuration: calling)
                let world = LiveWorld(
                    server: server, database: database, score: score, people: people,
                    client: client, place: "\(secure ? "https" : "http")://127.0.0.1:\(port)")
                do {
                    try await body(world)
                } catch {
                    try? await client.shutdown()
                    throw error
                }
                return client
            }
        }
    }

    /// Serves while `body` runs, then stops gracefully; the client it leaves is open till then.
    private static func listening(
        _ server: WebServer, _ body: (Int) async throws -> HTTPClient
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let (ports, told) = AsyncStream<Int>.makeStream()
        let group = ServiceGroup(
            services: [try server.application { told.yield($0) }], logger: logger)
        let running = Task { try await group.run() }
        var found: Int?
        for await port in ports {
            found = port
            break
        }
        do {
            let client = try await body(try #require(found))
            await group.triggerGracefulShutdown()
            try await running.value
            try await client.shutdown()
        } catch {
            running.cancel()
            throw error
        }
    }

    private func ask(_ path: String, as name: String?) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: place + path)
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let name {
            let isAPI = path.hasPrefix("/api")
            request.headers.add(
                name: isAPI ? "Authorization" : "Cookie",
                value: isAPI ? "Bearer \(name)" : "kontor_session=\(name)")
        }
        return try await client.execute(request, timeout: .seconds(20))
    }

    func status(_ path: String, as name: String?) async throws -> Int {
        Int(try await ask(path, as: name).status.code)
    }

    func open(_ path: String, as name: String) async throws -> LiveReader {
        let answer = try await ask(path, as: name)
        try #require(answer.status == .ok)
        return LiveReader(answer)
    }

    func becomesEmpty() async throws { try await becomes(0) }

    /// Waits until so many streams are open.
    func becomes(_ count: Int) async throws {
        for _ in 0..<3_000 where server.live.count != count {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(server.live.count == count)
    }
}

/// A client that takes a stream apart.
final class LiveReader {
    private var body: HTTPClientResponse.Body.AsyncIterator?
    private var text = ""
    let version: HTTPVersion
    private let headers: [(name: String, value: String)]

    init(_ answer: HTTPClientResponse) {
        version = answer.version
        headers = answer.headers.map { ($0.name, $0.value) }
        body = answer.body.makeAsyncIterator()
    }

    func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name }?.value
    }

    /// The next block of lines.
    func next() async throws -> String { try #require(try await nextOrEnd()) }

    func nextOrEnd() async throws -> String? {
        while true {
            if let end = text.firstRange(of: "\n\n") {
                defer { text.removeSubrange(..<end.upperBound) }
                return String(text[..<end.lowerBound])
            }
            guard let part = try await body?.next() else { return nil }
            text += String(buffer: part)
        }
    }

    /// Whether the server ends it, whatever it has still to say.
    func isOver() async throws -> Bool {
        while try await nextOrEnd() != nil {}
        return true
    }

    func close() { body = nil }
}

/// Who is logged in.
final class Guests: Sendable {
    private let sessions = Mutex(["zhang": session(7), "wang": session(8), "li": session(9)])

    static func session(_ number: Int64) -> Session {
        Session(
            id: ID(rawValue: number + 100), memberID: ID(rawValue: number),
            username: "m\(number)")
    }

    var authenticator: Authenticator {
        Authenticator { [self] credential in
            switch credential {
            case .bearer(let name), .cookie(let name): sessions.withLock { $0[name] }
            }
        }
    }

    func logOut(_ name: String) { sessions.withLock { $0[name] = nil } }
}

/// What is watched.
final class Score: Sendable {
    private let state = Mutex((goals: 0, looks: 0))
    private let news: NewsBoard

    init(news: NewsBoard) { self.news = news }

    var looks: Int { state.withLock { $0.looks } }

    func set(_ goals: Int) {
        state.withLock { $0.goals = goals }
        news.announce("score")
    }

    func look() -> Int {
        state.withLock { state in
            state.looks += 1
            return state.goals
        }
    }
}

private struct ScoreModule: Module {
    let name = "score"
    let score: Score
    /// score.mustache: the goals as a heading, and a line below.
    let templates = EmbeddedFiles([
        ("score.mustache", "PGgxPnt7cGFnZS5nb2Fsc319PC9oMT4KPHA+LjwvcD4K")
    ])

    struct View: Codable, Sendable {
        var goals: Int64
        var picture: String?
    }

    func api(_ api: API) {
        api.live(
            "/score", summary: "The score", auth: .member, event: "score", sends: View.self,
            problems: [404], about: { _ in ["score"] }
        ) { request in
            let member = try request.memberID.rawValue
            guard member != 9 else { throw Problem.notFound }
            // 1 MB: more than sockets hold is soon on its way.
            let picture = member == 8 ? String(repeating: "x", count: 1 << 20) : nil
            return View(goals: Int64(score.look()), picture: picture)
        }
    }

    func pages(_ site: Site) {
        site.live("/score", auth: .member, about: { _ in ["score"] }) { page in
            let goals = score.look()
            if goals == 9 { return page.leave(to: "/won") }
            return page.fragment("score", ["goals": goals])
        }
    }
}
