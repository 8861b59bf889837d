import Dispatch
import Store

/// What two transactions that want the same came to.
package struct Collision<First, Second> {
    package let first: First
    package let second: Second
    /// Whether the second was waiting for a lock when the first committed. If not, nothing is shown.
    package let hasWaited: Bool
}

/// Runs `first` in a transaction that commits when `second`, which runs meanwhile, waits for a lock of it:
/// what `second` has read before it waited is out of date by then. For PostgreSQL; on SQLite nobody
/// begins before the other is through.
package func collide<First: Sendable, Second: Sendable>(
    _ database: Database, _ first: @escaping @Sendable (Transaction) throws -> First,
    with second: @escaping @Sendable () async throws -> Second
) async throws -> Collision<First, Second> {
    let (written, commit) = (AsyncStream<Void>.makeStream(), DispatchSemaphore(value: 0))
    async let firstResult = {
        defer { written.continuation.finish() }
        return try await database.write { tx in
            let result = try first(tx)
            written.continuation.finish()
            _ = commit.wait(timeout: .now() + .seconds(30))
            return result
        }
    }()
    for await _ in written.stream {}
    async let secondResult = second()
    let hasWaited = (try? await somebodyWaits(at: database)) ?? false
    commit.signal()
    return try await Collision(
        first: firstResult, second: secondResult, hasWaited: hasWaited)
}

/// Whether within ten seconds a transaction waits for another's lock.
private func somebodyWaits(at database: Database) async throws -> Bool {
    for _ in 0..<1_000 {
        let count = try await database.read {
            try $0.number(
                """
                SELECT COUNT(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """)
        }
        if count > 0 { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return false
}
