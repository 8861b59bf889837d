import Synchronization

/// What nodes that share a database tell each other after their commits: that something has changed
/// which another may have in memory, or show somebody. A piece of news is the id of what has changed.
///
/// News are hints, sent by nobody's transaction and lost with a connection; what is true stands in
/// rows. Whoever rests on them asks `isComplete` first and clears its memory when some were `missed`.
package final class NewsBoard: Sendable {
    package enum News: Hashable, Sendable {
        case told(String)
        /// Nothing was heard for a while.
        case missed
    }

    private let listeners = Mutex<[@Sendable (News) -> Void]>([])
    private let outgoing = Mutex<(news: [String], wake: (@Sendable () -> Void)?)>(([], nil))
    private let hears: Atomic<Bool>
    /// Whether other nodes may use the database.
    let hasOthers: Bool

    /// Of others nothing is heard yet.
    init(hasOthers: Bool) {
        self.hasOthers = hasOthers
        hears = Atomic(!hasOthers)
    }

    /// Whether what other nodes tell arrives here.
    package var isComplete: Bool { hears.load(ordering: .acquiring) }

    /// `body` is called on a thread of the store and returns at once.
    package func listen(_ body: @escaping @Sendable (News) -> Void) {
        listeners.withLock { $0.append(body) }
    }

    /// Tells the other nodes, not this one. To be called after a commit; what is told while the last
    /// is under way travels together, and the same only once.
    package func tell(_ news: String) {
        let wake = outgoing.withLock { state -> (@Sendable () -> Void)? in
            guard let wake = state.wake, !state.news.contains(news) else { return nil }
            state.news.append(news)
            return state.news.count == 1 ? wake : nil
        }
        wake?()
    }

    /// Tells this node at once, and the others soon. To be called after a commit.
    package func announce(_ news: String) {
        hear(.told(news))
        tell(news)
    }

    /// Somebody carries news from now on.
    func carry(_ wake: @escaping @Sendable () -> Void) { outgoing.withLock { $0.wake = wake } }

    /// What is to be carried.
    func take() -> [String] {
        outgoing.withLock { state in
            defer { state.news = [] }
            return state.news
        }
    }

    func hear(_ news: News) { for listener in listeners.withLock({ $0 }) { listener(news) } }

    /// Nothing was missed from here on.
    func beginHearing() {
        hear(.missed)
        hears.store(true, ordering: .releasing)
    }

    func stopHearing() { hears.store(false, ordering: .releasing) }
}
