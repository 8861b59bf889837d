import Basics

/// Something to be done later, once, at a time that survives restarts.
///
/// A job is named by its kind (which handler) and key (which thing: an order's id, a phone number).
/// At most one job of a kind and key is open; when it is done another may be scheduled.
package struct Job: Entity, Hashable, Sendable {
    package static let prefix = "job"

    package let id: ID<Job>
    package let kind: String
    package let key: String
    package let payload: String
    package let dueAt: Instant
    /// How often it was started since it was scheduled.
    package let attempts: Int
    package let lastError: String?
    /// Counts how often it was scheduled again while open, so that a worker that has just run the
    /// older version does not mark the newer one done.
    let revision: Int64
    let leaseUntil: Instant
}

/// What a handler is told about the job it runs.
package struct JobContext: Sendable {
    package let kind: String
    package let key: String
    package let payload: String
    package let dueAt: Instant
    /// 1 for the first time.
    package let attempt: Int

    package init(kind: String, key: String, payload: String, dueAt: Instant, attempt: Int) {
        self.kind = kind
        self.key = key
        self.payload = payload
        self.dueAt = dueAt
        self.attempt = attempt
    }
}

/// Thrown by a task that is not finished and did not fail either, such as a poll with no news yet.
package struct Reschedule: Error, Sendable {
    package let after: Duration
    package init(after: Duration) { self.after = after }
}

/// How long a failed job waits: twice as long each time, up to a cap. It is never given up; a handler
/// that wants an end to it looks at `attempt` and returns.
package struct BackOff: Hashable, Sendable {
    package let first: Duration
    package let cap: Duration

    package init(first: Duration, cap: Duration) {
        self.first = first
        self.cap = cap
    }

    package static let standard = BackOff(first: .seconds(1), cap: .minutes(10))

    package func delay(afterAttempt attempt: Int) -> Duration {
        min(cap, first * (1 << min(max(attempt - 1, 0), 30)))
    }
}
