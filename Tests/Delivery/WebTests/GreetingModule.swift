import Basics
import Foundation
import Money
import Store
import Synchronization
import TestKit
import Testing

@testable import Web

/// A module as small as can be, to see how pages and routes behave.
struct GreetingModule: Module {
    let name = "greeting"
    let database: Database
    let log: Log
    /// hello.mustache: name, total and time of the page, one text of the layout, a form.
    let templates = EmbeddedFiles([
        (
            "hello.mustache",
            "PGgxPnt7cGFnZS5uYW1lfX08L2gxPgo8cD57e3BhZ2UudG90YWx9fSB7e3BhZ2UuYXR9fSA8dGltZSBkYXRldGltZT0ie3twYWdlLmF0Lmlzb319Ij57e3QubGF5b3V0LmxvZ0lufX08L3RpbWU+PC9wPgo8Zm9ybSBtZXRob2Q9InBvc3QiIGFjdGlvbj0iL3NheSI+Cnt7Pmd1YXJkfX0KPC9mb3JtPgo="
        )
    ])

    struct Hello {
        let name: String
        let total = Amount(123_456)
        let at = Instant(seconds: 1_790_000_000)
    }

    struct View: Codable, Sendable { let said: String }

    func api(_ api: API) {
        api.get("/words/{word}", summary: "Says a word", auth: .public, returns: View.self) {
            request in
            let word = try request.path("word")
            switch word {
            case "defect": throw StoreError.migration("not for the eyes of others")
            case "away": throw StoreError.unavailable("full")
            case "unknown": throw StoreError.outcomeUnknown("fsync")
            case "poor":
                throw Problem(
                    .conflict, "insufficient-funds", parameters: ["shortfall": .money(123_456)])
            default: return View(said: word)
            }
        }
        api.post("/words", summary: "Adds a word", auth: .member, returns: View.self) { _ in
            log.add("api")
            return View(said: "added")
        }
    }

    func pages(_ site: Site) {
        site.navigation("layout.logIn", "/hello")
        site.get("/hello") { page in
            await page.render("hello", Hello(name: "<&>"), title: "layout.home")
        }
        site.get("/echo") { page in
            await page.render("hello", Hello(name: page.query("word") ?? "–"), title: "Echo")
        }
        site.get("/mine", auth: .member) { page in
            await page.render("hello", Hello(name: try page.member().username), title: "Mine")
        }
        site.get("/staff", auth: .role(.operator)) { page in
            await page.render("hello", Hello(name: "staff"), title: "Staff")
        }
        site.post("/say") { page in
            let word = try page.form.required("word")
            guard word != "no" else { throw Problem.rule("overflow") }
            log.add(word)
            return page.redirect(to: page.next, flash: .good("said \(word)"))
        }
        site.post("/once", auth: .member) { page in
            try await page.once(database) { tx in
                tx.afterCommit { log.add("once") }
                return "/orders/1"
            }
        }
    }

    /// What handlers did.
    final class Log: Sendable {
        private let entries = Mutex<[String]>([])
        func add(_ entry: String) { entries.withLock { $0.append(entry) } }
        var all: [String] { entries.withLock { $0 } }
    }
}

/// A server with that module, and somebody who may have logged in.
struct Greeter {
    static let session = Session(
        id: ID(rawValue: 5), memberID: ID(rawValue: 7), username: "zhang", roles: [.member])
    static let agent = "text/html,application/xhtml+xml"

    let server: WebServer
    let log: GreetingModule.Log

    /// Lends a server to `body`.
    static func lend(
        limiter: RateLimiter = .off, _ body: (Greeter) async throws -> Void
    ) async throws {
        try await withDatabase(.sqlite, migrations: WebMigrations.all) { database in
            var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
            configuration.limiter = limiter
            configuration.accessLogLevel = nil
            configuration.formTargets = ["https://openapi.alipay.com"]
            configuration.authenticator = Authenticator { credential in
                switch credential {
                case .bearer("good"), .cookie("good"): session
                default: nil
                }
            }
            let log = GreetingModule.Log()
            let server = try WebServer(
                modules: [GreetingModule(database: database, log: log)], database: database,
                configuration: configuration)
            try await body(Greeter(server: server, log: log))
        }
    }

    func get(
        _ path: String, cookies: String = "", _ headers: [String: String] = [:]
    ) async throws -> LocalAnswer {
        try await server.answer(
            LocalCall("GET", path, headers: fields(cookies, ["accept": Self.agent], headers)))
    }

    func post(
        _ path: String, _ form: String, cookies: String = "", _ headers: [String: String] = [:]
    ) async throws -> LocalAnswer {
        let own = [
            "accept": Self.agent, "content-type": "application/x-www-form-urlencoded",
            "referer": "http://localhost/hello",
        ]
        return try await server.answer(
            LocalCall(
                "POST", path, headers: fields(cookies, own, headers), body: Array(form.utf8)))
    }

    private func fields(
        _ cookies: String, _ own: [String: String], _ given: [String: String]
    ) -> [(name: String, value: String)] {
        var all = own.merging(given) { $1 }
        if !cookies.isEmpty { all["cookie"] = cookies }
        return all.map { ($0.key, $0.value) }
    }

    /// The value of a hidden field on a page.
    static func hidden(_ name: String, in page: LocalAnswer) throws -> String {
        let parts = page.text.components(separatedBy: "name=\"\(name)\" value=\"")
        return String(try #require(parts.dropFirst().last).prefix { $0 != "\"" })
    }
}
