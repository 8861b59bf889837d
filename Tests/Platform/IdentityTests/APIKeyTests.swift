import Basics
import Store
import TestKit
import Testing
import Web

@testable import Identity

/// Keys for programs.
@Suite struct APIKeyTests {
    private func boss(_ world: World, _ name: String, _ roles: Set<Role>) async throws -> Session {
        _ = try await world.identity.addOperator(
            username: try Username(name), password: "boss-password", roles: roles)
        return try await world.liveSession(try await world.logIn(name, "boss-password"))
    }

    @Test(arguments: TestEngine.available)
    func `a key is somebody of its own, until it is revoked`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let admin = try await boss(world, "boss", [.admin, .finance])
            let (key, secret) = try await world.identity.makeKey(
                named: "till", roles: [.finance], by: admin)
            #expect(secret.hasPrefix(key.prefix) && secret.hasPrefix("kk_"))
            let session = try #require(try await world.identity.authenticate(.bearer(secret)))
            #expect(session.roles == [.finance])
            #expect(session.apiKey == key.id && session.actor == key.id.rawValue)
            #expect(session.memberID == admin.memberID)
            let wrong = try await world.identity.authenticate(.bearer(secret + "x"))
            #expect(wrong == nil)
            let cookie = try await world.identity.authenticate(.cookie(secret))
            #expect(cookie == nil)

            try await world.identity.revokeKey(key.id)
            let revoked = try await world.identity.authenticate(.bearer(secret))
            #expect(revoked == nil)
            // Again is no matter; of what never was nobody knows.
            try await world.identity.revokeKey(key.id)
            let unknown = try await refusal { try await world.identity.revokeKey(.make()) }
            #expect(unknown == "not-found")
            let keys = try await world.identity.keys(PageRequest())
            #expect(keys.total == 1 && keys.page.items.first?.revokedAt != nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a key can do no more than whoever made it`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let admin = try await boss(world, "boss", [.admin, .finance])
            for roles: Set<Role> in [[], [.admin], [.operator], [.member], [.finance, .admin]] {
                let refused = try await refusal {
                    try await world.identity.makeKey(named: "x", roles: roles, by: admin)
                }
                #expect(refused == "api-key-roles-invalid")
            }
            let nameless = try await refusal {
                try await world.identity.makeKey(named: "", roles: [.finance], by: admin)
            }
            #expect(nameless == "api-key-name-invalid")

            let (_, secret) = try await world.identity.makeKey(
                named: "till", roles: [.finance], by: admin)
            let other = try await boss(world, "other", [.admin])
            _ = try await world.identity.setRoles([.admin], of: admin.memberID, by: other)
            let demoted = try await world.identity.authenticate(.bearer(secret))
            #expect(demoted?.roles == [])
            _ = try await world.identity.lock(admin.memberID, by: other)
            let locked = try await world.identity.authenticate(.bearer(secret))
            #expect(locked == nil)
        }
    }
}
