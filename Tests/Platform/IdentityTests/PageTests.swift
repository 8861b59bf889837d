import Basics
import Foundation
import Scheduling
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// A browser in front of Identity's pages: it keeps its cookies and fills in forms.
private final class Visitor {
    let world: World
    private let server: WebServer
    private var cookies: [String: String] = [:]
    private var page: LocalAnswer?
    private var path = "/"

    init(_ world: World) throws {
        self.world = world
        var configuration = WebConfiguration(secret: Array(repeating: 7, count: 32))
        configuration.authenticator = world.identity.authenticator
        configuration.accessLogLevel = nil
        server = try WebServer(
            modules: [IdentityModule(identity: world.identity, hasSecureCookies: false)],
            database: world.database, configuration: configuration)
    }

    static func with(
        _ engine: TestEngine = .sqlite, _ body: (Visitor) async throws -> Void
    ) async throws {
        try await World.on(engine) { try await body(try Visitor($0)) }
    }

    @discardableResult
    func open(_ path: String) async throws -> LocalAnswer {
        self.path = path
        return try await answer(LocalCall("GET", path, headers: headers))
    }

    /// Sends the page's form as a browser does, and follows where it leads.
    @discardableResult
    func send(_ action: String, _ fields: [String: String]) async throws -> LocalAnswer {
        var fields = fields
        for name in ["_csrf", "_key", "_from"] { fields[name] = hidden(name) }
        let body = fields.map { "\($0.key)=\(encoded($0.value))" }.joined(separator: "&")
        let type = (name: "Content-Type", value: "application/x-www-form-urlencoded")
        let sent = try await answer(
            LocalCall("POST", action, headers: headers + [type], body: Array(body.utf8)))
        guard sent.status == 303, let place = sent.header("Location") else { return sent }
        return try await open(place)
    }

    var isLoggedIn: Bool { page?.text.contains("data-test=\"current-user\"") == true }

    private func answer(_ call: LocalCall) async throws -> LocalAnswer {
        let answer = try await server.answer(call)
        for name in ["kontor_csrf", "kontor_flash", SessionCookie.name] {
            if let value = answer.cookie(name) { cookies[name] = value }
        }
        page = answer
        return answer
    }

    private var headers: [(name: String, value: String)] {
        [
            ("Accept", "text/html"), ("Accept-Language", "en"),
            ("Cookie", cookies.map { "\($0.key)=\($0.value)" }.joined(separator: "; ")),
        ]
    }

    private func hidden(_ name: String) -> String {
        let text = page?.text ?? ""
        let start = text.range(of: "name=\"\(name)\" value=\"")
        return start.map { String(text[$0.upperBound...].prefix { $0 != "\"" }) } ?? ""
    }

    private func encoded(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
    }

    /// Asks the form for a code and reads it off the telephone.
    func code(_ action: String, _ fields: [String: String] = [:]) async throws -> String {
        world.time.advance(by: .seconds(61))
        let sent = try await send(action, fields.merging(["send-code": "1"]) { $1 })
        #expect(sent.status == 200 && sent.text.contains("A code is on its way"))
        return world.telephone.code(try PhoneNumber(PageTests.phone))
    }
}

@Suite struct PageTests {
    static let phone = "13912345678"
    private let new = "another-horse-10"

    @Test(arguments: TestEngine.available)
    func `who forgot the password sets a new one by a code`(engine: TestEngine) async throws {
        try await Visitor.with(engine) { visitor in
            _ = try await visitor.world.register()
            #expect(try await visitor.open("/login").text.contains("href=\"/password-reset\""))
            try await visitor.open("/password-reset")
            let code = try await visitor.code("/password-reset", ["phone": Self.phone])
            let short = try await visitor.send(
                "/password-reset", ["phone": Self.phone, "code": code, "newPassword": "short"])
            #expect(short.status == 422)
            #expect(short.text.contains("aria-describedby=\"newPassword-error\""))
            #expect(short.text.contains("value=\"\(Self.phone)\""))
            #expect(!short.text.contains("short\""))
            let done = try await visitor.send(
                "/password-reset", ["phone": Self.phone, "code": code, "newPassword": new])
            #expect(done.text.contains("The new password is set"))
            let old = try await visitor.send(
                "/login", ["login": "li-lei", "password": World.password])
            #expect(old.status == 401 && old.text.contains("value=\"li-lei\""))
            try await visitor.send("/login", ["login": "li-lei", "password": new])
            let isLoggedIn = visitor.isLoggedIn
            #expect(isLoggedIn)
        }
    }

    @Test func `a code is enough to log in, and leads on`() async throws {
        try await Visitor.with { visitor in
            _ = try await visitor.world.register()
            try await visitor.open("/login/code?next=/account")
            let code = try await visitor.code(
                "/login/code", ["phone": Self.phone, "next": "/account"])
            let wrong = try await visitor.send(
                "/login/code", ["phone": Self.phone, "code": "x", "next": "/account"])
            #expect(wrong.status == 422 && wrong.text.contains("id=\"code-error\""))
            let account = try await visitor.send(
                "/login/code", ["phone": Self.phone, "code": code, "next": "/account"])
            #expect(account.text.contains("data-test=\"payment-password-state\""))
            let isLoggedIn = visitor.isLoggedIn
            #expect(isLoggedIn)
        }
    }

    @Test func `a member sets the payment password by a code`() async throws {
        try await Visitor.with { visitor in
            let member = try await visitor.world.register()
            try await visitor.open("/login")
            try await visitor.send("/login", ["login": "li-lei", "password": World.password])
            #expect(try await visitor.open("/account").text.contains("There is none yet"))
            let place = "/account/payment-password"
            let code = try await visitor.code(place)
            let bad = try await visitor.send(place, ["code": code, "paymentPassword": "12"])
            #expect(bad.status == 422 && bad.text.contains("id=\"paymentPassword-error\""))
            let good = ["code": code, "paymentPassword": "135790", "next": "/account"]
            #expect(try await visitor.send(place, good).status == 200)
            let profile = try await visitor.world.identity.profile(of: member.id)
            #expect(profile.hasPaymentPassword)
            #expect(try await visitor.open("/account").text.contains("It is set."))
        }
    }

    @Test func `a changed password keeps this browser logged in and no other`() async throws {
        try await Visitor.with { visitor in
            _ = try await visitor.world.register()
            let other = try Visitor(visitor.world)
            for browser in [visitor, other] {
                try await browser.open("/login")
                try await browser.send("/login", ["login": "li-lei", "password": World.password])
                try await browser.open("/account")
            }
            let change = ["currentPassword": "wrong-horse-1", "newPassword": new]
            let wrong = try await visitor.send("/account/password", change)
            #expect(wrong.status == 422 && wrong.text.contains("id=\"currentPassword-error\""))
            let changed = try await visitor.send(
                "/account/password",
                ["currentPassword": World.password, "newPassword": new, "next": "/account"])
            #expect(changed.text.contains("The password has been changed"))
            try await visitor.open("/account")
            try await other.open("/account")
            let loggedIn = [visitor.isLoggedIn, other.isLoggedIn]
            #expect(loggedIn == [true, false])
        }
    }

    @Test func `a visitor has no account page`() async throws {
        try await Visitor.with { visitor in
            let page = try await visitor.open("/account")
            #expect((page.status, page.header("Location")) == (303, "/login?next=/account"))
        }
    }
}
