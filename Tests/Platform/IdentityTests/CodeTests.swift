import Basics
import Scheduling
import Store
import TestKit
import Testing

@testable import Identity

/// SMS codes: single use, per purpose, five minutes, five tries.
@Suite struct CodeTests {
    static let phone = "13912345678"

    private func use(_ world: World, _ code: String, _ purpose: CodePurpose) async throws -> String?
    {
        let proof = try await world.identity.proof(
            code: code, phone: try PhoneNumber(Self.phone), purpose: purpose)
        return try await refusal { try await world.database.write { tx in try tx.use(proof) } }
    }

    private func wrong(_ code: String) -> String { code == "000000" ? "000001" : "000000" }

    @Test(arguments: TestEngine.available)
    func `a code works once and for its purpose`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let code = try await world.code(Self.phone, .register)
            #expect(try await use(world, code, .loan) == "verification-code-wrong")
            #expect(try await use(world, code, .register) == nil)
            #expect(try await use(world, code, .register) == "verification-code-wrong")
        }
    }

    @Test(arguments: TestEngine.available)
    func `two requests at once cannot both use a code`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let code = try await world.code(Self.phone, .loan)
            async let first = use(world, code, .loan)
            async let second = use(world, code, .loan)
            let answers = try await [first, second]
            #expect(answers.filter { $0 == nil }.count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a code ends after five minutes, or when a newer one is sent`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let first = try await world.code(Self.phone, .login)
            world.time.advance(by: .minutes(5))
            #expect(try await use(world, first, .login) == "verification-code-expired")
            let second = try await world.code(Self.phone, .login)
            let third = try await world.code(Self.phone, .login)
            if second != third {
                #expect(try await use(world, second, .login) == "verification-code-wrong")
            }
            #expect(try await use(world, third, .login) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `five wrong tries kill a code`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let code = try await world.code(Self.phone, .withdrawal)
            for _ in 0..<5 {
                #expect(
                    try await use(world, wrong(code), .withdrawal) == "verification-code-wrong")
            }
            #expect(try await use(world, code, .withdrawal) == "verification-code-locked")
            let next = try await world.code(Self.phone, .withdrawal)
            #expect(try await use(world, next, .withdrawal) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `one code a minute and ten a day`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let phone = try PhoneNumber(Self.phone)
            func send() async throws -> String? {
                try await refusal {
                    try await world.identity.requestCode(phone: phone, purpose: .login)
                }
            }
            #expect(try await send() == nil)
            #expect(try await send() == "verification-codes-too-many")
            for _ in 2...10 {
                world.time.advance(by: .seconds(61))
                #expect(try await send() == nil)
            }
            world.time.advance(by: .hours(1))
            #expect(try await send() == "verification-codes-too-many")
            world.time.advance(by: .days(1))
            #expect(try await send() == nil)
            #expect(world.telephone.all.count == 11)
        }
    }

    @Test(arguments: TestEngine.available)
    func `two first requests at once send one message`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let phone = try PhoneNumber(Self.phone)
            func send() async throws -> String? {
                try await refusal {
                    try await world.identity.requestCode(phone: phone, purpose: .login)
                }
            }
            async let first = send()
            async let second = send()
            #expect(try await [first, second].filter { $0 == nil }.count == 1)
            #expect(world.telephone.all.count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a message that could not be sent is sent by its job`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            world.telephone.die(true)
            _ = try await world.code(Self.phone, .login)
            #expect(world.telephone.all.isEmpty)
            world.telephone.die(false)
            world.time.advance(by: .seconds(16))
            let worker = JobWorker(database: world.database, handlers: world.identity.jobs)
            try await worker.runDue()
            let sent = try #require(world.telephone.all.first)
            #expect(sent.text.contains(sent.code))
            #expect(try await use(world, sent.code, .login) == nil)
            // Sent at once, nothing is left for the job.
            _ = try await world.code(Self.phone, .login)
            world.time.advance(by: .minutes(1))
            #expect(try await worker.runDue() == 0)
            #expect(world.telephone.all.count == 2)
        }
    }

    @Test(arguments: TestEngine.available)
    func `the database does not hold the code`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            world.telephone.die(true)
            _ = try await world.code(Self.phone, .login)
            let job = try await world.database.read {
                try $0.openJob(CodeOrder.job, "\(Self.phone) login")
            }
            world.telephone.die(false)
            world.time.advance(by: .seconds(16))
            try await JobWorker(database: world.database, handlers: world.identity.jobs).runDue()
            let code = try #require(world.telephone.all.first?.code)
            #expect(try #require(job?.payload).contains(code) == false)
        }
    }
}
