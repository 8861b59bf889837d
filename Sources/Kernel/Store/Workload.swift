import Synchronization

/// What a database has had to do since it was opened.
package struct Workload: Sendable {
    /// Transactions that were made durable, and the bodies in them.
    package private(set) var commits = 0
    package private(set) var bodies = 0
    /// How many commits carried so many bodies; a key is the least of its range (1, 2, 4, …).
    package private(set) var sizes: [Int: Int] = [:]

    package var bodiesPerCommit: Double { commits == 0 ? 0 : Double(bodies) / Double(commits) }

    /// What came after an earlier look.
    package func since(_ earlier: Workload) -> Workload {
        var rest = self
        rest.commits -= earlier.commits
        rest.bodies -= earlier.bodies
        for (size, count) in earlier.sizes { rest.sizes[size, default: 0] -= count }
        return rest
    }

    mutating func add(bodies count: Int) {
        guard count > 0 else { return }
        commits += 1
        bodies += count
        sizes[1 << (Int.bitWidth - 1 - count.leadingZeroBitCount), default: 0] += 1
    }
}

/// Counts what all writing threads of an engine do.
final class WorkloadMeter: Sendable {
    private let state = Mutex(Workload())

    var workload: Workload { state.withLock { $0 } }

    func committed(bodies count: Int) { state.withLock { $0.add(bodies: count) } }
}
