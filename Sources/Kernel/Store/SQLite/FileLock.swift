import Foundation
import Synchronization

/// `<database>.lock`: held by the one process that may write to a SQLite file. The kernel drops it
/// when the process dies, however it dies.
final class FileLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(path: String, database: String) throws {
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw StoreError.unavailable("cannot open \(path)") }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            Foundation.close(file)
            throw StoreError.lockedByAnotherProcess(path: database)
        }
        descriptor = Mutex(file)
    }

    func release() {
        descriptor.withLock { file in
            if file >= 0 {
                // A child that is just being started may hold a copy of the descriptor for a moment;
                // closing ours alone would leave the lock to it.
                flock(file, LOCK_UN)
                Foundation.close(file)
            }
            file = -1
        }
    }

    deinit { release() }
}
