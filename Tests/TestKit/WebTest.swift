import Foundation
import Store
import Web

/// What drives a web server of the test's own process: no socket, everything else as it is.
package protocol WebTest {
    var server: WebServer { get }
}

extension WebServer {
    /// A server for one module's routes; a token or cookie is the name of one of `people`.
    package static func make(
        _ module: any Module, people: [String: Session], database: Database
    ) throws -> WebServer {
        var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
        configuration.authenticator = Authenticator { credential in
            switch credential {
            case .bearer(let name), .cookie(let name): people[name]
            }
        }
        return try WebServer(modules: [module], database: database, configuration: configuration)
    }
}

extension WebTest {
    /// Calls the API.
    package func call(
        _ method: String = "GET", _ path: String, as name: String? = nil, key: String? = nil,
        _ body: String? = nil
    ) async throws -> JSONAnswer {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let name { headers.append(("Authorization", "Bearer \(name)")) }
        if let key { headers.append(("Idempotency-Key", key)) }
        return JSONAnswer(
            try await server.answer(
                LocalCall(
                    method, "/api/v1\(path)", headers: headers,
                    body: body.map { Array($0.utf8) } ?? [])))
    }

    /// Opens a page.
    package func open(_ path: String, as name: String? = nil, in language: String = "en")
        async throws -> LocalAnswer
    {
        var headers = [(name: "Accept-Language", value: language)]
        if let name { headers.append(("Cookie", "\(SessionCookie.name)=\(name)")) }
        return try await server.answer(LocalCall("GET", path, headers: headers))
    }

    /// Opens a page and sends a form of it, with the page's hidden fields.
    package func submit(
        _ path: String, from page: String, as name: String,
        _ fields: KeyValuePairs<String, String> = [:]
    ) async throws -> LocalAnswer {
        try await submit(path, from: page, as: name, fields: fields.map { ($0.key, $0.value) })
    }

    package func submit(
        _ path: String, from page: String, as name: String, fields: [(String, String)]
    ) async throws -> LocalAnswer {
        let opened = try await open(page, as: name)
        let guarded = ["_csrf", "_key"].map { ($0, hidden($0, in: opened.text)) }
        let body = (guarded + fields).map { "\($0)=\(encoded($1))" }.joined(separator: "&")
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
package struct JSONAnswer {
    package let status: Int
    package let isReplayed: Bool
    package let text: String
    private let members: [String: Any]

    package init(_ answer: LocalAnswer) {
        status = answer.status
        isReplayed = answer.header("Idempotent-Replayed") == "true"
        text = answer.text
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body))
        members = json as? [String: Any] ?? [:]
    }

    package subscript(name: String) -> String? { members[name] as? String }
    package func number(_ name: String) -> Int64? { (members[name] as? NSNumber)?.int64Value }
    package func object(_ name: String) -> [String: Any] { members[name] as? [String: Any] ?? [:] }
    package func list(_ name: String) -> [[String: Any]] {
        members[name] as? [[String: Any]] ?? []
    }
    package var items: [[String: Any]] { list("items") }
    package var pointers: [String] { list("errors").compactMap { $0["pointer"] as? String } }
    /// The fields at fault, as `/title text-missing`.
    package var faults: [String] {
        list("errors").map { "\($0["pointer"] ?? "") \($0["code"] ?? "")" }
    }
}
