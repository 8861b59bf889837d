import Basics
import Foundation
import Ledger
import Scheduling
import Store
import TestKit
import Testing
import Web

@testable import Checkout
@testable import Courses
@testable import Payments
@testable import Promotions

/// Courses with Checkout behind a web server, and a few people who are known by their names.
struct Storefront: Sendable {
    let server: WebServer
    let database: Database
    let checkout: Checkout
    let clock: TestClock

    static let people: [String: Session] = [
        "alice": Session(id: ID(rawValue: 1), memberID: ID(rawValue: 11), username: "alice"),
        "bob": Session(id: ID(rawValue: 2), memberID: ID(rawValue: 12), username: "bob"),
        "operator": Session(
            id: ID(rawValue: 3), memberID: ID(rawValue: 13), username: "operator",
            roles: [.member, .operator]),
    ]

    static func with(
        _ engine: TestEngine = .sqlite, _ body: (Storefront) async throws -> Void
    ) async throws {
        let clock = TestClock(.at("2026-02-01T00:00:00Z"))
        let migrations =
            ledgerMigrations + schedulingMigrations + WebModule().migrations
            + promotionsMigrations + paymentsMigrations + checkoutMigrations + coursesMigrations
        try await withDatabase(engine, migrations: migrations, clock: clock.clock) { database in
            let payments = Payments(database: database, gateways: [], purposes: [])
            let checkout = Checkout(
                database: database, payments: payments, sellers: [CourseSeller()])
            var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
            configuration.authenticator = Authenticator { credential in
                switch credential {
                case .bearer(let name), .cookie(let name): people[name]
                }
            }
            let module = CoursesModule(database: database, checkout: checkout)
            let server = try WebServer(
                modules: [module], database: database, configuration: configuration)
            try await body(
                Storefront(server: server, database: database, checkout: checkout, clock: clock))
        }
    }

    /// Calls the API.
    func call(
        _ method: String = "GET", _ path: String, as name: String? = nil, _ body: String? = nil
    ) async throws -> JSONAnswer {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let name { headers.append(("Authorization", "Bearer \(name)")) }
        return JSONAnswer(
            try await server.answer(
                LocalCall(
                    method, "/api/v1\(path)", headers: headers,
                    body: body.map { Array($0.utf8) } ?? [])))
    }

    /// Opens a page.
    func open(_ path: String, as name: String? = nil, in language: String = "en") async throws
        -> LocalAnswer
    {
        var headers = [(name: "Accept-Language", value: language)]
        if let name { headers.append(("Cookie", "\(SessionCookie.name)=\(name)")) }
        return try await server.answer(LocalCall("GET", path, headers: headers))
    }

    /// Opens a page and sends a form of it, with the page's hidden fields.
    func submit(
        _ path: String, from page: String, as name: String,
        _ fields: KeyValuePairs<String, String> = [:]
    ) async throws -> LocalAnswer {
        let opened = try await open(page, as: name)
        let guarded = ["_csrf", "_key"].map { ($0, hidden($0, in: opened.text)) }
        let body = (guarded + fields.map { ($0.key, $0.value) })
            .map { "\($0)=\(encoded($1))" }.joined(separator: "&")
        let cookie = opened.cookie("kontor_csrf") ?? ""
        return try await server.answer(
            LocalCall(
                "POST", path,
                headers: [
                    ("Cookie", "\(SessionCookie.name)=\(name); kontor_csrf=\(cookie)"),
                    ("Content-Type", "application/x-www-form-urlencoded"),
                    ("Accept-Language", "en"), ("Referer", "http://localhost\(page)"),
                ], body: Array(body.utf8)))
    }

    private func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    private func hidden(_ name: String, in html: String) -> String {
        let start = html.range(of: "name=\"\(name)\" value=\"")
        return start.map { String(html[$0.upperBound...].prefix { $0 != "\"" }) } ?? ""
    }
}

/// An answer of the API.
struct JSONAnswer {
    let status: Int
    let text: String
    private let members: [String: Any]

    init(_ answer: LocalAnswer) {
        status = answer.status
        text = answer.text
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body))
        members = json as? [String: Any] ?? [:]
    }

    subscript(name: String) -> String? { members[name] as? String }
    func number(_ name: String) -> Int64? { (members[name] as? NSNumber)?.int64Value }
    func list(_ name: String) -> [[String: Any]] { members[name] as? [[String: Any]] ?? [] }
    var items: [[String: Any]] { list("items") }
    var faults: [String] {
        list("errors").map { "\($0["pointer"] ?? "") \($0["code"] ?? "")" }
    }
}

extension LocalAnswer {
    /// How often something with this `data-test` name is on the page.
    func count(_ name: String, id: String? = nil) -> Int {
        let wanted = "data-test=\"\(name)\"" + (id.map { " data-id=\"\($0)\"" } ?? "")
        return text.components(separatedBy: wanted).count - 1
    }

    /// Where it leads.
    var location: String? { header("Location") }
}
