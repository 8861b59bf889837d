import Basics
import CoreMetrics
import NIOCore
import Store
import Synchronization

/// How many streams there are at most, and how long each of them lives.
package struct LiveLimits: Sendable {
    /// What is sent when there is nothing to say. Proxies give up on a silent connection after 30
    /// seconds and more.
    package var heartbeat = TimeAmount.seconds(15)
    /// A client connects again afterwards; nodes that were added meanwhile get their share.
    package var life = Duration.minutes(10)
    /// Of one member. A browser opens six connections to a host over HTTP/1.1; two are left for pages.
    package var perMember = 4
    package var most = 10_000

    package init() {}
}

/// The streams of this node, and what each of them is about.
package final class LiveHub: Sendable {
    private struct State {
        var listeners: [String: [ObjectIdentifier: LiveListener]] = [:]
        var streams: [ID<Member>: Int] = [:]
        var count = 0
    }

    let limits: LiveLimits
    private let news: NewsBoard
    private let authenticator: Authenticator
    private let open: Meter
    private let state = Mutex(State())

    init(
        news: NewsBoard, authenticator: Authenticator, limits: LiveLimits,
        metrics: any MetricsFactory
    ) {
        self.news = news
        self.authenticator = authenticator
        self.limits = limits
        open = Meter(label: "http.server.event_streams", factory: metrics)
        news.listen { [weak self] in self?.hear($0) }
    }

    /// How many streams are open.
    package var count: Int { state.withLock { $0.count } }

    /// Whether nothing changes without a call. A node that hears nothing of others has to look.
    var hearsAll: Bool { news.isComplete }

    /// Who a credential is good for by now.
    func session(_ credential: Credential) async throws -> Session? {
        try await authenticator.authenticate(credential)
    }

    /// A place for one more stream, called by news of these ids. It is given back when it is let go of.
    /// - Throws: `too-many-requests` for this member, `unavailable` for all.
    func seat(of member: ID<Member>, about ids: [String]) throws -> LiveSeat {
        let listener = LiveListener()
        try state.withLock { state in
            let own = state.streams[member, default: 0]
            guard own < limits.perMember else { throw Problem.tooMany(retryAfter: 30) }
            guard state.count < limits.most else { throw Problem.unavailable(retryAfter: 30) }
            state.streams[member] = own + 1
            state.count += 1
            for id in ids {
                state.listeners[id, default: [:]][ObjectIdentifier(listener)] = listener
            }
        }
        open.increment()
        return LiveSeat(hub: self, member: member, ids: ids, listener: listener)
    }

    fileprivate func leave(_ seat: LiveSeat) {
        state.withLock { state in
            let left = state.streams[seat.member, default: 1] - 1
            state.streams[seat.member] = left > 0 ? left : nil
            state.count -= 1
            for id in seat.ids {
                state.listeners[id]?[ObjectIdentifier(seat.listener)] = nil
                if state.listeners[id]?.isEmpty == true { state.listeners[id] = nil }
            }
        }
        open.decrement()
    }

    private func hear(_ news: NewsBoard.News) {
        let called = state.withLock { state -> [LiveListener] in
            switch news {
            case .told(let id): state.listeners[id].map { Array($0.values) } ?? []
            case .missed: state.listeners.values.flatMap(\.values)
            }
        }
        for listener in called { listener.call(.news) }
    }
}

/// A stream's place among those that are open.
final class LiveSeat: Sendable {
    private let hub: LiveHub
    fileprivate let member: ID<Member>
    fileprivate let ids: [String]
    let listener: LiveListener

    fileprivate init(hub: LiveHub, member: ID<Member>, ids: [String], listener: LiveListener) {
        self.hub = hub
        self.member = member
        self.ids = ids
        self.listener = listener
    }

    deinit { hub.leave(self) }
}
