import Basics
import Hummingbird
import Logging
import Money
import Store
import Synchronization
import TestKit
import Testing

@testable import Web

private struct PayBody: Decodable, SecretFields {
    static let secretFields = ["password"]
    let amount: Amount
    let password: String?
}

private struct PayView: Codable {
    var number: Int
    var amount: Amount
    var link: String?
}

private enum Shade: String, Codable, CaseIterable {
    case light
    case dark
}

private struct ListItem: Codable {
    let limit: Int
    let after: Int64?
    let q: String?
    let shade: Shade?
    let from: Instant?
}

/// One route of each kind.
private final class SampleModule: Module {
    let name = "sample"
    let database: Database
    /// How often a command's body has run.
    let runs = Mutex(0)

    init(database: Database) { self.database = database }

    func api(_ api: API) {
        api.get(
            "/things", summary: "Things", auth: .public,
            query: [
                QueryParameter("q", String.self, "Words."),
                QueryParameter("shade", Shade.self, "Shade."),
                QueryParameter("from", Instant.self, "Since."),
            ], returns: ListView<ListItem>.self
        ) { request in
            let page = try request.page()
            let item = ListItem(
                limit: page.limit, after: page.after, q: request.query("q"),
                shade: try request.query("shade", as: Shade.self),
                from: try request.query("from", as: Instant.self))
            return ListView(Page(items: [item], next: 5))
        }
        api.get("/things/{id}", summary: "A thing", auth: .member, returns: [String].self) {
            [try $0.id(ID<SampleEntity>.self).description, try $0.session.username]
        }
        api.delete("/things/{id}", summary: "Away", auth: .role(.operator)) { _ in }
        api.post(
            "/payments/{name}", summary: "Pay", auth: .member, body: PayBody.self,
            maximumBytes: 200, returns: PayView.self, status: .created, idempotent: true
        ) { [self] request, body in
            let reply = try await request.perform(database) { [self] _ in
                let number = runs.withLock { count in
                    count += 1
                    return count
                }
                if body.amount == .zero { throw Problem.conflict("sold-out") }
                return PayView(number: number, amount: body.amount)
            }
            guard try request.path("name") == "linked" else { return reply }
            return try await reply.adding { view in
                var view = view
                view.link = "https://example.org"
                return view
            }
        }
        api.root.raw(
            .post, "/callback", summary: "Tell", auth: .public, accepts: ["text/plain"],
            produces: ["text/plain"]
        ) { request in
            Response(
                status: .ok, body: ResponseBody(byteBuffer: ByteBuffer(bytes: request.bytes)))
        }
    }
}

/// A server with the sample module, and the two people who use it.
private struct Harness {
    let server: WebServer
    let module: SampleModule

    init(_ database: Database) throws {
        module = SampleModule(database: database)
        var configuration = WebConfiguration(secret: [UInt8](repeating: 7, count: 32))
        configuration.limiter = .off
        configuration.accessLogLevel = .trace
        configuration.authenticator = Authenticator { credential in
            guard case .bearer(let name) = credential, name != "nobody" else { return nil }
            return Session(
                id: ID(rawValue: 1), memberID: ID(rawValue: name == "ann" ? 11 : 12),
                username: name, roles: name == "otto" ? [.member, .operator] : [.member])
        }
        server = try WebServer(
            modules: [module], database: database, configuration: configuration)
    }

    func call(
        _ method: String, _ path: String, as name: String? = nil, key: String? = nil,
        type: String? = "application/json", _ body: String = ""
    ) async throws -> (status: Int, json: JSONValue, answer: LocalAnswer) {
        var headers: [(name: String, value: String)] = []
        if let name { headers.append(("Authorization", "Bearer \(name)")) }
        if let key { headers.append(("Idempotency-Key", key)) }
        if let type, !body.isEmpty { headers.append(("Content-Type", type)) }
        let answer = try await server.answer(
            LocalCall(method, path, headers: headers, body: Array(body.utf8)))
        return (answer.status, (try? StrictJSON.parse(answer.body)) ?? .null, answer)
    }
}

@Suite struct OpenAPIRequestTests {
    private func withHarness(_ body: (Harness) async throws -> Void) async throws {
        try await withDatabase(.sqlite, migrations: WebModule().migrations) { database in
            try await body(try Harness(database))
        }
    }

    @Test func `a list reads its page and its parameters`() async throws {
        try await withHarness { harness in
            let plain = try await harness.call("GET", "/api/v1/things?unknown=%zz")
            #expect(plain.status == 200)
            #expect(plain.json["items"] == [["limit": 20]])
            #expect(plain.answer.header("Content-Type") == "application/json")
            let cursor = Base32.encode(5)
            #expect(plain.json["nextCursor"]?.text == cursor)
            let full = try await harness.call(
                "GET",
                "/api/v1/things?limit=100&cursor=\(cursor)&q=a+b%26%E4%BD%A0&shade=dark"
                    + "&from=2025-01-01T08:00:00+08:00")
            #expect(
                full.json["items"] == [
                    [
                        "limit": 100, "after": 5, "q": "a b&你", "shade": "dark",
                        "from": "2025-01-01T00:00:00Z",
                    ]
                ])
        }
    }

    @Test(arguments: [
        ("limit=0", "limit"), ("limit=101", "limit"), ("limit=x", "limit"), ("limit=", "limit"),
        ("limit=+5", "limit"), ("limit=1&limit=1", "limit"), ("q=%", "q"), ("q=%2", "q"),
        ("q=%00", "q"), ("q=%ff", "q"), ("shade=grey", "shade"), ("from=today", "from"),
        ("cursor=abc", "cursor"), ("cursor=", "cursor"), ("cursor=zzzzzzzzzzzzz", "cursor"),
    ])
    func `a parameter that cannot be read is named`(query: String, name: String) async throws {
        try await withHarness { harness in
            let answer = try await harness.call("GET", "/api/v1/things?\(query)")
            #expect(answer.status == 400)
            #expect(
                answer.json["code"] == (name == "cursor" ? "invalid-cursor" : "invalid-query"))
            guard case .array(let errors)? = answer.json["errors"] else {
                Issue.record("no errors in \(answer.answer.text)")
                return
            }
            #expect(errors.map { $0["pointer"] } == [.string("?\(name)")])
        }
    }

    @Test func `who may use a route is checked before anything else`() async throws {
        try await withHarness { harness in
            let id = ID<SampleEntity>(rawValue: 9)
            let thing = "/api/v1/things/\(id)"
            #expect(try await harness.call("GET", thing).status == 401)
            #expect(try await harness.call("GET", thing, as: "nobody").status == 401)
            let found = try await harness.call("GET", thing, as: "ann")
            #expect(found.json == [.string(id.description), "ann"])
            #expect(try await harness.call("DELETE", thing, as: "ann").status == 403)
            let gone = try await harness.call("DELETE", thing, as: "otto")
            #expect(gone.status == 204)
            #expect(gone.answer.body.isEmpty)
            for odd in ["x", "ord_0000000000009", "%zz", "%00", "smp_000000000000%39"] {
                let status = try await harness.call("GET", "/api/v1/things/\(odd)", as: "ann")
                    .status
                #expect(status == (odd.hasSuffix("%39") ? 200 : 404), "\(odd)")
            }
            #expect(try await harness.call("POST", "/api/v1/payments/a", "{").status == 401)
        }
    }

    @Test func `a body must be JSON, small enough and what was asked for`() async throws {
        let long = #"{"amount":1,"password":"\#(String(repeating: "x", count: 200))"}"#
        let json = "application/json"
        let table: [(body: String, type: String?, answer: String)] = [
            ("{", json, "400 malformed-json"), ("", json, "400 invalid-request"),
            ("{}", nil, "415 unsupported-media-type"),
            ("{}", "text/plain", "415 unsupported-media-type"),
            (#"{"amount":1.0}"#, json, "400 invalid-request"),
            (#"{"amount":1,"amount":2}"#, json, "400 duplicate-key"),
            (long, json, "413 body-too-large"),
            // None of these has used up the key.
            (#"{"amount":1}"#, "Application/JSON; charset=utf-8", "201 "),
        ]
        try await withHarness { harness in
            for (body, type, expected) in table {
                let answer = try await harness.call(
                    "POST", "/api/v1/payments/a", as: "ann", key: "k", type: type, body)
                #expect("\(answer.status) \(answer.json["code"]?.text ?? "")" == expected)
            }
        }
    }

    @Test func `a command is done once for its key`() async throws {
        try await withHarness { harness in
            func pay(
                _ body: String, key: String?, as name: String = "ann", path: String = "a"
            ) async throws -> (status: Int, json: JSONValue, answer: LocalAnswer) {
                try await harness.call("POST", "/api/v1/payments/\(path)", as: name, key: key, body)
            }
            let first = try await pay(#"{"amount":5,"password":"x"}"#, key: "k1")
            #expect(first.status == 201)
            #expect(first.json == ["number": 1, "amount": 5])
            #expect(first.answer.header("Idempotent-Replayed") == nil)
            // Written otherwise, with another secret: the same command.
            let again = try await pay(#"{ "password":"y", "amount":5 }"#, key: "k1")
            #expect(again.answer.body == first.answer.body)
            #expect(again.status == 201)
            #expect(again.answer.header("Idempotent-Replayed") == "true")
            #expect(
                try await pay(#"{"amount":6}"#, key: "k1").json["code"] == "idempotency-key-reused")
            #expect(try await pay(#"{"amount":5}"#, key: "k1", path: "b").status == 422)
            let other = try await pay(#"{"amount":5}"#, key: "k1", as: "otto")
            #expect(other.json["number"] == 2)
            #expect(harness.module.runs.withLock { $0 } == 2)
        }
    }

    @Test func `a refusal is replayed as a refusal`() async throws {
        try await withHarness { harness in
            for replayed in [nil, "true"] {
                let refused = try await harness.call(
                    "POST", "/api/v1/payments/a", as: "ann", key: "k", #"{"amount":0}"#)
                #expect(refused.status == 409)
                #expect(refused.json["code"] == "sold-out")
                #expect(refused.answer.header("Idempotent-Replayed") == replayed)
            }
            #expect(harness.module.runs.withLock { $0 } == 1)
        }
    }

    @Test func `a view may be decorated after it was stored`() async throws {
        try await withHarness { harness in
            for number in 1...2 {
                let answer = try await harness.call(
                    "POST", "/api/v1/payments/linked", as: "ann", key: "k", #"{"amount":1}"#)
                #expect(
                    answer.json == ["number": 1, "amount": 1, "link": "https://example.org"])
                let header = answer.answer.header("Idempotent-Replayed")
                #expect(header == (number == 1 ? nil : "true"))
            }
        }
    }

    @Test(
        arguments: [
            (nil, "idempotency-key-required"), ("", "idempotency-key-invalid"),
            ("a b", "idempotency-key-invalid"),
            (
                String(repeating: "k", count: 256),
                "idempotency-key-invalid"
            ),
        ] as [(String?, String)])
    func `a command needs a key that is one`(key: String?, code: String) async throws {
        try await withHarness { harness in
            let answer = try await harness.call(
                "POST", "/api/v1/payments/a", as: "ann", key: key, #"{"amount":1}"#)
            #expect(answer.status == 400)
            #expect(answer.json["code"]?.text == code)
        }
    }

    @Test func `a raw route sees the bytes as they came`() async throws {
        try await withHarness { harness in
            let told = try await harness.call("POST", "/callback", type: "text/plain", "a=1&b")
            #expect(told.answer.text == "a=1&b")
            #expect(try await harness.call("POST", "/callback", "{}").status == 415)
        }
    }

    @Test func `the document and the docs page are served`() async throws {
        try await withHarness { harness in
            let document = try await harness.call("GET", "/openapi.json")
            #expect(document.json["paths"]?["/api/v1/payments/{name}"]?["post"] != nil)
            let page = try await harness.call("GET", "/docs")
            #expect(page.answer.text.contains("POST /api/v1/payments/{name}"))
        }
    }
}
