import Basics
import Store

/// A person who uses Kontor. Identity keeps the rows; the type lives here so that every module can
/// say `ID<Member>`.
package struct Member: Entity {
    package static let prefix = "mem"
}

/// What a member may do beyond being one.
package enum Role: String, SQLText, Codable, CaseIterable {
    case member, host, `operator`
    /// Refunds, withdrawals and journals.
    case finance
    case admin
}

/// What a program proves itself with. Identity keeps the rows.
package struct APIKey: Entity {
    package static let prefix = "key"
}

/// Somebody who is logged in, as the authenticator found them for this request.
package struct Session: Entity, Hashable, Sendable {
    package static let prefix = "ses"

    package let id: ID<Session>
    package let memberID: ID<Member>
    package let username: String
    package let roles: Set<Role>
    /// Set if this is a program with an API key that the member has made.
    package let apiKey: ID<APIKey>?

    package init(
        id: ID<Session>, memberID: ID<Member>, username: String, roles: Set<Role> = [.member],
        apiKey: ID<APIKey>? = nil
    ) {
        self.id = id
        self.memberID = memberID
        self.username = username
        self.roles = roles
        self.apiKey = apiKey
    }

    /// Whose idempotency keys and whose share of the server: an API key is somebody of its own.
    package var actor: Int64 { apiKey?.rawValue ?? memberID.rawValue }
    /// Who it was, for the books.
    package var actorName: String { apiKey?.description ?? memberID.description }

    package func has(_ role: Role) -> Bool { roles.contains(role) }
    /// May see the operators' pages.
    package var isStaff: Bool { !roles.isDisjoint(with: [.operator, .finance, .admin]) }
}

/// What a request brings to prove who it comes from.
package enum Credential: Hashable, Sendable {
    /// `Authorization: Bearer …`: an access token or an API key.
    case bearer(String)
    /// The cookie of the pages.
    case cookie(String)
}

/// Turns a credential into a session; Identity provides it.
package struct Authenticator: Sendable {
    /// nil if the credential is expired, revoked or was never any good.
    package let authenticate: @Sendable (Credential) async throws -> Session?

    package init(_ authenticate: @escaping @Sendable (Credential) async throws -> Session?) {
        self.authenticate = authenticate
    }

    /// Knows nobody.
    package static let none = Authenticator { _ in nil }
}
