import Basics
import CSQLite
import Foundation
import Logging

/// SQLite with group commit: one thread owns the only connection that writes or checkpoints (older
/// versions can corrupt a WAL when two do), runs every queued body in one transaction, commits once,
/// and then answers all. It never waits for more and never sleeps on a timer, so a single client pays
/// one fsync and sixty-four share one.
final class SQLiteEngine: Engine {
    let name = "sqlite"
    let migrationLock: SQL? = nil

    private let writes: WorkQueue<any PendingWrite>
    private let reads: WorkQueue<any PendingReading>
    private let threads: [ThreadEnd]
    private let lock: FileLock?
    private let meter = WorkloadMeter()
    var workload: Workload { meter.workload }

    init(
        path: String, timekeeper: Timekeeper, options: Database.Options, logger: Logger
    ) throws {
        lock = options.readOnly ? nil : try FileLock(path: path + ".lock", database: path)
        writes = WorkQueue(limit: options.queueLimit)
        reads = WorkQueue(limit: options.queueLimit)
        var threads: [ThreadEnd] = []
        if !options.readOnly {
            let writer = SQLiteWriter(
                connection: try SQLiteConnection(path: path, readOnly: false),
                timekeeper: timekeeper, meter: meter, logger: logger)
            let queue = writes
            threads.append(startThread("kontor-writer") { writer.serve(queue) })
        }
        for _ in 0..<options.readers {
            let reader = SQLiteReader(
                connection: try SQLiteConnection(path: path, readOnly: true),
                timekeeper: timekeeper)
            let queue = reads
            threads.append(startThread("kontor-reader") { reader.serve(queue) })
        }
        self.threads = threads
    }

    func submit(_ body: any PendingWrite) {
        if !writes.push(body) { body.failed(StoreError.unavailable("the write queue is full")) }
    }

    func submitRead(_ body: any PendingReading) {
        if !reads.push(body) { body.failed(StoreError.unavailable("the read queue is full")) }
    }

    func render(_ step: DDL) -> [SQL] { step.sqlite().map { SQL(stringLiteral: $0) } }

    func close() async {
        writes.close()
        reads.close()
        for thread in threads { await thread.wait() }
        lock?.release()
    }
}

/// The writer thread's state.
private final class SQLiteWriter: @unchecked Sendable {
    // Safe because after `init` only the writer thread touches it.
    private let connection: SQLiteConnection
    private let timekeeper: Timekeeper
    private let meter: WorkloadMeter
    private let logger: Logger

    init(
        connection: SQLiteConnection, timekeeper: Timekeeper, meter: WorkloadMeter, logger: Logger
    ) {
        self.connection = connection
        self.timekeeper = timekeeper
        self.meter = meter
        self.logger = logger
    }

    func serve(_ queue: WorkQueue<any PendingWrite>) {
        while true {
            // Bounded, so that the first of a long queue does not wait for the last.
            let batch = queue.drain(most: 256)
            if batch.isEmpty { break }
            commit(batch)
        }
        // What is in the log goes into the file: a closed database is one file, ready to be copied.
        try? connection.command("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    }

    private func commit(_ batch: [any PendingWrite]) {
        var done: [any PendingWrite] = []
        var failed: [(any PendingWrite, any Error)] = []
        do {
            try connection.command("BEGIN IMMEDIATE")
            for body in batch {
                do {
                    try run(body, alone: batch.count == 1)
                    done.append(body)
                } catch {
                    failed.append((body, error))
                    // A full disk or lack of memory may have ended the transaction for everybody.
                    guard connection.isInTransaction else { throw error }
                }
            }
            try connection.command("COMMIT")
        } catch {
            abandon(error, batch: batch, alreadyFailed: failed)
            return
        }
        meter.committed(bodies: done.count)
        // Failures are answered after the commit too: what they report may rest on a neighbour.
        for body in done { body.committed() }
        for (body, error) in failed { body.failed(error) }
    }

    /// Runs one body so that its failure does not touch its neighbours.
    private func run(_ body: any PendingWrite, alone: Bool) throws {
        let tx = Transaction(now: timekeeper.next(), connection: connection)
        var hasSavepoint = false
        connection.beforeFirstWrite = { [connection] in
            try connection.command("SAVEPOINT body")
            hasSavepoint = true
        }
        defer { connection.beforeFirstWrite = nil }
        let start = ContinuousClock.now
        do {
            try body.run(in: tx)
        } catch {
            if hasSavepoint && connection.isInTransaction {
                try connection.command("ROLLBACK TO body")
                try connection.command("RELEASE body")
            }
            throw error
        }
        if hasSavepoint { try connection.command("RELEASE body") }
        let spent = ContinuousClock.now - start
        if spent > .milliseconds(10) {
            logger.debug("slow transaction body", metadata: ["took": "\(spent)"])
        }
    }

    private func abandon(
        _ error: any Error, batch: [any PendingWrite],
        alreadyFailed: [(any PendingWrite, any Error)]
    ) {
        if connection.lastErrorWasSync {
            // Nobody knows what is on the disk now. Start again from what it really holds.
            logger.critical("fsync failed; stopping so that recovery reads the disk")
            exit(74)
        }
        if connection.isInTransaction { try? connection.command("ROLLBACK") }
        logger.error("a batch could not be committed", metadata: ["error": "\(error)"])
        let own = Dictionary(alreadyFailed.map { (ObjectIdentifier($0.0), $0.1) }) { first, _ in
            first
        }
        for body in batch {
            body.failed(own[ObjectIdentifier(body)] ?? StoreError.unavailable("\(error)"))
        }
    }
}

/// A reader thread's state.
private final class SQLiteReader: @unchecked Sendable {
    // Safe because after `init` only its own thread touches it.
    private let connection: SQLiteConnection
    private let timekeeper: Timekeeper

    init(connection: SQLiteConnection, timekeeper: Timekeeper) {
        self.connection = connection
        self.timekeeper = timekeeper
    }

    func serve(_ queue: WorkQueue<any PendingReading>) {
        while let body = queue.drain(most: 1).first {
            do {
                try connection.command("BEGIN")
            } catch {
                body.failed(error)
                continue
            }
            body.run(in: Snapshot(now: timekeeper.next(), connection: connection))
            try? connection.command("COMMIT")
        }
    }
}
