import Basics
import Testing

@testable import Web

@Suite struct PagesTests {
    @Test func `a page is rendered in its layout`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello", ["accept-language": "en"])
            #expect(page.status == 200)
            #expect(page.header("content-type") == "text/html; charset=utf-8")
            #expect(page.text.contains("<html lang=\"en\">"))
            #expect(page.text.contains("<title>Back to the start · Kontor</title>"))
            #expect(page.text.contains("<h1>&lt;&amp;&gt;</h1>"))
            #expect(page.text.contains("¥1,234.56 2026-09-21 22:13"))
            #expect(page.text.contains("datetime=\"2026-09-21T14:13:20Z\">Log in</time>"))
            #expect(page.text.contains("/assets/kontor.css?v="))
            #expect(page.text.contains("href=\"/hello?lang=zh-Hans\""))
            #expect(page.text.contains("<a href=\"/hello\" aria-current=\"page\">Log in</a>"))
            #expect(!page.text.contains("style=\""))
        }
    }

    @Test func `the language is chosen and remembered`() async throws {
        try await Greeter.lend { greeter in
            #expect(try await greeter.get("/hello").text.contains("<html lang=\"zh-Hans\">"))
            let chosen = try await greeter.get("/hello?lang=en", ["accept-language": "zh"])
            #expect(chosen.text.contains("<html lang=\"en\">"))
            #expect(chosen.cookie("lang") == "en")
            let later = try await greeter.get("/hello", cookies: "lang=en")
            #expect(later.text.contains("<html lang=\"en\">"))
        }
    }

    @Test func `visitors are sent to the log in and back`() async throws {
        try await Greeter.lend { greeter in
            let visitor = try await greeter.get("/mine?a=1")
            #expect(visitor.status == 303)
            #expect(visitor.header("location") == "/login?next=/mine%3Fa%3D1")
            let stale = try await greeter.get("/mine", cookies: "kontor_session=bad")
            #expect(stale.status == 303)
            let member = try await greeter.get("/mine", cookies: "kontor_session=good")
            #expect(member.status == 200)
            #expect(member.text.contains(">zhang</summary>"))
            let staff = try await greeter.get("/staff", cookies: "kontor_session=good")
            #expect(staff.status == 403)
            #expect(staff.text.contains(">zhang</summary>"))
        }
    }

    @Test func `a form needs its token`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello")
            let cookie = try #require(page.cookie("kontor_csrf"))
            let token = try Greeter.hidden("_csrf", in: page)
            let cookies = "kontor_csrf=\(cookie)"
            let good = try await greeter.post("/say", "word=hi&_csrf=\(token)", cookies: cookies)
            #expect(good.status == 303)
            #expect(greeter.log.all == ["hi"])

            let other = String(repeating: "0", count: 32)
            let forged: [(form: String, cookies: String, headers: [String: String])] = [
                ("word=evil", cookies, [:]),
                ("word=evil&_csrf=", cookies, [:]),
                ("word=evil&_csrf=\(token)", "", [:]),
                ("word=evil&_csrf=\(token)", "kontor_csrf=\(other)", [:]),
                ("word=evil&_csrf=\(token.dropLast(2))00", cookies, [:]),
                ("word=evil&_csrf=\(token)", "\(cookies); kontor_session=good", [:]),
                ("word=evil&_csrf=\(token)", cookies, ["sec-fetch-site": "cross-site"]),
            ]
            for (form, cookies, headers) in forged {
                let refused = try await greeter.post("/say", form, cookies: cookies, headers)
                #expect(refused.status == 303)
                #expect(refused.header("location") == "/hello")
                #expect(refused.cookie("kontor_flash") != nil)
            }
            let noReferrer = try await greeter.post(
                "/say", "word=evil", ["referer": "https://evil.example/hello"])
            #expect(noReferrer.status == 403)
            #expect(greeter.log.all == ["hi"])
        }
    }

    @Test func `a refused form says why on its page`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello")
            let cookies = "kontor_csrf=\(try #require(page.cookie("kontor_csrf")))"
            let token = try Greeter.hidden("_csrf", in: page)
            let refused = try await greeter.post(
                "/say", "word=no&_csrf=\(token)", cookies: cookies, ["accept-language": "en"])
            #expect(refused.status == 422)
            #expect(refused.text.contains(">This sum is too large</p>"))
            #expect(refused.text.contains("<meta name=\"here\" content=\"/hello\">"))
            let gone = try await greeter.post(
                "/say", "word=no&_from=/nowhere&_csrf=\(token)", cookies: cookies,
                ["accept-language": "en"])
            #expect(gone.status == 303)
            let flash = try #require(gone.cookie("kontor_flash"))
            let next = try await greeter.get("/hello", cookies: "kontor_flash=\(flash)")
            #expect(next.text.contains(">This sum is too large</p>"))
            #expect(next.cookie("kontor_flash") == "")
        }
    }

    @Test func `a query is read as forms write it`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/echo?word=two+words%2B&word2=x")
            #expect(page.text.contains("<h1>two words+</h1>"))
            #expect(try await greeter.get("/echo?word=%zz").text.contains("<h1>–</h1>"))
        }
    }

    @Test func `a redirect stays here`() async throws {
        try await Greeter.lend { greeter in
            let page = try await greeter.get("/hello")
            let cookies = "kontor_csrf=\(try #require(page.cookie("kontor_csrf")))"
            let token = try Greeter.hidden("_csrf", in: page)
            for (next, location) in [("/cart", "/cart"), ("//evil.example", "/"), ("x", "/")] {
                let answer = try await greeter.post(
                    "/say", "word=hi&next=\(next)&_csrf=\(token)", cookies: cookies)
                #expect(answer.header("location") == location)
            }
        }
    }

    @Test func `a button pressed twice has one effect`() async throws {
        try await Greeter.lend { greeter in
            let session = "kontor_session=good"
            let page = try await greeter.get("/mine", cookies: session)
            let cookies = "\(session); kontor_csrf=\(try #require(page.cookie("kontor_csrf")))"
            let token = try Greeter.hidden("_csrf", in: page)
            let key = try Greeter.hidden("_key", in: page)
            for _ in 0..<3 {
                let answer = try await greeter.post(
                    "/once", "_csrf=\(token)&_key=\(key)", cookies: cookies)
                #expect(answer.header("location") == "/orders/1")
            }
            #expect(greeter.log.all == ["once"])
        }
    }

    @Test func `a form of another kind is refused`() async throws {
        try await Greeter.lend { greeter in
            let answer = try await greeter.post("/say", "{}", ["content-type": "application/json"])
            #expect(answer.status == 415)
            let large = String(repeating: "a", count: BodyLimits.form + 1)
            #expect(try await greeter.post("/say", large).status == 413)
        }
    }
}
