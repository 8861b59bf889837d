import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// Log-ins, from their beginning to every way they end.
@Suite struct SessionTests {
    @Test(arguments: TestEngine.available)
    func `commerce defect 35: an access token works for a quarter of an hour, and on every node`(
        _ engine: TestEngine
    )
        async throws
    {
        try await World.on(engine) { world in
            let member = try await world.register()
            let tokens = try await world.logIn()
            let session = try await world.liveSession(tokens)
            #expect(session.memberID == member.id)
            // Another node, and this one after a restart: the key is in the database.
            #expect(try await world.otherNode.session(tokens) == session)
            world.time.advance(by: .minutes(15))
            #expect(try await world.session(tokens) == nil)
            #expect(try await world.otherNode.session(tokens) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce defect 35: the database holds neither passwords nor tokens`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let tokens = try await world.logIn()
            let page = try await world.identity.logInToPages(
                .password(login: "li-lei", password: World.password))
            let stored = try await world.database.read { snapshot in
                let hashes = try snapshot.rows("SELECT password_hash FROM member") {
                    try $0[0] as String
                }
                let cookies = try snapshot.rows("SELECT cookie_hash FROM member_session") {
                    try $0[0] as [UInt8]?
                }
                return hashes
                    + cookies.compactMap { $0.map { String(decoding: $0, as: UTF8.self) } }
            }
            #expect(stored.count == 2)
            let secrets = [World.password, tokens.accessToken, tokens.refreshToken, page.cookie]
            for secret in secrets {
                #expect(!stored.contains { $0.contains(secret) || secret.contains($0) })
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `log-ins that ended long ago are forgotten`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            for _ in 0..<3 { _ = try await world.logIn() }
            world.time.advance(by: .days(119))
            _ = try await world.logIn()
            #expect(try await world.sessionCount() == 4)
            world.time.advance(by: .days(2))
            let fresh = try await world.logIn()
            #expect(try await world.sessionCount() == 2)
            #expect(try await world.session(fresh) != nil)
        }
    }

    @Test(arguments: ["", "x", "a.b.c", "eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0."])
    func `nonsense is nobody`(_ token: String) async throws {
        try await World.on(.sqlite) { world in
            let bearer = try await world.identity.authenticate(.bearer(token))
            let cookie = try await world.identity.authenticate(.cookie(token))
            #expect(bearer == nil && cookie == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `refresh tokens rotate`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            var tokens = try await world.logIn()
            for _ in 0..<3 {
                world.time.advance(by: .days(20))
                tokens = try await world.identity.refresh(tokens.refreshToken)
                #expect(try await world.session(tokens) != nil)
            }
            world.time.advance(by: .days(30))
            let late = tokens.refreshToken
            #expect(
                try await refusal { try await world.identity.refresh(late) }
                    == "refresh-token-invalid")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refresh token used twice ends the session`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let first = try await world.logIn()
            let other = try await world.logIn()
            let second = try await world.identity.refresh(first.refreshToken)
            #expect(try await world.session(second) != nil)
            #expect(
                try await refusal { try await world.identity.refresh(first.refreshToken) }
                    == "refresh-token-invalid")
            // Neither the thief's nor the owner's tokens are good now; other log-ins are.
            #expect(try await world.session(second) == nil)
            #expect(
                try await refusal { try await world.identity.refresh(second.refreshToken) }
                    == "refresh-token-invalid")
            #expect(try await world.session(other) != nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `of two refreshes at once one wins`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let tokens = try await world.logIn()
            func refresh() async throws -> String? {
                try await refusal { try await world.identity.refresh(tokens.refreshToken) }
            }
            async let first = refresh()
            async let second = refresh()
            #expect(try await [first, second].filter { $0 == nil }.count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `logging out ends the session at once, and only that one`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            _ = try await world.register()
            let here = try await world.logIn()
            let there = try await world.logIn()
            let session = try await world.liveSession(here)
            try await world.identity.logOut(session.id)
            #expect(try await world.session(here) == nil)
            #expect(
                try await refusal { try await world.identity.refresh(here.refreshToken) }
                    == "refresh-token-invalid")
            #expect(try await world.session(there) != nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a cookie is a session of its own kind`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let member = try await world.register()
            let page = try await world.identity.logInToPages(
                .password(login: "li-lei", password: World.password))
            let cookie = Credential.cookie(page.cookie)
            let session = try #require(try await world.identity.authenticate(cookie))
            #expect(session.memberID == member.id)
            #expect(try await world.identity.authenticate(.bearer(page.cookie)) == nil)
            world.time.advance(by: .days(29))
            #expect(try await world.identity.authenticate(cookie) != nil)
            world.time.advance(by: .days(1) + .seconds(1))
            #expect(try await world.identity.authenticate(cookie) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `moving the sandbox's clock logs nobody out`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let tokens = try await world.logIn()
            world.database.clock.setOffset(microseconds: Duration.days(400).microseconds)
            #expect(try await world.session(tokens) != nil)
            #expect(try await world.otherNode.session(tokens) != nil)
            let next = try await world.identity.refresh(tokens.refreshToken)
            #expect(try await world.session(next) != nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `changing the password logs out everywhere`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let member = try await world.register()
            let tokens = try await world.logIn()
            _ = try await world.liveSession(tokens)
            let wrong = try await refusal {
                try await world.identity.changePassword(
                    of: member.id, from: "not-my-password", to: "another-horse-9")
            }
            #expect(wrong == "password-wrong")
            #expect(try await world.session(tokens) != nil)
            try await world.identity.changePassword(
                of: member.id, from: World.password, to: "another-horse-9")
            #expect(try await world.session(tokens) == nil)
            #expect(try await refusal { try await world.logIn() } == "credentials-wrong")
            #expect(try await refusal { try await world.logIn("li-lei", "another-horse-9") } == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a forgotten password is reset by the phone`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let tokens = try await world.logIn()
            let phone = try PhoneNumber("13912345678")
            let login = try await world.code("13912345678", .login)
            let foreign = try await refusal {
                try await world.identity.resetPassword(
                    phone: phone, code: login, to: "another-horse-9")
            }
            #expect(foreign == "verification-code-wrong")
            let code = try await world.code("13912345678", .resetPassword)
            try await world.identity.resetPassword(phone: phone, code: code, to: "another-horse-9")
            #expect(try await world.session(tokens) == nil)
            #expect(try await refusal { try await world.logIn("li-lei", "another-horse-9") } == nil)
        }
    }
}

extension World {
    fileprivate func sessionCount() async throws -> Int64 {
        try await database.read { try $0.number("SELECT COUNT(*) FROM member_session") }
    }
}
