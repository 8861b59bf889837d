import Basics
import Foundation
import Hummingbird
import Store
import Web

extension SandboxModule {
    /// JSON for tests and scripts, at the root and, the same, below `/api/v1`. It is no part of the
    /// API that `/openapi.json` describes, because it is not there when business is real.
    func addJSON(to site: Site) {
        for prefix in ["/sandbox", "/api/v1/sandbox"] {
            let routes = JSONRoutes(site: site, prefix: prefix)
            addSurroundings(to: routes)
            addTrades(to: routes)
            addFaults(to: routes)
        }
    }

    private func addSurroundings(to routes: JSONRoutes) {
        routes.get("/sms") { [database] call in
            let phone = try call.query("phone")
            let messages = try await database.read { try $0.messages(to: phone, limit: 50) }
            return RecentView(items: messages.map(SMSView.init))
        }
        routes.get("/clock") { [clock] _ in clock.view }
        routes.post("/clock") { [clock] call in
            let step = try JSONValueDecoder.decode(ClockStep.self, from: try await call.json())
            return try await clock.advance(bySeconds: step.advanceSeconds)
        }
    }

    private func addTrades(to routes: JSONRoutes) {
        let trade = "/alipay/trades/{outTradeNo}"
        routes.get(trade) { try await tradeView(try $0.path("outTradeNo")) }
        routes.post("\(trade)/pay") { [alipay] call in
            let number = try call.path("outTradeNo")
            try await alipay.pay(number)
            return try await tradeView(number)
        }
        routes.post("\(trade)/resend") { [alipay] call in
            let number = try call.path("outTradeNo")
            try await alipay.resend(number)
            return try await tradeView(number)
        }
        routes.get("/alipay/calls") { [database] call in
            let number = try call.query("outTradeNo")
            let calls = try await database.read { try $0.calls(of: number, limit: 100) }
            return RecentView(items: calls.map(CallView.init))
        }
    }

    private func addFaults(to routes: JSONRoutes) {
        routes.get("/alipay/faults") { [database] call in
            let number = try call.query("outTradeNo")
            return try await database.read { try $0.faults(of: number) }.view
        }
        routes.post("/alipay/faults") { [alipay] call in
            try await alipay.setFaults(try await call.json()).view
        }
    }

    private func tradeView(_ outTradeNo: String) async throws -> TradeView {
        let view = try await database.read { try $0.tradeView(outTradeNo: outTradeNo) }
        guard let view else { throw Problem.sandboxTradeNotOpened }
        return view
    }
}

/// How far to move the clock.
struct ClockStep: Decodable, Sendable {
    let advanceSeconds: Int64
}

/// Declares JSON routes below one prefix.
private struct JSONRoutes {
    let site: Site
    let prefix: String

    func get(
        _ path: String, _ handler: @escaping @Sendable (JSONCall) async throws -> some JSONAnswer
    ) {
        add(.get, path, handler)
    }

    func post(
        _ path: String, _ handler: @escaping @Sendable (JSONCall) async throws -> some JSONAnswer
    ) {
        add(.post, path, handler)
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String,
        _ handler: @escaping @Sendable (JSONCall) async throws -> some JSONAnswer
    ) {
        site.raw(method, prefix + path) { request, context in
            let answer = try await handler(JSONCall(request: request, context: context))
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: try answer.json)))
        }
    }
}

/// What a handler may answer.
private protocol JSONAnswer: Sendable {
    var json: [UInt8] { get throws }
}

extension JSONAnswer where Self: Encodable {
    var json: [UInt8] { get throws { try JSONBytes.encode(self) } }
}

extension ClockView: JSONAnswer {}
extension TradeView: JSONAnswer {}
extension RecentView: JSONAnswer {}
extension JSONValue: JSONAnswer {
    fileprivate var json: [UInt8] { bytes }
}

/// A request to one of them.
private struct JSONCall: Sendable {
    let request: Request
    let context: AppContext

    func path(_ name: String) throws -> String {
        guard let value = context.parameters.get(name) else { throw Problem.notFound }
        return try Self.clean(value.removingPercentEncoding ?? value)
    }

    /// nil if it is missing or empty.
    func query(_ name: String) throws -> String? {
        guard let value = request.uri.queryParameters[name[...]], !value.isEmpty else { return nil }
        return try Self.clean(String(value))
    }

    func json() async throws -> JSONValue {
        guard request.mediaType == "application/json" else { throw Problem.unsupportedMedia }
        return try StrictJSON.parse(
            Array(try await request.bytes(upTo: BodyLimits.json).readableBytesView))
    }

    /// No number and no phone has a NUL, and no database takes one.
    private static func clean(_ text: String) throws -> String {
        guard !text.utf8.contains(0) else { throw Problem.unreadable }
        return text
    }
}
