import Basics
import Store

extension Transaction {
    /// Sees to it that a job runs at `dueAt`. If one of this kind and key is open, it is moved there
    /// and gets the new payload.
    package func schedule(_ kind: String, _ key: String, at dueAt: Instant, payload: String = "")
        throws
    {
        try insert(
            kind, key, at: dueAt, payload: payload,
            onConflict: """
                (kind, key) WHERE done_at IS NULL DO UPDATE SET payload = excluded.payload,
                due_at = excluded.due_at, revision = job.revision + 1, attempts = 0
                """)
    }

    /// The same, but an open job stays as it is: for schedules that a module begins at every start.
    package func scheduleUnlessOpen(
        _ kind: String, _ key: String, at dueAt: Instant, payload: String = ""
    ) throws {
        try insert(
            kind, key, at: dueAt, payload: payload,
            onConflict: "(kind, key) WHERE done_at IS NULL DO NOTHING")
    }

    private func insert(
        _ kind: String, _ key: String, at dueAt: Instant, payload: String, onConflict: SQL
    ) throws {
        try run(
            """
            INSERT INTO job
                (id, kind, key, payload, due_at, revision, attempts, lease, lease_until)
            VALUES (\(ID<Job>.make()), \(kind), \(key), \(payload), \(dueAt), 1, 0, 0, 0)
            ON CONFLICT \(onConflict)
            """)
        if dueAt <= now { afterCommit { JobBell.shared.ring() } }
    }

    /// Takes an open job back; nothing happens if there is none. A task that is running ends as it
    /// will.
    package func unschedule(_ kind: String, _ key: String) throws {
        try run("DELETE FROM job WHERE kind = \(kind) AND key = \(key) AND done_at IS NULL")
    }
}

extension Snapshot {
    /// The open job of this kind and key.
    package func openJob(_ kind: String, _ key: String) throws -> Job? {
        try first(
            """
            SELECT \(Job.columns) FROM job
            WHERE kind = \(kind) AND key = \(key) AND done_at IS NULL
            """, Job.init)
    }

    /// Open jobs of these kinds that are due, the longest waiting first, leased or not.
    func dueJobs(_ kinds: [String], limit: Int) throws -> [Job] {
        try rows(
            """
            SELECT \(Job.columns) FROM job
            WHERE done_at IS NULL AND due_at <= \(now) AND kind IN \(list: kinds)
            ORDER BY due_at, id LIMIT \(limit)
            """, Job.init)
    }
}

/// A worker's right to run a job for a while; nobody else runs it meanwhile.
struct Lease: Sendable {
    static let duration = Duration.seconds(8)

    let job: Job
    let token: Int64
}

extension Transaction {
    /// Leases what is due and free, the longest waiting first. What another worker is just taking is
    /// passed over, so that many nodes share the work instead of waiting for each other.
    func claimDue(_ kinds: [String], limit: Int, except running: Set<ID<Job>>) throws -> [Lease] {
        let others: SQL = running.isEmpty ? "" : "AND id NOT IN \(list: running.sorted())"
        let free = try lockFree(
            """
            SELECT \(Job.columns) FROM job
            WHERE done_at IS NULL AND due_at <= \(now) AND lease_until <= \(now)
                AND kind IN \(list: kinds) \(others)
            ORDER BY due_at, id LIMIT \(limit)
            """, Job.init)
        guard !free.isEmpty else { return [] }
        let token = Int64.random(in: 1...Int64.max)
        try run(
            """
            UPDATE job SET lease = \(token), lease_until = \(now + Lease.duration),
                attempts = attempts + 1
            WHERE id IN \(list: free.map(\.value.id))
            """)
        return free.map { Lease(job: $0.value, token: token) }
    }

    /// A task that takes long keeps its lease by this.
    func renew(_ lease: Lease) throws {
        try run(
            """
            UPDATE job SET lease_until = \(now + Lease.duration)
            WHERE id = \(lease.job.id) AND lease = \(lease.token) AND done_at IS NULL
            """)
    }

    /// Whether the job is still the one that was leased.
    func holds(_ lease: Lease) throws -> Bool {
        try number(
            """
            SELECT COUNT(*) FROM job WHERE id = \(lease.job.id) AND lease = \(lease.token)
                AND revision = \(lease.job.revision) AND done_at IS NULL
            """) == 1
    }

    /// Marks the job done. If it was scheduled again meanwhile, or taken back, that stands.
    /// - Returns: false if the lease lapsed and another worker has the job now.
    func finish(_ lease: Lease) throws -> Bool {
        try end(lease, "done_at = \(now), last_error = NULL")
    }

    func postpone(_ lease: Lease, until dueAt: Instant, error: String?) throws {
        _ = try end(lease, "due_at = \(dueAt), last_error = \(error)")
    }

    private func end(_ lease: Lease, _ change: SQL) throws -> Bool {
        let changed = try run(
            """
            UPDATE job SET lease_until = 0, \(change)
            WHERE id = \(lease.job.id) AND lease = \(lease.token)
                AND revision = \(lease.job.revision) AND done_at IS NULL
            """)
        return try changed == 1 || letGo(lease)
    }

    func letGo(_ lease: Lease) throws -> Bool {
        let released = try run(
            """
            UPDATE job SET lease_until = 0
            WHERE id = \(lease.job.id) AND lease = \(lease.token) AND done_at IS NULL
            """)
        // No row at all: it was taken back, perhaps by the very body that ran as the job.
        return try released == 1
            || number("SELECT COUNT(*) FROM job WHERE id = \(lease.job.id)") == 0
    }

    /// For a database that one process has to itself: whoever held a lease is gone.
    func releaseAllLeases() throws {
        try run("UPDATE job SET lease_until = 0 WHERE done_at IS NULL AND lease_until > 0")
    }

    /// Deletes old finished jobs, a slice at a time.
    func pruneJobs(doneBefore limit: Instant, atMost count: Int) throws -> Int {
        try run(
            """
            DELETE FROM job WHERE id IN
                (SELECT id FROM job WHERE done_at IS NOT NULL AND done_at < \(limit) LIMIT \(count))
            """)
    }
}

extension Job {
    static let columns: SQL =
        "id, kind, key, payload, due_at, attempts, last_error, revision, lease_until"

    init(row: Row) throws {
        id = try row[0]
        kind = try row[1]
        key = try row[2]
        payload = try row[3]
        dueAt = try row[4]
        attempts = try row[5]
        lastError = try row[6]
        revision = try row[7]
        leaseUntil = try row[8]
    }
}
