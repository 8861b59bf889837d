import Basics
import Store
import Web

extension Identity {
    /// New tokens for the newest refresh token; the end of the session for an older one.
    package func refresh(_ token: String) async throws -> Tokens {
        let key = try await keyring.keys().refresh
        guard let token = RefreshToken(token, key: key) else { throw Problem.refreshTokenInvalid }
        let sessions = sessions
        let now = database.clock.unmoved
        let (session, profile) = try await database.write { tx in
            guard var session = try tx.lockSession(token.session),
                session.value.isGood(at: now), session.value.kind == .token
            else { throw Problem.refreshTokenInvalid }
            guard token.rotation == session.rotations else {
                // It was used before: the owner and somebody else hold tokens of this session.
                session.revokedAt = tx.now
                try tx.save(session)
                tx.afterCommit { sessions.forget(token.session) }
                throw tx.refuse(.refreshTokenInvalid)
            }
            guard let profile = try tx.profile(of: session.member), profile.status == .active else {
                throw Problem.refreshTokenInvalid
            }
            session.rotations += 1
            session.expiresAt = now + SessionRecord.lifetime
            try tx.save(session)
            return (session.value, profile)
        }
        return try await tokens(for: session, profile)
    }
}
