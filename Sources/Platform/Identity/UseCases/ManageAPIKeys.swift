import Basics
import Store
import Web

/// Keys for programs. A key can do what both it and whoever made it may do; locking its maker stops
/// it.
extension Identity {
    /// Makes a key. Its secret is told now and never again.
    func makeKey(named name: String, roles: Set<Role>, by maker: Session) async throws
        -> (key: APIKeyRecord, secret: String)
    {
        guard (1...100).contains(name.count) else { throw Problem.keyNameInvalid }
        let possible = APIKeyRecord.possibleRoles.intersection(maker.roles)
        guard !roles.isEmpty, roles.isSubset(of: possible) else { throw Problem.keyRolesInvalid }
        let secret = APIKeySecret()
        let hash = Self.cookieHash(secret.text)
        let key = try await database.write { tx in
            let key = APIKeyRecord(
                id: .make(), name: name, roles: roles, prefix: secret.prefix,
                createdBy: maker.memberID, createdAt: tx.now, revokedAt: nil)
            try tx.insert(key, secretHash: hash)
            return key
        }
        return (key, secret.text)
    }

    func keys(_ page: PageRequest) async throws -> (page: Page<APIKeyRecord>, total: Int64) {
        try await database.survey { (try $0.apiKeys(page), try $0.apiKeyCount()) }
    }

    /// Ends a key: here at once, on other nodes within seconds.
    func revokeKey(_ id: ID<APIKey>) async throws {
        let sessions = sessions
        try await database.write { tx in
            guard try tx.revokeKey(id) else {
                guard try tx.keyExists(id) else { throw Problem.notFound }
                return
            }
            tx.afterCommit { sessions.forget(ID<Session>(rawValue: id.rawValue)) }
        }
    }
}
