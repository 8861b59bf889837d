import Basics
import Foundation
import Testing

@testable import Web

@Suite struct ServerTests {
    private func json(_ answer: LocalAnswer) throws -> [String: Any] {
        try #require(
            try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any])
    }

    @Test func `problems are worded in the language of the request`() async throws {
        try await Greeter.lend { greeter in
            for (language, detail) in [("en", "¥1,234.56 is missing."), ("zh-CN", "还差 ¥1,234.56。")]
            {
                let answer = try await greeter.get(
                    "/api/v1/words/poor", ["accept-language": language])
                #expect(answer.status == 409)
                #expect(answer.header("content-type") == "application/problem+json")
                let problem = try json(answer)
                #expect(problem["type"] as? String == "urn:kontor:problem:insufficient-funds")
                #expect(problem["code"] as? String == "insufficient-funds")
                #expect(problem["status"] as? Int == 409)
                #expect(problem["shortfall"] as? Int == 123_456)
                #expect(problem["detail"] as? String == detail)
                #expect(problem["instance"] as? String == answer.header("x-request-id"))
            }
        }
    }

    @Test(arguments: [
        ("defect", 500, "internal-error"), ("away", 503, "unavailable"),
        ("unknown", 504, "outcome-unknown"),
    ])
    func `failures of the store are problems`(word: String, status: Int, code: String) async throws
    {
        try await Greeter.lend { greeter in
            let answer = try await greeter.get("/api/v1/words/\(word)")
            #expect(answer.status == status)
            #expect(try json(answer)["code"] as? String == code)
            #expect(!answer.text.contains("eyes of others"))
            #expect((answer.header("retry-after") != nil) == (status == 503))
        }
    }

    @Test func `what is not there is said to browsers and programs`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/nowhere", cookies: "kontor_session=good")
            #expect(page.status == 404)
            #expect(page.text.contains("<p class=\"status\">404</p>"))
            #expect(page.text.contains(">zhang</summary>"))
            let problem = try await greeter.get("/api/v1/nowhere")
            #expect(problem.status == 404)
            #expect(try json(problem)["code"] as? String == "not-found")
            let method = try await greeter.server.answer(LocalCall("DELETE", "/api/v1/words/x"))
            #expect(method.status == 405)
            #expect(method.header("allow") == "GET")
        }
    }

    @Test func `credentials are checked`() async throws {
        try await Greeter.lend { greeter in
            func post(_ headers: [(name: String, value: String)]) async throws -> Int {
                try await greeter.server.answer(
                    LocalCall("POST", "/api/v1/words", headers: headers)
                ).status
            }
            #expect(try await post([]) == 401)
            #expect(try await post([("authorization", "Bearer bad")]) == 401)
            #expect(try await post([("authorization", "Bearer good")]) == 200)
            #expect(try await post([("cookie", "kontor_session=good")]) == 403)

            let page = try await greeter.get("/mine", cookies: "kontor_session=good")
            let cookie = "kontor_session=good; kontor_csrf=\(page.cookie("kontor_csrf") ?? "")"
            let token = try Greeter.hidden("_csrf", in: page)
            #expect(try await post([("cookie", cookie), ("x-csrf-token", token)]) == 200)
            #expect(greeter.log.all == ["api", "api"])
        }
    }

    @Test func `too many requests are turned away`() async throws {
        let still = Instant(seconds: 0)
        try await Greeter.lend(limiter: RateLimiter(now: { still })) { greeter in
            var statuses: [Int] = []
            for _ in 0..<1_201 { statuses.append(try await greeter.get("/api/v1/words/a").status) }
            #expect(statuses.dropLast().allSatisfy { $0 == 200 })
            #expect(statuses.last == 429)
            let answer = try await greeter.get("/api/v1/words/a")
            #expect(answer.header("retry-after") == "1")
            // Members and plumbing have buckets of their own, or none.
            #expect(try await greeter.get("/healthz").status == 200)
            #expect(
                try await greeter.get("/api/v1/words/a", ["authorization": "Bearer good"]).status
                    == 200)
        }
    }

    @Test func `headers keep browsers in bounds`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello", ["x-request-id": "abc-1.2"])
            let policy = try #require(page.header("content-security-policy"))
            #expect(policy.contains("script-src 'self'"))
            #expect(policy.contains("form-action 'self' https://openapi.alipay.com"))
            #expect(policy.contains("frame-ancestors 'none'"))
            #expect(page.header("x-content-type-options") == "nosniff")
            #expect(page.header("cache-control") == "no-store")
            #expect(page.header("x-request-id") == "abc-1.2")
            let forged = try await greeter.get("/hello", ["x-request-id": "a b\"<"])
            #expect(forged.header("x-request-id") != "a b\"<")
        }
    }

    @Test func `assets may be kept`() async throws {
        try await Greeter.lend { greeter in
            let path = try #require(greeter.server.files.assets.path("kontor.css"))
            let first = try await greeter.get(path)
            #expect(first.status == 200)
            #expect(first.header("content-type") == "text/css; charset=utf-8")
            #expect(first.header("cache-control") == "public, max-age=31536000, immutable")
            let tag = try #require(first.header("etag"))
            let second = try await greeter.get(path, ["if-none-match": tag])
            #expect(second.status == 304)
            #expect(second.body.isEmpty)
            let unversioned = try await greeter.get("/assets/kontor.css")
            #expect(unversioned.header("cache-control") == "public, no-cache")
            #expect(try await greeter.get("/assets/../kontor.db").status == 404)
        }
    }

    @Test func `machines find what they look for`() async throws {
        try await Greeter.lend { greeter in
            #expect(try await greeter.get("/healthz").text == "ok\n")
            #expect(try await greeter.get("/readyz").status == 200)
            #expect(try await greeter.get("/docs").text.contains("/api/v1/words"))
            let document = try json(try await greeter.get("/openapi.json"))
            #expect((document["paths"] as? [String: Any])?.keys.contains("/api/v1/words") == true)
            _ = try await greeter.get("/api/v1/words/secret?token=secret")
            let metrics = try await greeter.get("/metrics")
            #expect(metrics.text.contains("route=\"/api/v1/words/{word}\",status=\"200\""))
            #expect(!metrics.text.contains("secret"))
            let head = try await greeter.server.answer(LocalCall("HEAD", "/hello"))
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
        }
    }

    @Test func `a trusted proxy tells the client`() {
        let trusted: Set<String> = ["10.0.0.1", "10.0.0.2"]
        func client(_ header: String?) -> String? {
            Opening.forwarded(header, trusted: trusted)
        }
        #expect(client("1.2.3.4") == "1.2.3.4")
        #expect(client("6.6.6.6, 1.2.3.4, 10.0.0.2") == "1.2.3.4")
        #expect(client("10.0.0.2") == nil)
        #expect(client(nil) == nil)
    }
}
