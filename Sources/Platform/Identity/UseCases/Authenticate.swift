import Basics
import JWTKit
import Store
import Web

extension Identity {
    /// What Web asks for every request that brings a credential.
    package var authenticator: Authenticator {
        Authenticator { [self] credential in try await authenticate(credential) }
    }

    func authenticate(_ credential: Credential) async throws -> Session? {
        let now = database.clock.unmoved
        if let session = sessions.session(credential, at: now) { return session }
        let epoch = sessions.epoch
        guard let live = try await liveSession(credential, at: now) else { return nil }
        sessions.keep(live.session, credential, until: live.expiresAt, epoch: epoch)
        return live.session
    }

    private func liveSession(_ credential: Credential, at now: Instant) async throws
        -> LiveSession?
    {
        switch credential {
        case .bearer(let text) where APIKeySecret.isOne(text):
            return try await database.read { try $0.liveKey(hash: Self.cookieHash(text)) }
        case .bearer(let text):
            let keys = try await keyring.keys()
            guard let token = try? await keys.access.verify(text, as: AccessToken.self),
                now < token.expiresAt, let id = token.session,
                let live = try await database.read({ try $0.liveSession(id, at: now) })
            else { return nil }
            return LiveSession(
                session: live.session, expiresAt: min(live.expiresAt, token.expiresAt))
        case .cookie(let value):
            let hash = Self.cookieHash(value)
            return try await database.read { try $0.liveSession(cookieHash: hash, at: now) }
        }
    }
}
