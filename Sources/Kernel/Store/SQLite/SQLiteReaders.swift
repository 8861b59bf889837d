import Basics
import Synchronization

/// The connections that read. A body that reads runs at once on the thread that asks for it: most
/// take less time than waking another thread and being woken by it. Bodies beyond the number of
/// connections wait for the next that is given back.
final class SQLiteReaders: Sendable {
    private struct State {
        var free: [Reader]
        /// What waits, the oldest last.
        var waiting: [any PendingReading] = []
        var isClosed = false
    }

    /// A connection on loan to one thread at a time.
    private struct Reader: @unchecked Sendable {
        // Safe because only who took it out of `free` touches it.
        let connection: SQLiteConnection

        func run(_ body: any PendingReading, _ timekeeper: Timekeeper) {
            do {
                try connection.beginReading()
            } catch {
                return body.failed(error)
            }
            body.run(in: Snapshot(now: timekeeper.next(), connection: connection))
            connection.endReading()
        }
    }

    private let state: Mutex<State>
    private let timekeeper: Timekeeper
    private let queueLimit: Int
    private let count: Int
    private let end = ThreadEnd()

    init(connections: sending [SQLiteConnection], timekeeper: Timekeeper, queueLimit: Int) {
        count = connections.count
        state = Mutex(State(free: connections.map { Reader(connection: $0) }))
        self.timekeeper = timekeeper
        self.queueLimit = queueLimit
    }

    func run(_ body: any PendingReading) {
        enum Turn { case now(Reader), later, refused }
        let turn = state.withLock { state -> Turn in
            guard !state.isClosed, state.waiting.count < queueLimit else { return .refused }
            if let reader = state.free.popLast() { return .now(reader) }
            state.waiting.insert(body, at: 0)
            return .later
        }
        switch turn {
        case .now(let reader): run(body, andWhatWaits: reader)
        case .later: break
        case .refused: body.failed(StoreError.unavailable("the read queue is full"))
        }
    }

    private func run(_ body: any PendingReading, andWhatWaits reader: Reader) {
        var next: (any PendingReading)? = body
        while let body = next {
            reader.run(body, timekeeper)
            next = state.withLock { state in
                if let body = state.waiting.popLast() { return body }
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
        for reader in state.withLock({ $0.free }) { reader.connection.close() }
    }
}
