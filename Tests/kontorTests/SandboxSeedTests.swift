import Alipay
import AsyncHTTPClient
import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

@testable import kontor

/// Ids and tokens that a test finds again, and that nobody can guess where no seed is given.
@Suite struct SandboxSeedTests {
    @Test(arguments: TestEngine.available)
    func `equal seeds and equal calls give equal ids and tokens`(_ engine: TestEngine) async throws
    {
        let first = try await traces(engine, seed: 42)
        #expect(first.allSatisfy { !$0.value.isEmpty })
        // How often somebody asks how a trade stands changes nothing.
        #expect(try await traces(engine, seed: 42, questions: 3) == first)
        let other = try await traces(engine, seed: 43)
        for (what, value) in first { #expect(other[what] != value, "\(what)") }
    }

    @Test(arguments: TestEngine.available)
    func `without a seed nothing is the same twice`(_ engine: TestEngine) async throws {
        let first = try await traces(engine, seed: nil)
        let second = try await traces(engine, seed: nil)
        #expect(first.keys == second.keys)
        for (what, value) in first { #expect(second[what] != value, "\(what)") }
    }

    @Test(arguments: TestEngine.available)
    func `numbers go on after a restart, and rise`(_ engine: TestEngine) async throws {
        try await withSandbox(engine, seed: 42) { world in
            var numbers: [String] = []
            var tokens: Set<String> = []
            func open(_ web: WebServer, _ number: String) async throws {
                let sent = try await web.answer(LocalCall("GET", try world.address(number)))
                tokens.insert(try #require(sent.header("Location")))
                let trade = try world.object(
                    await world.send("GET", "/sandbox/alipay/trades/\(number)"))
                numbers.append(try #require(trade["tradeNo"] as? String))
            }
            try await open(world.web, "K1")
            let again = try await SandboxModule.open(
                database: world.database, publicURL: SandboxWorld.publicURL,
                transport: NoticeTransport { world.merchant.receive($0) }, keys: TestKeys.sandbox,
                seed: 42)
            var configuration = WebConfiguration(secret: [UInt8](repeating: 7, count: 32))
            configuration.accessLogLevel = nil
            let web = try WebServer(
                modules: [again], database: world.database, configuration: configuration)
            for number in ["K2", "K3"] { try await open(web, number) }
            #expect(tokens.count == 3)
            #expect(numbers == numbers.sorted() && Set(numbers).count == 3)
        }
    }

    @Test func `a server is told of a seed, and only a sandbox takes one`() async throws {
        let place = try await TestPlace.make(.sqlite, migrations: [])
        var settings = Settings()
        settings.database = place.location
        settings.sandboxSeed = 42
        #expect(throws: SettingsFault.self) { try settings.validate() }
        settings.isSandbox = true
        let server = try await Server.make(settings, port: 8_080, sandboxKeys: TestKeys.sandbox)
        #expect(server.sandbox?.numbers.seed == 42)
        await server.database.close()
        try await server.http.shutdown()
        try await place.remove()
    }

    /// Everything that gets an id or a token, by what it is.
    private func traces(_ engine: TestEngine, seed: UInt64?, questions: Int = 0) async throws
        -> [String: String]
    {
        var found: [String: String] = [:]
        try await withSandbox(engine, seed: seed) { world in
            func object(_ path: String, _ json: String? = nil) async throws -> [String: Any] {
                try world.object(
                    await world.send(json == nil ? "GET" : "POST", path, json: json))
            }
            let cashier = try await world.send("GET", try world.address("K1"))
            found["cashier"] = cashier.header("Location")
            for _ in 0..<questions {
                _ = try await world.client.query(.outTradeNo("K1"))
                _ = try await world.client.query(.outTradeNo("K0"))
            }
            try await world.pay("K1")
            _ = try await object("/sandbox/alipay/trades/K1/refund", #"{"amount":100}"#)
            try await world.advance(0)
            let trade = try await object("/sandbox/alipay/trades/K1")
            found["trade_no"] = trade["tradeNo"] as? String
            let refunds = trade["refunds"] as? [[String: Any]]
            found["console refund"] = refunds?.first?["outRequestNo"] as? String
            // Alipay's notices are the same to the byte.
            found["alipay notices"] = world.merchant.bodies.map {
                String(decoding: $0, as: UTF8.self)
            }
            .joined(separator: "\n")
            world.merchant.forget()

            let code = try await world.client.precreate(
                AlipayOrder(
                    outTradeNo: "K2", amount: AlipayAmount(fen: 100), subject: "课",
                    expires: world.now.addingTimeInterval(600)),
                notifyURL: "\(SandboxWorld.publicURL)/notify")
            found["code"] = code
            let scanned = try await world.send(
                "GET", String(code.dropFirst(SandboxWorld.publicURL.count)))
            found["scanned"] = scanned.header("Location")

            found["code_url"] = try await world.wechat.nativePrepay(world.order("KT0001"))
            found["prepay_id"] = try await world.wechat.jsapiPrepay(
                world.order("KT0002"), openID: WeChatPayOpenID("o"))
            _ = try await world.payWeChat("KT0001")
            let order = try await object("/sandbox/wechatpay/trades/KT0001")
            found["transaction_id"] = order["tradeNo"] as? String
            found["refund_id"] = try await world.refund("KT0001", 100, "R1").refundID
            found["notice"] = try await world.wechatNotices().first?.id
            found["js_code"] =
                try await object("/sandbox/wechatpay/login", "{}")["code"] as? String
        }
        return found
    }
}
