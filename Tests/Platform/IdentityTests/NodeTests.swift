import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// Two nodes on one database, each with what it keeps in memory.
@Suite(.enabled(if: TestEngine.available.contains(.postgres)))
struct NodeTests {
    private func onTwoNodes(_ body: (World, World) async throws -> Void) async throws {
        let place = try await TestPlace.make(.postgres, migrations: World.migrations)
        let time = TestClock()
        let databases = [try place.open(clock: time.clock), try place.open(clock: time.clock)]
        let here = World(databases[0], time)
        try await body(here, World(databases[1], time, telephone: here.telephone))
        for database in databases { await database.close() }
        try await place.remove()
    }

    @Test func `a log-out at one node ends the session at the other`() async throws {
        try await onTwoNodes { here, there in
            _ = try await here.register()
            let tokens = try await here.logIn()
            let credential = Credential.bearer(tokens.accessToken)
            // Both have it in memory now.
            let session = try #require(try await there.identity.authenticate(credential))
            #expect(try await here.identity.authenticate(credential) == session)
            try await here.identity.logOut(session.id)
            #expect(try await here.identity.authenticate(credential) == nil)
            var isGood = true
            for _ in 0..<300 where isGood {
                try await Task.sleep(for: .milliseconds(10))
                isGood = try await there.identity.authenticate(credential) != nil
            }
            #expect(!isGood, "still good after three seconds")
        }
    }

    @Test func `a payment password known here is worthless once it was changed there`()
        async throws
    {
        try await onTwoNodes { here, there in
            let member = try await here.register().id
            let session = try await here.liveSession(try await here.logIn())
            let (old, new) = ("246810", "135791")
            try await here.identity.seedPaymentPassword(of: member, to: old)
            try await here.identity.paymentPasswords.verify(old, session)
            try await there.identity.seedPaymentPassword(of: member, to: new)
            let refused = try await refusal {
                try await here.identity.paymentPasswords.verify(old, session)
            }
            #expect(refused == "payment-password-wrong")
            try await here.identity.paymentPasswords.verify(new, session)
        }
    }

    @Test func `guesses at both nodes at once are five in all`() async throws {
        try await onTwoNodes { here, there in
            _ = try await here.register()
            let answers = try await withThrowingTaskGroup(of: String?.self) { group in
                for number in 0..<20 {
                    let world = number.isMultiple(of: 2) ? here : there
                    group.addTask { try await refusal { try await world.logIn("li-lei", "wrong") } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == "credentials-wrong" }.count == 5)
            #expect(answers.filter { $0 == "login-locked" }.count == 15)
        }
    }
}
