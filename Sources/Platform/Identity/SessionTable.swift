import Basics
import Store
import Web

/// A good session with the member it belongs to.
struct LiveSession: Sendable {
    let session: Session
    let expiresAt: Instant
}

extension Snapshot {
    /// The session, if it is good at `now` and its member is not locked.
    func liveSession(_ id: ID<Session>, at now: Instant) throws -> LiveSession? {
        try liveSession(where: "s.id = \(id) AND s.kind = \(SessionRecord.Kind.token)", at: now)
    }

    func liveSession(cookieHash: [UInt8], at now: Instant) throws -> LiveSession? {
        try liveSession(where: "s.cookie_hash = \(cookieHash)", at: now)
    }

    private func liveSession(where condition: SQL, at now: Instant) throws -> LiveSession? {
        try first(
            """
            SELECT s.id, s.member_id, m.username, m.roles, s.expires_at
            FROM member_session s JOIN member m ON m.id = s.member_id
            WHERE \(condition) AND s.revoked_at IS NULL AND s.expires_at > \(now)
                AND m.status = \(Profile.Status.active)
            """
        ) { row in
            LiveSession(
                session: Session(
                    id: try row[0], memberID: try row[1], username: try row[2],
                    roles: try (row[3] as RoleList).roles),
                expiresAt: try row[4])
        }
    }
}

extension Transaction {
    func insert(_ session: SessionRecord) throws {
        try run(
            """
            INSERT INTO member_session
                (id, member_id, kind, cookie_hash, rotations, created_at, expires_at)
            VALUES (\(session.id), \(session.member), \(session.kind), \(session.cookieHash),
                \(session.rotations), \(session.createdAt), \(session.expiresAt))
            """)
    }

    func lockSession(_ id: ID<Session>) throws -> Locked<SessionRecord>? {
        try lock(
            """
            SELECT id, member_id, kind, cookie_hash, rotations, created_at, expires_at, revoked_at
            FROM member_session WHERE id = \(id)
            """, SessionRecord.init)
    }

    func save(_ session: Locked<SessionRecord>) throws {
        try run(
            """
            UPDATE member_session SET rotations = \(session.rotations),
                expires_at = \(session.expiresAt), revoked_at = \(session.revokedAt)
            WHERE id = \(session.value.id)
            """)
    }

    func forgetSessions(endedBefore instant: Instant, most: Int) throws {
        try run(
            """
            DELETE FROM member_session WHERE id IN (
                SELECT id FROM member_session WHERE expires_at < \(instant)
                ORDER BY expires_at, id LIMIT \(most))
            """)
    }

    /// Ends everything a member is logged in with.
    func revokeSessions(of member: ID<Member>) throws {
        try run(
            """
            UPDATE member_session SET revoked_at = \(now)
            WHERE member_id = \(member) AND revoked_at IS NULL
            """)
    }
}

extension SessionRecord {
    init(row: Row) throws {
        id = try row[0]
        member = try row[1]
        kind = try row[2]
        cookieHash = try row[3]
        rotations = try row[4]
        createdAt = try row[5]
        expiresAt = try row[6]
        revokedAt = try row[7]
    }
}
