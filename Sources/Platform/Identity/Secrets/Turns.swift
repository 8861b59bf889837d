import Synchronization

/// Lets one at a time do something with the same thing, on this node.
///
/// Wrong passwords are counted after the slow comparison, under the lock of the member's row. Without
/// turns a thousand guesses sent at once would all be compared before the first is counted: none of
/// them would let in, and the processor would be busy for a minute.
final class Turns<Key: Hashable & Sendable>: Sendable {
    private let waiting = Mutex<[Key: [CheckedContinuation<Void, Never>]]>([:])

    func run<Value>(_ key: Key, _ body: () async throws -> Value) async rethrows -> Value {
        await take(key)
        defer { give(key) }
        return try await body()
    }

    private func take(_ key: Key) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                if waiting[key] == nil {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func give(_ key: Key) {
        let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
            guard let queue = waiting[key], let first = queue.first else {
                waiting[key] = nil
                return nil
            }
            waiting[key] = Array(queue.dropFirst())
            return first
        }
        next?.resume()
    }
}
