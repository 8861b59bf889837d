import AsyncHTTPClient
import Basics
import Foundation
import Identity
import Logging
import Money
import NIOCore
import NIOHTTP1
import Sandbox
import Store
import Synchronization
import TestKit
import Testing
import Web

@testable import kontor

/// A whole Kontor under test: it listens on a port of its own, talks to its own sandbox over HTTP, and
/// its clock stands still until it is moved. Its ledger is audited when the test is over.
struct Shop: Sendable {
    let server: Server
    let clock: TestClock
    let base: String
    let engine: TestEngine

    struct Answer: @unchecked Sendable {
        // Safe because JSONSerialization's values are not changed after they were read.
        let status: Int
        let json: Any
        /// As it came.
        let text: String
        let headers: [String: String]

        var object: [String: Any] { json as? [String: Any] ?? [:] }
        var code: String { object["code"] as? String ?? "" }
        var id: String { object["id"] as? String ?? "" }
        func int(_ name: String) -> Int64 { (object[name] as? NSNumber)?.int64Value ?? Int64.min }
        func text(_ name: String) -> String { object[name] as? String ?? "" }
        func list(_ name: String) -> [[String: Any]] { object[name] as? [[String: Any]] ?? [] }
        func object(_ name: String) -> [String: Any] { object[name] as? [String: Any] ?? [:] }
        var isReplay: Bool { headers["idempotent-replayed"] == "true" }
    }

    /// Sends a request; the body is a JSON object.
    @discardableResult
    func call(
        _ method: String, _ path: String, _ body: [String: Any]? = nil, as token: String? = nil,
        key: String? = nil, headers extra: [String: String] = [:], raw: String? = nil
    ) async throws -> Answer {
        var request = HTTPClientRequest(url: base + path)
        request.method = .RAW(value: method)
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        if let key { request.headers.add(name: "Idempotency-Key", value: key) }
        for (name, value) in extra { request.headers.replaceOrAdd(name: name, value: value) }
        if let raw {
            request.body = .bytes(ByteBuffer(string: raw))
        } else if let body {
            request.headers.replaceOrAdd(name: "Content-Type", value: "application/json")
            let data = try JSONSerialization.data(withJSONObject: body)
            request.body = .bytes(ByteBuffer(bytes: data))
        }
        let response = try await Self.client.execute(request, timeout: .seconds(60))
        let bytes = try await response.body.collect(upTo: 4 << 20)
        let data = Data(bytes.readableBytesView)
        let text = String(decoding: data, as: UTF8.self)
        let json = (try? JSONSerialization.jsonObject(with: data)) ?? text
        let headers = Dictionary(
            response.headers.map { ($0.name.lowercased(), $0.value) }
        ) { first, _ in first }
        return Answer(
            status: Int(response.status.code), json: json, text: text, headers: headers)
    }

    func api(
        _ method: String, _ path: String, _ body: [String: Any]? = nil, as token: String? = nil,
        key: String? = nil
    ) async throws -> Answer {
        try await call(method, "/api/v1" + path, body, as: token, key: key)
    }

    /// As `api`, for a step that has to succeed.
    func must(
        _ method: String, _ path: String, _ body: [String: Any]? = nil, as token: String? = nil,
        key: String? = nil, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> Answer {
        let answer = try await api(method, path, body, as: token, key: key)
        #expect(
            (200..<300).contains(answer.status),
            "\(method) \(path): \(answer.status) \(answer.json)",
            sourceLocation: sourceLocation)
        return answer
    }

    static let client = {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }()

    static func newKey() -> String { "key-\(Base32.encode(IDGenerator.shared.next()))" }
}

/// Runs `body` with a fresh shop on `engine`, then audits its books.
func withShop(
    _ engine: TestEngine, start: Instant = Instant(seconds: 1_790_000_000),
    queueLimit: Int? = nil, refundApprovalAbove: Int64? = nil, _ body: (Shop) async throws -> Void
) async throws {
    try await withShopPlace(engine, start: start) { place in
        try await place.open(
            {
                $0.queueLimit = queueLimit
                $0.refundApprovalAbove = refundApprovalAbove.map(String.init)
            }, body)
    }
}

/// Lends a database on which shops can be opened, one after the other.
func withShopPlace(
    _ engine: TestEngine, start: Instant = Instant(seconds: 1_790_000_000),
    _ body: (ShopPlace) async throws -> Void
) async throws {
    let place = try await TestPlace.make(engine, migrations: [])
    do {
        try await body(ShopPlace(place: place, clock: TestClock(start)))
        try await place.remove()
    } catch {
        try? await place.remove()
        throw error
    }
}

/// A database, and the clock of the shops on it.
struct ShopPlace {
    fileprivate let place: TestPlace
    let clock: TestClock

    /// Opens a shop until `body` is through, then audits its books.
    /// - Parameters:
    ///   - change: how its settings differ: it is a sandbox.
    ///   - logger: where it says what is noteworthy.
    func open<Value>(
        _ change: (inout Settings) -> Void = { _ in }, logger: Logger = .silent,
        _ body: (Shop) async throws -> Value
    ) async throws -> Value {
        var settings = Settings()
        settings.database = place.location
        settings.isSandbox = true
        settings.limitsRates = false
        settings.passwordRounds = 16
        settings.port = try freePort("127.0.0.1")
        change(&settings)
        let server = try await Server.make(
            settings, port: settings.port, clock: clock.clock,
            sandboxKeys: TestKeys.sandbox)
        let (listening, told) = AsyncStream<Void>.makeStream()
        let (end, ending) = AsyncStream<Void>.makeStream()
        // It is asked to stop and never cancelled: NIO stops the process if a server that is cancelled
        // has accepted a connection it has not looked at yet (apple/swift-nio#3481).
        let running = Task {
            try await server.run(
                logger: logger, signals: [], until: { for await _ in end {} }
            ) { _ in told.yield() }
        }
        for await _ in listening { break }
        let shop = Shop(
            server: server, clock: clock, base: "http://127.0.0.1:\(settings.port)",
            engine: place.engine)
        let result = await Result {
            let value = try await body(shop)
            let faults = try await auditFaults(of: server.modules, in: server.database)
            #expect(faults == [], "the books do not hold")
            return value
        }
        ending.finish()
        _ = try? await running.value
        return try result.get()
    }
}

extension Result where Failure == any Error {
    /// What an asynchronous body came to.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

/// The throw-away keys of the published vectors: making new ones takes seconds.
enum TestKeys {
    static let app = text("request_sign", "app_private_key_pkcs1_pem")
    static let appPublic = text("request_sign", "app_public_key_pem")
    static let alipay = text("notify_verify", "alipay_private_key_pkcs1_pem")
    static let sandbox = keys { try SandboxKeys(app: app, alipay: alipay, wechatpay: wechatpay) }
    /// Made once per run.
    private static let wechatpay = keys(SandboxWeChatKeys.make)
    static let alipayPublic = text("notify_verify", "alipay_public_key_pem")

    private static func keys<Keys>(_ make: () throws -> Keys) -> Keys {
        do { return try make() } catch { preconditionFailure("no test keys: \(error)") }
    }

    private static func text(_ suite: String, _ name: String) -> String {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Wire/AlipayTests/Vectors")
        let file = folder.appending(path: "public_alipay_\(suite).json")
        do {
            let json = try JSONSerialization.jsonObject(with: Data(contentsOf: file))
            let keys = (json as? [String: Any])?["keys"] as? [String: String]
            return keys?[name] ?? ""
        } catch {
            preconditionFailure("no test key in \(file.path): \(error)")
        }
    }
}
