import Basics
import Store
import Web

extension APIKeyRecord {
    fileprivate static let columns: SQL =
        "id, name, roles, prefix, created_by, created_at, revoked_at"

    fileprivate init(row: Row) throws {
        id = try row[0]
        name = try row[1]
        roles = try (row[2] as RoleList).roles
        prefix = try row[3]
        createdBy = try row[4]
        createdAt = try row[5]
        revokedAt = try row[6]
    }
}

extension Snapshot {
    /// The key with this hash, if it is good and whoever made it is not locked. It may do what both
    /// of them may.
    func liveKey(hash: [UInt8]) throws -> LiveSession? {
        try first(
            """
            SELECT k.id, k.created_by, m.username, k.roles, m.roles
            FROM api_key k JOIN member m ON m.id = k.created_by
            WHERE k.secret_hash = \(hash) AND k.revoked_at IS NULL
                AND m.status = \(Profile.Status.active)
            """
        ) { row in
            let key: ID<APIKey> = try row[0]
            let own = try (row[3] as RoleList).roles
            let makers = try (row[4] as RoleList).roles
            return LiveSession(
                session: Session(
                    id: ID(rawValue: key.rawValue), memberID: try row[1], username: try row[2],
                    roles: own.intersection(makers), apiKey: key),
                expiresAt: Instant(microseconds: .max))
        }
    }

    /// All keys, the newest first.
    func apiKeys(_ page: PageRequest) throws -> Page<APIKeyRecord> {
        let rows = try rows(
            """
            SELECT \(APIKeyRecord.columns) FROM api_key WHERE id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """, APIKeyRecord.init)
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    func apiKeyCount() throws -> Int64 { try number("SELECT COUNT(*) FROM api_key") }
}

extension Transaction {
    func insert(_ key: APIKeyRecord, secretHash: [UInt8]) throws {
        try run(
            """
            INSERT INTO api_key (id, name, roles, prefix, secret_hash, created_by, created_at)
            VALUES (\(key.id), \(key.name), \(RoleList(key.roles)), \(key.prefix), \(secretHash),
                \(key.createdBy), \(key.createdAt))
            """)
    }

    /// Ends a key for good.
    /// - Returns: false if there is none, or it has ended before.
    func revokeKey(_ id: ID<APIKey>) throws -> Bool {
        try run("UPDATE api_key SET revoked_at = \(now) WHERE id = \(id) AND revoked_at IS NULL")
            == 1
    }

    func keyExists(_ id: ID<APIKey>) throws -> Bool {
        try number("SELECT COUNT(*) FROM api_key WHERE id = \(id)") > 0
    }
}
