import Basics
import Store

extension APIRequest {
    /// Whether this request's key has been used. A command that has to ask a gateway *before* its
    /// transaction does not ask again for a request that will only be replayed.
    package func wasPerformed(_ database: Database) async throws -> Bool {
        let command = CommandKey(
            actor: context.session?.actor ?? 0, key: try idempotencyKey,
            fingerprint: [])
        return try await database.read { try $0.outcome(of: command) } != nil
    }
}
