import Basics
import Store
import Synchronization
import Web

/// The sessions that were found good in the last seconds, by the credential that proved them.
///
/// What this node revokes leaves the cache with the commit, and other nodes are told; what they revoke
/// leaves it when they tell. Without news from them nothing is kept, and should news be lost on their
/// way an entry is believed for seconds only.
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
    private let news: NewsBoard

    init(news: NewsBoard) {
        self.news = news
        news.listen { [weak self] in self?.hear($0) }
    }

    func session(_ credential: Credential, at now: Instant) -> Session? {
        guard news.isComplete else { return nil }
        return state.withLock { state in
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

    func forget(_ session: ID<Session>) {
        news.announce("\(session)")
    }

    func forget(member: ID<Member>) {
        news.announce("\(member)")
    }

    /// This node's own news, too: by the time `forget` is back, they have been heard.
    private func hear(_ news: NewsBoard.News) {
        switch news {
        case .missed: forget { _ in true }
        case .told(let text):
            if let session = ID<Session>(text) { forget { $0.id == session } }
            if let member = ID<Member>(text) { forget { $0.memberID == member } }
        }
    }

    private func forget(where matches: (Session) -> Bool) {
        state.withLock { state in
            state.epoch += 1
            state.entries = state.entries.filter { !matches($0.value.session) }
        }
    }
}
