import Basics
import Foundation
import Store
import TestKit
import Testing
import Web

@testable import Promotions

/// The module behind a web server, with a few people who are known by their names.
struct Shop: Sendable {
    let server: WebServer
    let database: Database

    static func with(
        _ engine: TestEngine = .sqlite, at now: Instant = june5, scopes: CouponScopes = .init(),
        _ body: (Shop) async throws -> Void
    ) async throws {
        let migrations = WebModule().migrations + promotionsMigrations
        let clock = TestClock(now).clock
        try await withDatabase(engine, migrations: migrations, clock: clock) { database in
            var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
            configuration.authenticator = Authenticator { credential in
                switch credential {
                case .bearer(let name), .cookie(let name): Self.people[name]
                }
            }
            let module = PromotionsModule(database: database, scopes: scopes)
            let server = try WebServer(
                modules: [module], database: database, configuration: configuration)
            try await body(Shop(server: server, database: database))
        }
    }

    static let people: [String: Session] = [
        "alice": Session(id: ID(rawValue: 2), memberID: alice, username: "alice"),
        "bob": Session(id: ID(rawValue: 3), memberID: bob, username: "bob"),
        "operator": Session(
            id: ID(rawValue: 1), memberID: anOperator, username: "operator",
            roles: [.member, .operator]),
    ]

    /// Calls the API.
    func call(
        _ method: String = "GET", _ path: String, as name: String? = nil, key: String? = nil,
        _ body: String? = nil
    ) async throws -> JSONAnswer {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let name { headers.append(("Authorization", "Bearer \(name)")) }
        if let key { headers.append(("Idempotency-Key", key)) }
        let answer = try await server.answer(
            LocalCall(
                method, "/api/v1\(path)", headers: headers, body: body.map { Array($0.utf8) } ?? [])
        )
        return JSONAnswer(answer)
    }

    /// Opens a page in English.
    func open(_ path: String, as name: String? = nil) async throws -> LocalAnswer {
        var headers = [(name: "Accept-Language", value: "en")]
        if let name { headers.append(("Cookie", "\(SessionCookie.name)=\(name)")) }
        return try await server.answer(LocalCall("GET", path, headers: headers))
    }

    /// Opens a page and sends a form of it, with the page's hidden fields.
    func submit(
        _ path: String, from page: String, as name: String, _ fields: [String: String] = [:]
    ) async throws -> LocalAnswer {
        let opened = try await open(page, as: name)
        var fields = fields
        for field in ["_csrf", "_key"] { fields[field] = hidden(field, in: opened.text) }
        let cookie = opened.cookie("kontor_csrf") ?? ""
        let body = fields.map { "\($0.key)=\(encoded($0.value))" }.joined(separator: "&")
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
    let isReplayed: Bool
    let text: String
    private let members: [String: Any]

    init(_ answer: LocalAnswer) {
        status = answer.status
        isReplayed = answer.header("Idempotent-Replayed") == "true"
        text = answer.text
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body))
        members = json as? [String: Any] ?? [:]
    }

    subscript(name: String) -> String? { members[name] as? String }
    func number(_ name: String) -> Int64? { (members[name] as? NSNumber)?.int64Value }
    func object(_ name: String) -> [String: Any] { members[name] as? [String: Any] ?? [:] }
    var items: [[String: Any]] { members["items"] as? [[String: Any]] ?? [] }
    var pointers: [String] {
        (members["errors"] as? [[String: Any]] ?? []).compactMap { $0["pointer"] as? String }
    }
}
