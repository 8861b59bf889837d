import Basics
import Foundation
import Hummingbird
import Money
import Store
import Web

extension SandboxModule {
    /// JSON for tests and scripts, at the root and, the same, below `/api/v1`. It is no part of the
    /// API that `/openapi.json` describes, because it is not there when business is real.
    func addJSON(to site: Site) {
        for prefix in ["/sandbox", "/api/v1/sandbox"] {
            let routes = JSONRoutes(site: site, prefix: prefix)
            addSurroundings(to: routes)
            addMerchant(to: routes)
            addAlipayMerchant(to: routes)
            for gateway in gateways {
                addTrades(of: gateway, to: routes)
                addFaults(of: gateway.gateway, to: routes)
            }
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

    /// What a WeChat merchant and a payer's mini program have at hand, for clients from outside.
    private func addMerchant(to routes: JSONRoutes) {
        routes.get("/wechatpay/merchant") { [wechatpay] _ in wechatpay.merchant }
        routes.post("/wechatpay/login") { [wechatpay] call in
            let login = try JSONValueDecoder.decode(WeChatLogin.self, from: try await call.json())
            return LoginCodeView(code: try await wechatpay.logIn(login.openid).code)
        }
    }

    private func addTrades(of played: any PlayedGateway, to routes: JSONRoutes) {
        let gateway = played.gateway
        let trade = "/\(gateway.rawValue)/trades/{outTradeNo}"
        routes.get(trade) { try await view(of: try $0.path("outTradeNo"), at: played) }
        routes.post("\(trade)/pay") { call in
            let number = try call.path("outTradeNo")
            try await played.pay(number)
            return try await view(of: number, at: played)
        }
        routes.post("\(trade)/refund") { call in
            let number = try call.path("outTradeNo")
            let refund = try JSONValueDecoder.decode(
                ConsoleRefund.self, from: try await call.json())
            try await played.refundAtConsole(number, fen: refund.amount?.minorUnits)
            return try await view(of: number, at: played)
        }
        routes.post("\(trade)/resend") { [post] call in
            let number = try call.path("outTradeNo")
            _ = try await view(of: number, at: played)
            try await post.resend(number, by: gateway)
            return try await view(of: number, at: played)
        }
        routes.get("/\(gateway.rawValue)/calls") { [database] call in
            let number = try call.query("outTradeNo")
            let calls = try await database.read {
                try $0.calls(of: number, at: gateway, limit: 100)
            }
            return RecentView(items: calls.map(CallView.init))
        }
    }

    private func addFaults(of gateway: SandboxGateway, to routes: JSONRoutes) {
        routes.get("/\(gateway.rawValue)/faults") { [database] call in
            let number = try call.query("outTradeNo")
            return try await database.read { try $0.faults(of: number, at: gateway) }.view
        }
        routes.post("/\(gateway.rawValue)/faults") { call in
            try await setFaults(try await call.json(), at: gateway).view
        }
    }

    /// What the merchant has at hand at Alipay's: keys, certificates, and a phone with its app.
    private func addAlipayMerchant(to routes: JSONRoutes) {
        routes.get("/alipay/merchant") { [alipay] _ in try await alipay.merchant() }
        routes.post("/alipay/certificates") { [alipay] _ in
            _ = try await alipay.shelf.rotate()
            return try await alipay.merchant()
        }
        routes.post("/alipay/app") { [alipay] call in
            let order = try JSONValueDecoder.decode(AppOrder.self, from: try await call.json())
            return try await alipay.takeAppOrder(
                order.orderString, confirms: order.confirm ?? true)
        }
    }

    private func view(
        of outTradeNo: String, at played: any PlayedGateway
    ) async throws -> TradeView {
        let view = try await database.read { try played.view(of: outTradeNo, in: $0) }
        guard let view else { throw Problem.sandboxNoTrade(at: played.gateway) }
        return view
    }
}

/// Who opens the mini program.
struct WeChatLogin: Decodable, Sendable {
    /// nil for the one payer there is.
    let openid: String?
}

/// What `wx.login` gives.
struct LoginCodeView: Codable, Sendable {
    let code: String
}

/// What an operator of the merchant's types into the gateway's console.
struct ConsoleRefund: Decodable, Sendable {
    /// nil for all that is left.
    let amount: Amount?
}

/// What a shop's app gives to Alipay's SDK.
struct AppOrder: Decodable, Sendable {
    let orderString: String
    /// false if the payer gives up.
    let confirm: Bool?
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
extension WeChatMerchantView: JSONAnswer {}
extension LoginCodeView: JSONAnswer {}
extension MerchantView: JSONAnswer {}
extension AppPayment: JSONAnswer {}
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
