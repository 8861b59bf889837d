import Synchronization

/// What wakes an open stream. It remembers that it was called and not how often, so a client that is
/// slow makes no queue: when it is ready again it gets things as they are then.
final class LiveListener: Sendable {
    struct Calls: OptionSet, Sendable {
        let rawValue: Int

        /// Something may have changed.
        static let news = Calls(rawValue: 1)
        /// It is time to show that somebody is there.
        static let beat = Calls(rawValue: 2)
        static let end = Calls(rawValue: 4)
    }

    private struct State {
        var calls: Calls = []
        var waiting: CheckedContinuation<Calls, Never>?
    }
    private let state = Mutex(State())

    /// - Returns: false if it has not come to the last call of this kind yet.
    @discardableResult
    func call(_ call: Calls) -> Bool {
        let (waiting, isNew) = state.withLock {
            state -> (CheckedContinuation<Calls, Never>?, Bool) in
            defer { state.waiting = nil }
            // The end stays: whoever comes afterwards is not kept waiting.
            guard state.waiting == nil || call.contains(.end) else { return (state.waiting, true) }
            return (state.waiting, state.calls.insert(call).inserted)
        }
        waiting?.resume(returning: call)
        return isNew
    }

    /// What it was called for since the last time; waits until it is something.
    func calls() async -> Calls {
        await withCheckedContinuation { continuation in
            let calls = state.withLock { state -> Calls in
                if state.calls.isEmpty { state.waiting = continuation }
                defer { state.calls.formIntersection(.end) }
                return state.calls
            }
            if !calls.isEmpty { continuation.resume(returning: calls) }
        }
    }
}
