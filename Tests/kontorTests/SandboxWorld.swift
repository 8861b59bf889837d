import Alipay
import Basics
import Foundation
import Logging
import Sandbox
import Scheduling
import Store
import Synchronization
import TestKit
import Testing
import WeChatPay
import Web

/// The sandbox by itself, with a merchant who is nothing but the gateways' clients and a list of
/// notices.
struct SandboxWorld: Sendable {
    static let publicURL = "http://127.0.0.1:8080"

    let clock: TestClock
    let database: Database
    let sandbox: SandboxModule
    let web: WebServer
    let client: AlipayClient
    let wechat: WeChatPayClient
    let merchant: Merchant

    /// Answers notices, and keeps them.
    final class Merchant: Sendable {
        private struct State {
            var answer = "success"
            var status = 200
            var letters: [NoticeTransport.Letter] = []
        }

        private let state = Mutex(State())

        var letters: [NoticeTransport.Letter] { state.withLock { $0.letters } }
        var bodies: [[UInt8]] { letters.map(\.body) }

        func answer(_ text: String, status: Int = 200) {
            state.withLock { state in
                state.answer = text
                state.status = status
            }
        }

        func forget() { state.withLock { $0.letters = [] } }

        func receive(_ letter: NoticeTransport.Letter) -> NoticeTransport.Answer {
            state.withLock { state in
                state.letters.append(letter)
                return .init(status: state.status, body: Array(state.answer.utf8))
            }
        }
    }

    /// The notices that came, verified.
    var notices: [AlipayNotification] {
        get throws { try merchant.bodies.map { try client.notification($0) } }
    }

    func send(_ method: String, _ path: String, json: String? = nil) async throws -> LocalAnswer {
        let headers = json == nil ? [] : [(name: "Content-Type", value: "application/json")]
        return try await web.answer(
            LocalCall(method, path, headers: headers, body: Array((json ?? "").utf8)))
    }

    func object(_ answer: LocalAnswer) throws -> [String: Any] {
        let json = try JSONSerialization.jsonObject(with: Data(answer.body))
        return try #require(json as? [String: Any])
    }

    func advance(_ seconds: Int64) async throws {
        let answer = try await send(
            "POST", "/sandbox/clock", json: "{\"advanceSeconds\":\(seconds)}")
        #expect(answer.status == 200, "\(answer.text)")
    }

    func fault(_ json: String, at gateway: String = "alipay") async throws {
        let answer = try await send("POST", "/sandbox/\(gateway)/faults", json: json)
        #expect(answer.status == 200, "\(answer.text)")
    }

    var now: Date { Date(timeIntervalSince1970: Double(database.clock.now.secondsSinceEpoch)) }

    /// The address a merchant hands to a payer's browser.
    func address(
        _ number: String, _ fen: Int64 = 36_100, wap: Bool = false, minutes: Double = 30,
        notify: String = "http://127.0.0.1:8080/notify"
    ) throws -> String {
        let order = AlipayOrder(
            outTradeNo: number, amount: AlipayAmount(fen: fen), subject: "两门课 <b>",
            expires: now.addingTimeInterval(minutes * 60))
        let back = "\(Self.publicURL)/payments/alipay/return"
        let url =
            wap
            ? try client.wapURL(order, notifyURL: notify, returnURL: back, at: now)
            : try client.pageURL(order, notifyURL: notify, returnURL: back, at: now)
        return String(url.dropFirst(Self.publicURL.count))
    }

    /// A payer's browser opens the address and follows the redirect; gives the page.
    func open(_ address: String, language: String = "en") async throws -> LocalAnswer {
        let first = try await send("GET", address)
        #expect(first.status == 302, "\(first.text)")
        let location = try #require(first.header("Location"))
        return try await send("GET", "\(location)?lang=\(language)")
    }

    /// A payer presses the cashier's button; the password is the one that is filled in unless told.
    func press(_ cashier: LocalAnswer, password: String = "111111") async throws -> LocalAnswer {
        #expect(cashier.text.contains(#"value="111111""#))
        let action = try #require(
            cashier.text.firstMatch(of: /action="([^"]+\/pay[^"]*)"/)?.output.1)
        return try await web.answer(
            LocalCall(
                "POST", String(action).replacing("&amp;", with: "&"),
                headers: [(name: "Content-Type", value: "application/x-www-form-urlencoded")],
                body: Array("password=\(password)".utf8)))
    }

    @discardableResult
    func pay(_ number: String) async throws -> LocalAnswer {
        try await send("POST", "/sandbox/alipay/trades/\(number)/pay")
    }

    /// A trade that was opened and paid.
    func paid(_ number: String, wap: Bool = false) async throws {
        _ = try await open(try address(number, wap: wap))
        #expect(try await pay(number).status == 200)
    }
}

func withSandbox(
    _ engine: TestEngine, seed: UInt64? = nil, _ body: (SandboxWorld) async throws -> Void
) async throws {
    let time = TestClock()
    let migrations = WebModule().migrations + schedulingMigrations
    try await withDatabase(engine, migrations: migrations, clock: time.clock) { database in
        let merchant = SandboxWorld.Merchant()
        let sandbox = try await SandboxModule.open(
            database: database, publicURL: SandboxWorld.publicURL,
            transport: NoticeTransport { merchant.receive($0) }, keys: TestKeys.sandbox, seed: seed)
        sandbox.clock.connect(JobWorker(database: database, handlers: sandbox.jobs))
        var configuration = WebConfiguration(secret: [UInt8](repeating: 7, count: 32))
        configuration.accessLogLevel = .trace
        let web = try WebServer(
            modules: [sandbox], database: database, configuration: configuration)
        let client = AlipayClient(
            sandbox.alipay.configuration,
            transport: AlipayTransport { url, form in
                let path = String(url.dropFirst(SandboxWorld.publicURL.count))
                let answer = try await web.answer(
                    LocalCall("POST", path, body: Array(form.encoded.utf8)))
                return .init(status: answer.status, body: answer.body)
            },
            now: {
                Date(timeIntervalSince1970: Double(database.clock.now.secondsSinceEpoch))
            })
        let wechat = WeChatPayClient(
            sandbox.wechatpay.configuration, transport: SandboxWorld.wechatTransport(web),
            now: {
                Date(timeIntervalSince1970: Double(database.clock.now.secondsSinceEpoch))
            })
        try await body(
            SandboxWorld(
                clock: time, database: database, sandbox: sandbox, web: web, client: client,
                wechat: wechat, merchant: merchant))
        #expect(try await database.read { try sandbox.audit($0) } == [])
    }
}

/// What the gateway, by its own word, did not do; nil if it did.
func subCode(_ call: () async throws -> Void) async -> String? {
    do {
        try await call()
        return nil
    } catch AlipayError.refused(let fault) {
        return fault.subCode
    } catch AlipayError.unknown(.gateway(let fault)) {
        return fault.subCode
    } catch {
        return "\(error)"
    }
}
