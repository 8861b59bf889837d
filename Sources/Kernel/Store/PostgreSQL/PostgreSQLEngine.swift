#if PostgreSQL
    import Basics
    import Foundation
    import Logging
    import Synchronization

    /// PostgreSQL: each lane is a thread with a connection of its own. READ COMMITTED with the locks
    /// that the types ask for; a body that meets a deadlock or a serialization failure is run again.
    ///
    /// Bodies share commits here too, so that an account everybody pays into is locked once for many.
    /// One lane at a time is best at that: two batches would stand in each other's way. So a second
    /// lane begins only when work has waited for the first for a while: a body is slow, or the server
    /// is far away.
    final class PostgreSQLEngine: Engine {
        let name = "postgresql"
        /// The number is arbitrary; it only has to be the same on all nodes.
        let migrationLock: SQL? = "SELECT pg_advisory_xact_lock(7531880129)"

        private let writes: WorkQueue<any PendingWrite>
        private let reads: WorkQueue<any PendingReading>
        private let surveys: WorkQueue<any PendingReading>
        private let threads: [ThreadEnd]
        private let notifier: PostgreSQLNotifier?
        let news = NewsBoard(hasOthers: true)
        private let meter = WorkloadMeter()
        var workload: Workload { meter.workload }

        init(
            url: String, timekeeper: Timekeeper, options: Database.Options, logger: Logger
        ) throws {
            let writes = WorkQueue<any PendingWrite>(
                limit: options.queueLimit, patience: .milliseconds(25))
            let reads = WorkQueue<any PendingReading>(limit: options.queueLimit)
            let surveys = WorkQueue<any PendingReading>(limit: options.queueLimit)
            let (outage, meter, news) = (Outage(), meter, news)
            var threads: [ThreadEnd] = []
            func start(
                _ count: Int, _ serve: @escaping @Sendable (PostgreSQLLane) -> Void
            ) throws {
                for _ in 0..<count {
                    let lane = PostgreSQLLane(
                        connection: try PostgreSQLConnection(
                            url: url, patience: options.answerTimeout),
                        outage: outage, timekeeper: timekeeper, meter: meter, news: news,
                        logger: logger)
                    threads.append(startThread("kontor-lane-\(threads.count)") { serve(lane) })
                }
            }
            if !options.readOnly { try start(options.lanes) { $0.serve(writes) } }
            try start(options.readers) { $0.serve(reads) }
            try start(options.surveyors) { $0.serve(surveys) }
            // One that only reads tells nothing and makes no ids.
            notifier =
                options.readOnly
                ? nil : try PostgreSQLNotifier(url: url, board: news, logger: logger)
            if let notifier {
                threads.append(startThread("kontor-notifier") { notifier.serve() })
            }
            self.writes = writes
            self.reads = reads
            self.surveys = surveys
            self.threads = threads
        }

        func submit(_ body: any PendingWrite) {
            if !writes.push(body) { body.failed(StoreError.unavailable("the write queue is full")) }
        }

        func submitRead(_ body: any PendingReading) {
            if !reads.push(body) { body.failed(StoreError.unavailable("the read queue is full")) }
        }

        func submitSurvey(_ body: any PendingReading) {
            if !surveys.push(body) { body.failed(StoreError.unavailable("the read queue is full")) }
        }

        func render(_ step: DDL) -> [SQL] { step.postgreSQL().map { SQL(text: $0) } }

        func close() async {
            writes.close()
            reads.close()
            surveys.close()
            notifier?.close()
            for thread in threads { await thread.wait() }
        }
    }

    /// That the server could not be reached a moment ago: who waits in a queue is told at once, and not
    /// after an attempt for each.
    private final class Outage: Sendable {
        private static let duration = Duration.milliseconds(300)

        private let state = Mutex<(error: any Error, until: ContinuousClock.Instant)?>(nil)

        /// - Throws: what was the matter a moment ago.
        func check() throws {
            if let (error, until) = state.withLock({ $0 }), .now < until { throw error }
        }

        func begin(_ error: any Error) {
            state.withLock { $0 = (error, .now + Self.duration) }
        }
    }

    /// A lane thread's state.
    private final class PostgreSQLLane: @unchecked Sendable {
        // Safe because after `init` only its own thread touches it.
        private let connection: PostgreSQLConnection
        private let outage: Outage
        private let commits: GroupCommit
        private let timekeeper: Timekeeper
        private let logger: Logger
        /// How many bodies share a commit at most: fewer when they meet locks of others, and step by
        /// step more again.
        private var most = 64

        init(
            connection: PostgreSQLConnection, outage: Outage, timekeeper: Timekeeper,
            meter: WorkloadMeter, news: NewsBoard, logger: Logger
        ) {
            self.connection = connection
            self.outage = outage
            self.timekeeper = timekeeper
            self.logger = logger
            commits = GroupCommit(
                connection: connection, timekeeper: timekeeper, meter: meter, news: news,
                logger: logger)
        }

        func serve(_ queue: WorkQueue<any PendingWrite>) {
            var isBack = false
            while true {
                let batch = queue.drain(most: most, isBack: isBack)
                if batch.isEmpty { return }
                isBack = true
                do {
                    try reconnectIfNeeded()
                } catch {
                    for body in batch { body.failed(error) }
                    continue
                }
                let stayedTogether = commits.run(batch, most: most) { queue.join(most: $0) }
                most = stayedTogether ? min(most + 1, 256) : max(most / 2, 1)
            }
        }

        private func reconnectIfNeeded() throws {
            guard !connection.isUsable() else { return }
            try outage.check()
            logger.warning("the connection to PostgreSQL was lost; connecting again")
            do {
                try connection.reconnect()
            } catch {
                outage.begin(error)
                throw error
            }
        }

        func serve(_ queue: WorkQueue<any PendingReading>) {
            while let body = queue.drain(most: 1).first {
                do {
                    try reconnectIfNeeded()
                    try connection.beginReading()
                } catch {
                    body.failed(error)
                    continue
                }
                body.run(in: Snapshot(now: timekeeper.next(), connection: connection))
                connection.endReading()
            }
        }
    }
#endif
