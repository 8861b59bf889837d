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
    let news = NewsBoard(hasOthers: !SQLiteConnection.isOnlyWriter)

    private let writes: WorkQueue<any PendingWrite>
    private let readers: SQLiteReaders
    private let surveys: WorkQueue<any PendingReading>
    private let threads: [ThreadEnd]
    private let lock: FileLock?
    private let meter = WorkloadMeter()
    var workload: Workload { meter.workload }

    init(
        path: String, timekeeper: Timekeeper, options: Database.Options, logger: Logger
    ) throws {
        lock = options.readOnly ? nil : try FileLock(path: path + ".lock", database: path)
        writes = WorkQueue(limit: options.queueLimit)
        var writer: SQLiteWriter?
        if !options.readOnly {
            writer = SQLiteWriter(
                connection: try SQLiteConnection(path: path, readOnly: false, halt: options.halt),
                timekeeper: timekeeper, meter: meter, news: news, logger: logger)
        }
        readers = SQLiteReaders(
            try (0..<options.readers).map { _ in
                SQLiteReader(
                    connection: try SQLiteConnection(path: path, readOnly: true),
                    timekeeper: timekeeper)
            }, queueLimit: options.queueLimit)
        var threads: [ThreadEnd] = []
        if let writer {
            let queue = writes
            threads.append(startThread("kontor-writer") { writer.serve(queue) })
        }
        let queue = WorkQueue<any PendingReading>(limit: options.queueLimit)
        for _ in 0..<options.surveyors {
            let surveyor = SQLiteReader(
                connection: try SQLiteConnection(path: path, readOnly: true),
                timekeeper: timekeeper)
            threads.append(startThread("kontor-surveyor") { surveyor.serve(queue) })
        }
        surveys = queue
        self.threads = threads
    }

    func submit(_ body: any PendingWrite) {
        if !writes.push(body) { body.failed(StoreError.unavailable("the write queue is full")) }
    }

    func submitRead(_ body: any PendingReading) {
        readers.run(body)
    }

    func submitSurvey(_ body: any PendingReading) {
        if !surveys.push(body) { body.failed(StoreError.unavailable("the read queue is full")) }
    }

    func render(_ step: DDL) -> [SQL] { step.sqlite().map { SQL(text: $0) } }

    func close() async {
        writes.close()
        surveys.close()
        await readers.close()
        for thread in threads { await thread.wait() }
        lock?.release()
    }
}

/// The writer thread's state.
private final class SQLiteWriter: @unchecked Sendable {
    // Safe because after `init` only the writer thread touches it.
    private let connection: SQLiteConnection
    private let commits: GroupCommit
    /// Bounded, so that the first of a long queue does not wait for the last.
    private static let most = 256

    init(
        connection: SQLiteConnection, timekeeper: Timekeeper, meter: WorkloadMeter,
        news: NewsBoard, logger: Logger
    ) {
        self.connection = connection
        commits = GroupCommit(
            connection: connection, timekeeper: timekeeper, meter: meter, news: news,
            logger: logger)
    }

    func serve(_ queue: WorkQueue<any PendingWrite>) {
        while true {
            let batch = queue.drain(most: Self.most)
            if batch.isEmpty { break }
            commits.run(batch, most: Self.most) { queue.join(most: $0) }
        }
        // What is in the log goes into the file: a closed database is one file, ready to be copied.
        try? connection.command("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
    }
}
