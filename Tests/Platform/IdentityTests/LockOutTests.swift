import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// Wrong secrets, counted.
@Suite struct LockOutTests {
    @Test(arguments: TestEngine.available)
    func `five wrong passwords lock the log-in for a quarter of an hour`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            _ = try await world.register()
            for _ in 0..<5 {
                #expect(
                    try await refusal { try await world.logIn("li-lei", "wrong") }
                        == "credentials-wrong")
            }
            #expect(try await refusal { try await world.logIn() } == "login-locked")
            world.time.advance(by: .minutes(15) + .seconds(1))
            #expect(try await refusal { try await world.logIn() } == nil)
            #expect(
                try await refusal { try await world.logIn("nobody", "x") } == "credentials-wrong")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a right password forgets the wrong ones`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            for _ in 0..<3 {
                for _ in 0..<4 {
                    _ = try await refusal { try await world.logIn("li-lei", "wrong") }
                }
                #expect(try await refusal { try await world.logIn() } == nil)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `guesses sent at once are counted as well`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let before = world.identity.hasher.asked
            let answers = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await refusal { try await world.logIn("li-lei", "wrong") } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == "credentials-wrong" }.count == 5)
            #expect(answers.filter { $0 == "login-locked" }.count == 15)
            // Those that are locked out cost no scrypt.
            #expect(world.identity.hasher.asked - before == 5)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a payment password is set by a code and checked with a lock-out`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let member = try await world.register()
            let session = try await world.liveSession(try await world.logIn())
            func pay(_ password: String?) async throws -> String? {
                try await refusal {
                    try await world.identity.paymentPasswords.verify(password, session)
                }
            }
            #expect(try await pay("246810") == "payment-password-not-set")
            let code = try await world.code("13912345678", .paymentPassword)
            let short = try await refusal {
                try await world.identity.setPaymentPassword(of: member.id, code: code, to: "12345")
            }
            #expect(short == "payment-password-invalid")
            try await world.identity.setPaymentPassword(of: member.id, code: code, to: "246810")
            #expect(try await pay(nil) == "payment-password-required")
            #expect(try await pay("246810") == nil)
            for _ in 0..<5 { #expect(try await pay("000000") == "payment-password-wrong") }
            // The right one, known by this process or not.
            #expect(try await pay("246810") == "payment-password-locked")
            world.time.advance(by: .minutes(15) + .seconds(1))
            #expect(try await pay("246810") == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `wrong payment passwords say how many tries are left`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let member = try await world.register()
            let session = try await world.liveSession(try await world.logIn())
            try await world.identity.seedPaymentPassword(of: member.id, to: "246810")
            for left in [4, 3] {
                let problem = await #expect(throws: Problem.self) {
                    try await world.identity.paymentPasswords.verify("000000", session)
                }
                #expect(problem?.parameters["attemptsLeft"] == .number(Int64(left)))
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a new payment password is asked for at once, on other nodes too`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let member = try await world.register()
            let session = try await world.liveSession(try await world.logIn())
            let other = world.otherNode
            try await world.identity.seedPaymentPassword(of: member.id, to: "246810")
            try await world.identity.paymentPasswords.verify("246810", session)
            try await other.identity.seedPaymentPassword(of: member.id, to: "135790")
            #expect(
                try await refusal {
                    try await world.identity.paymentPasswords.verify("246810", session)
                } == "payment-password-wrong")
        }
    }

    @Test(arguments: TestEngine.available)
    func `many right payment passwords at once all pass`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let member = try await world.register()
            let session = try await world.liveSession(try await world.logIn())
            try await world.identity.seedPaymentPassword(of: member.id, to: "246810")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<30 {
                    group.addTask {
                        try await world.identity.paymentPasswords.verify("246810", session)
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
