import Basics
import Web

/// An API key as it is kept.
package struct APIKeyRecord: Sendable {
    let id: ID<APIKey>
    let name: String
    let roles: Set<Role>
    /// How the secret begins.
    let prefix: String
    let createdBy: ID<Member>
    let createdAt: Instant
    var revokedAt: Instant?

    /// What a key may be allowed to do. Who manages accounts is a person.
    static let possibleRoles: Set<Role> = [.operator, .finance]
}
