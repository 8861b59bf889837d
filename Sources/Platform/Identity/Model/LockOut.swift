import Basics

/// Counts wrong secrets; the fifth in a row locks for a quarter of an hour.
package struct LockOut: Hashable, Sendable {
    static let limit = 5
    static let duration = Duration.minutes(15)

    private(set) var failures: Int
    private(set) var until: Instant?

    init(failures: Int = 0, until: Instant? = nil) {
        self.failures = failures
        self.until = until
    }

    /// - Throws: `problem` with the seconds that are left, while it is locked.
    func check(at now: Instant, _ problem: Problem) throws(Problem) {
        guard let until, now < until else { return }
        var problem = problem
        let left = (until - now).microseconds
        problem.parameters["retryAfter"] = .number((left + 999_999) / 1_000_000)
        throw problem
    }

    mutating func countFailure(at now: Instant) {
        failures += 1
        guard failures >= Self.limit else { return }
        failures = 0
        until = now + Self.duration
    }

    func triesLeft(at now: Instant) -> Int {
        if let until, now < until { return 0 }
        return Self.limit - failures
    }

    /// Whether a success has anything to clear.
    var isClear: Bool { failures == 0 && until == nil }

    mutating func clear() { self = LockOut() }
}
