import Basics
import Store
import Web

extension Identity {
    /// Ends one session; its tokens and cookie are worthless at once.
    package func logOut(_ session: ID<Session>) async throws {
        let sessions = sessions
        try await database.write { tx in
            guard var locked = try tx.lockSession(session), locked.value.revokedAt == nil else {
                return
            }
            locked.revokedAt = tx.now
            try tx.save(locked)
            tx.afterCommit { sessions.forget(session) }
        }
    }
}

extension Transaction {
    /// Ends every session of a member, here and, within seconds, on other nodes.
    func logOutEverywhere(_ member: ID<Member>, _ sessions: SessionCache) throws {
        try revokeSessions(of: member)
        afterCommit { sessions.forget(member: member) }
    }
}
