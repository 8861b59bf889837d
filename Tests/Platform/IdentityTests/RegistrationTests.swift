import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

@Suite struct RegistrationTests {
    @Test(arguments: TestEngine.available)
    func `a member registers and logs in by either name`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let member = try await world.register()
            #expect(member.roles == [.member])
            #expect(try await world.logIn("li-lei").profile.id == member.id)
            #expect(try await world.logIn("LI-LEI").profile.id == member.id)
            #expect(try await world.logIn("13912345678").profile.id == member.id)
            let code = try await world.code("13912345678", .login)
            let tokens = try await world.identity.logIn(
                .code(phone: try PhoneNumber("13912345678"), code: code))
            #expect(tokens.profile.lastLoginAt != nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `phone and username are unique, names in any case`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            _ = try await world.register()
            let same = try await refusal { try await world.register("Li-Lei", "13912345679") }
            #expect(same == "username-taken")
            let phone = try await refusal { try await world.register("other", "13912345678") }
            #expect(phone == "phone-taken")
            #expect(try await !world.identity.isAvailable(try Username("LI-lei")))
            #expect(try await world.identity.isAvailable(try PhoneNumber("13912345679")))
        }
    }

    @Test(arguments: TestEngine.available)
    func `of two registrations at once one wins`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let phones = (0..<4).map { "1391234560\($0)" }
            var codes: [String: String] = [:]
            for phone in phones { codes[phone] = try await world.code(phone, .register) }
            let ready = codes
            let answers = try await withThrowingTaskGroup(of: String?.self) { group in
                for phone in phones {
                    group.addTask {
                        try await refusal {
                            try await world.identity.register(
                                Registration(
                                    phone: try PhoneNumber(phone), username: try Username("same"),
                                    password: World.password, code: ready[phone] ?? ""))
                        }
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.filter { $0 == nil }.count == 1)
            #expect(answers.filter { $0 == "username-taken" }.count == 3)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a registration that fails leaves the code usable`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let code = try await world.code("13912345678", .register)
            var registration = Registration(
                phone: try PhoneNumber("13912345678"), username: try Username("li-lei"),
                password: World.password, code: code, inviteCode: "NONESUCH")
            #expect(
                try await refusal { try await world.identity.register(registration) }
                    == "invite-code-unknown")
            registration.inviteCode = nil
            #expect(try await refusal { try await world.identity.register(registration) } == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an invite code says who invited whom`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let inviter = try await world.register()
            let friend = try await world.register(
                "han", "13912345679", inviteCode: inviter.inviteCode.lowercased())
            #expect(friend.invitedBy == inviter.id)
            #expect(friend.inviteCode != inviter.inviteCode)
            let invited = try await world.identity.invitations(of: inviter.id, PageRequest())
            #expect(invited.items.map(\.id) == [friend.id])
            let names = try await world.database.read {
                try $0.profiles(of: [friend.id, inviter.id])
            }
            #expect(names[friend.id]?.username == "han")
        }
    }

    @Test(arguments: TestEngine.available)
    func `an operator has no phone and the roles given`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let added = try await world.identity.addOperator(
                username: try Username("operator"), password: "operator-password",
                roles: [.operator, .finance])
            #expect(added.roles == [.member, .operator, .finance])
            let again = try await refusal {
                try await world.identity.addOperator(
                    username: try Username("Operator"), password: "operator-password", roles: [])
            }
            #expect(again == "username-taken")
            let session = try await world.liveSession(
                try await world.logIn("operator", "operator-password"))
            #expect(session.has(.finance))
        }
    }
}
