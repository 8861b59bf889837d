import Basics
import Hummingbird
import Store
import Web

struct APIKeyBody: Decodable, Sendable {
    var name: String
    /// `finance` unless told.
    var roles: [Role]?
}

struct APIKeyView: Codable, Sendable {
    var id: ID<APIKey>
    var name: String
    var roles: [Role]
    /// How the key begins.
    var prefix: String
    /// The key itself, only in the answer that makes it.
    var key: String?
    var createdBy: ID<Member>
    var createdAt: Instant
    var revokedAt: OrNull<Instant>

    init(_ record: APIKeyRecord, key: String? = nil) {
        id = record.id
        name = record.name
        roles = record.roles.sorted { $0.rawValue < $1.rawValue }
        prefix = record.prefix
        self.key = key
        createdBy = record.createdBy
        createdAt = record.createdAt
        revokedAt = OrNull(record.revokedAt)
    }
}

extension IdentityModule {
    func keyRoutes(_ api: API) {
        let identity = identity
        api.get(
            "/admin/api-keys", summary: "API keys, newest first", auth: .role(.admin),
            returns: ListView<APIKeyView>.self
        ) { request in
            let (page, total) = try await identity.keys(try request.page())
            return ListView(page, total: total) { APIKeyView($0) }
        }
        api.post(
            "/admin/api-keys", summary: "Makes an API key; it is shown only now",
            auth: .role(.admin), body: APIKeyBody.self, returns: APIKeyView.self, status: .created,
            problems: [.status(422, "api-key-name-invalid", "api-key-roles-invalid")]
        ) { request, body -> APIKeyView in
            let made = try await identity.makeKey(
                named: body.name, roles: Set(body.roles ?? [.finance]), by: try request.session)
            return APIKeyView(made.key, key: made.secret)
        }
        api.delete(
            "/admin/api-keys/{id}", summary: "Ends an API key", auth: .role(.admin), problems: [404]
        ) { request in
            try await identity.revokeKey(try request.id(ID<APIKey>.self))
        }
    }
}
