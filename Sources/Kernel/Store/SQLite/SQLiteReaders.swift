import Basics
import Synchronization

/// The connections that read. A body that reads runs at once on the thread that asks for it: most
/// take less time than waking another thread and being woken by it. Bodies beyond the number of
/// connections wait for the next that is given back.
final class SQLiteReaders: Sendable {
    private struct State {
        var free: [SQLiteReader]
        /// What waits, the oldest first; a slice gives up its first in no time.
        var waiting: ArraySlice<any PendingReading> = []
        var isClosed = false
    }

    private let state: Mutex<State>
    private let queueLimit: Int
    private let count: Int
    private let end = ThreadEnd()

    init(_ readers: [SQLiteReader], queueLimit: Int) {
        count = readers.count
        state = Mutex(State(free: readers))
        self.queueLimit = queueLimit
    }

    func run(_ body: any PendingReading) {
        enum Turn { case now(SQLiteReader), later, refused }
        let turn = state.withLock { state -> Turn in
            guard !state.isClosed, state.waiting.count < queueLimit else { return .refused }
            if let reader = state.free.popLast() { return .now(reader) }
            state.waiting.append(body)
            return .later
        }
        switch turn {
        case .now(let reader): run(body, andWhatWaits: reader)
        case .later: break
        case .refused: body.failed(StoreError.unavailable("the read queue is full"))
        }
    }

    private func run(_ body: any PendingReading, andWhatWaits reader: SQLiteReader) {
        var next: (any PendingReading)? = body
        while let body = next {
            reader.run(body)
            next = state.withLock { state in
                if let body = state.waiting.popFirst() { return body }
                state.free.append(reader)
                if state.isClosed && state.free.count == count { end.signal() }
                return nil
            }
        }
    }

    /// Lets what waits finish, and ends every connection's use of the file.
    func close() async {
        let isIdle = state.withLock { state in
            state.isClosed = true
            return state.free.count == count
        }
        if isIdle { end.signal() }
        await end.wait()
        for reader in state.withLock({ $0.free }) { reader.close() }
    }
}

/// A connection that reads, on loan to one thread at a time.
final class SQLiteReader: @unchecked Sendable {
    // Safe because only the thread that it is lent to touches it.
    private let connection: SQLiteConnection
    private let timekeeper: Timekeeper

    init(connection: SQLiteConnection, timekeeper: Timekeeper) {
        self.connection = connection
        self.timekeeper = timekeeper
    }

    func run(_ body: any PendingReading) {
        do {
            try connection.beginReading()
        } catch {
            return body.failed(error)
        }
        body.run(in: Snapshot(now: timekeeper.next(), connection: connection))
        connection.endReading()
    }

    /// Runs what comes to a queue until it is closed.
    func serve(_ queue: WorkQueue<any PendingReading>) {
        while let body = queue.drain(most: 1).first { run(body) }
        close()
    }

    func close() { connection.close() }
}
