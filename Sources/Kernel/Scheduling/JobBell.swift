import Synchronization

/// Wakes the workers of this process when a job was scheduled for now; those of other nodes find it
/// when they poll.
final class JobBell: Sendable {
    static let shared = JobBell()

    private let listeners = Mutex<[Int: @Sendable () -> Void]>([:])
    private let count = Atomic<Int>(0)

    func listen(_ wake: @escaping @Sendable () -> Void) -> Int {
        let token = count.add(1, ordering: .relaxed).newValue
        listeners.withLock { $0[token] = wake }
        return token
    }

    func stopListening(_ token: Int) {
        listeners.withLock { $0[token] = nil }
    }

    func ring() {
        for wake in listeners.withLock({ Array($0.values) }) { wake() }
    }
}
