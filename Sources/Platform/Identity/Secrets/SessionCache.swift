import Basics
import Synchronization
import Web

/// The sessions that were found good in the last seconds, by the credential that proved them.
///
/// What this node revokes leaves the cache with the commit; what another node revokes is good here
/// for as long as an entry is believed.
final class SessionCache: Sendable {
    private static let trust = Duration.seconds(5)
    private static let capacity = 20_000

    private struct Entry {
        let session: Session
        let expiresAt: Instant
        let checkedAt: ContinuousClock.Instant
    }
    private struct State {
        var entries: [Credential: Entry] = [:]
        /// Counts revocations: what was read before one must not be kept after it.
        var epoch = 0
    }
    private let state = Mutex(State())

    func session(_ credential: Credential, at now: Instant) -> Session? {
        state.withLock { state in
            guard let entry = state.entries[credential], now < entry.expiresAt,
                ContinuousClock.now - entry.checkedAt < Self.trust
            else { return nil }
            return entry.session
        }
    }

    /// To be asked before reading what is to be kept.
    var epoch: Int { state.withLock { $0.epoch } }

    func keep(_ session: Session, _ credential: Credential, until expiresAt: Instant, epoch: Int) {
        let entry = Entry(session: session, expiresAt: expiresAt, checkedAt: .now)
        state.withLock { state in
            guard state.epoch == epoch else { return }
            if state.entries.count >= Self.capacity { state.entries.removeAll() }
            state.entries[credential] = entry
        }
    }

    func forget(_ session: ID<Session>) { forget { $0.id == session } }

    func forget(member: ID<Member>) { forget { $0.memberID == member } }

    private func forget(where matches: (Session) -> Bool) {
        state.withLock { state in
            state.epoch += 1
            state.entries = state.entries.filter { !matches($0.value.session) }
        }
    }
}
