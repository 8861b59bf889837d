#if PostgreSQL
    import Basics
    import Foundation
    import Logging

    /// PostgreSQL: each lane is a thread with a connection of its own. READ COMMITTED with the locks
    /// that the types ask for; a body that meets a deadlock or a serialization failure is run again.
    final class PostgreSQLEngine: Engine {
        let name = "postgresql"
        /// The number is arbitrary; it only has to be the same on all nodes.
        let migrationLock: SQL? = "SELECT pg_advisory_xact_lock(7531880129)"

        private let writes: WorkQueue<any PendingWrite>
        private let reads: WorkQueue<any PendingReading>
        private let threads: [ThreadEnd]
        private let meter = WorkloadMeter()
        var workload: Workload { meter.workload }

        init(
            url: String, timekeeper: Timekeeper, options: Database.Options, logger: Logger
        ) throws {
            let writes = WorkQueue<any PendingWrite>(limit: options.queueLimit)
            let reads = WorkQueue<any PendingReading>(limit: options.queueLimit)
            var threads: [ThreadEnd] = []
            let lanes = options.readOnly ? 0 : options.lanes
            for index in 0..<(lanes + options.readers) {
                let lane = PostgreSQLLane(
                    url: url, connection: try PostgreSQLConnection(url: url),
                    timekeeper: timekeeper, meter: meter, logger: logger)
                threads.append(
                    startThread("kontor-lane-\(index)") {
                        if index < lanes { lane.serve(writes) } else { lane.serve(reads) }
                    })
            }
            self.writes = writes
            self.reads = reads
            self.threads = threads
        }

        func submit(_ body: any PendingWrite) {
            if !writes.push(body) { body.failed(StoreError.unavailable("the write queue is full")) }
        }

        func submitRead(_ body: any PendingReading) {
            if !reads.push(body) { body.failed(StoreError.unavailable("the read queue is full")) }
        }

        func render(_ step: DDL) -> [SQL] { step.postgreSQL().map { SQL(stringLiteral: $0) } }

        func close() async {
            writes.close()
            reads.close()
            for thread in threads { await thread.wait() }
        }
    }

    /// A lane thread's state.
    private final class PostgreSQLLane: @unchecked Sendable {
        // Safe because after `init` only its own thread touches it.
        private let url: String
        private var connection: PostgreSQLConnection
        private let timekeeper: Timekeeper
        private let meter: WorkloadMeter
        private let logger: Logger
        private static let attempts = 20

        init(
            url: String, connection: PostgreSQLConnection, timekeeper: Timekeeper,
            meter: WorkloadMeter, logger: Logger
        ) {
            self.url = url
            self.connection = connection
            self.timekeeper = timekeeper
            self.meter = meter
            self.logger = logger
        }

        func serve(_ queue: WorkQueue<any PendingWrite>) {
            while let body = queue.drain(most: 1).first {
                do {
                    try commit(body)
                    meter.committed(bodies: 1)
                    body.committed()
                } catch {
                    body.failed(error)
                }
            }
        }

        private func commit(_ body: any PendingWrite) throws {
            for attempt in 1...Self.attempts {
                do {
                    try reconnectIfNeeded()
                    try connection.command("BEGIN")
                    try body.run(in: Transaction(now: timekeeper.next(), connection: connection))
                    return try connection.commit()
                } catch is RetryTransaction {
                    rollback()
                    // Two bodies that met once would meet again: wait a little, each its own time.
                    usleep(UInt32.random(in: 0..<UInt32(1_000 * attempt)))
                } catch {
                    rollback()
                    throw error
                }
            }
            throw StoreError.unavailable("too many conflicts")
        }

        func serve(_ queue: WorkQueue<any PendingReading>) {
            while let body = queue.drain(most: 1).first {
                do {
                    try reconnectIfNeeded()
                    try connection.command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                } catch {
                    body.failed(error)
                    continue
                }
                body.run(in: Snapshot(now: timekeeper.next(), connection: connection))
                rollback()
            }
        }

        private func rollback() {
            guard connection.isConnected, !connection.isIdle else { return }
            try? connection.command("ROLLBACK")
        }

        private func reconnectIfNeeded() throws {
            guard !connection.isConnected else { return }
            logger.warning("the connection to PostgreSQL was lost; connecting again")
            connection = try PostgreSQLConnection(url: url)
        }
    }
#endif
