import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// What operators do with members.
@Suite struct OperatorTests {
    private func admin(_ world: World, _ roles: Set<Role> = [.admin, .operator]) async throws
        -> Session
    {
        _ = try await world.identity.addOperator(
            username: try Username("boss"), password: "boss-password", roles: roles)
        return try await world.liveSession(try await world.logIn("boss", "boss-password"))
    }

    @Test(arguments: TestEngine.available)
    func `a locked member is out until unlocked`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let admin = try await admin(world)
            let member = try await world.register()
            let tokens = try await world.logIn()
            _ = try await world.liveSession(tokens)
            let locked = try await world.identity.lock(member.id, by: admin)
            #expect(locked.status == .locked)
            #expect(try await world.session(tokens) == nil)
            #expect(try await refusal { try await world.logIn() } == "account-locked")
            #expect(
                try await refusal { try await world.identity.refresh(tokens.refreshToken) }
                    == "refresh-token-invalid")
            _ = try await world.identity.unlock(member.id, by: admin)
            #expect(try await refusal { try await world.logIn() } == nil)
            // The old session stays dead.
            #expect(try await world.session(tokens) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `roles change what an open session may do`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let admin = try await admin(world)
            let member = try await world.register()
            let tokens = try await world.logIn()
            #expect(try await world.liveSession(tokens).roles == [.member])
            _ = try await world.identity.setRoles([.host], of: member.id, by: admin)
            #expect(try await world.liveSession(tokens).roles == [.member, .host])
            _ = try await world.identity.setRoles([], of: member.id, by: admin)
            #expect(try await world.liveSession(tokens).roles == [.member])
        }
    }

    @Test(arguments: TestEngine.available)
    func `nobody does it to themselves, and operators not to admins`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let admin = try await admin(world)
            let own = try await refusal { try await world.identity.lock(admin.memberID, by: admin) }
            #expect(own == "not-on-yourself")
            let member = try await world.register()
            _ = try await world.identity.setRoles([.operator], of: member.id, by: admin)
            let clerk = try await world.liveSession(try await world.logIn())
            let up = try await refusal {
                try await world.identity.lock(admin.memberID, by: clerk)
            }
            #expect(up == "forbidden")
            let nobody = try await refusal {
                try await world.identity.lock(.init(rawValue: 1), by: clerk)
            }
            #expect(nobody == "not-found")
        }
    }

    @Test(arguments: TestEngine.available)
    func `members are found by how their name or number begins`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let names = ["Anna", "anton", "berta"]
            for (index, name) in names.enumerated() {
                _ = try await world.register(name, "1380000000\(index)")
            }
            func found(_ text: String, _ page: PageRequest = PageRequest()) async throws
                -> ([String], Int64)
            {
                let found = try await world.identity.members(beginning: text, page)
                return (found.page.items.map(\.username), found.total)
            }
            #expect(try await found("AN") == (["anton", "Anna"], 2))
            #expect(try await found("13800000002") == (["berta"], 1))
            #expect(try await found("%") == ([], 0))
            #expect(try await found("", PageRequest(limit: 2)) == (["berta", "anton"], 3))
        }
    }
}
