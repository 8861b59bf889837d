import CSQLite
import Foundation
import Synchronization

/// A disk under one SQLite database that breaks at its nth sector, sync or truncation.
///
/// It stands between SQLite and the real file system, for this database's files alone. What was
/// written since the last sync of a file is remembered, so that a loss of power can take it back.
package final class FaultyDisk: Sendable {
    package enum Fault: String, CaseIterable, Sendable {
        /// One operation fails and the next works again.
        case error
        /// The disk is full from there on, until space is made.
        case full
        /// The power goes: nothing works any more, and of what was not synced all, some or none is
        /// lost.
        case powerLostAll, powerLostSome, powerLostNothing

        package var endsTheProcess: Bool { self != .error && self != .full }
    }

    private struct Write {
        let file: String
        let offset: Int64
        let old: [UInt8]
        let oldSize: Int64
        let new: [UInt8]
    }

    private struct State {
        var operations = 0
        var calls = 0
        var failAt: Int?
        var fault = Fault.error
        var isDead = false
        var unsynced: [Write] = []
    }

    private let path: String
    private let state = Mutex(State())

    private static let disks = Mutex<[String: FaultyDisk]>([:])
    private static let isInstalled: Bool = installFaultyVFS()

    /// Puts itself under the database at `path`, which must not be open yet.
    package init(under path: String) {
        self.path = path
        _ = Self.isInstalled
        Self.disks.withLock { $0[path] = self }
    }

    package func remove() { Self.disks.withLock { $0[path] = nil } }

    var isDead: Bool { state.withLock { $0.isDead } }

    /// The operations since `breakAt`.
    package var operations: Int { state.withLock { $0.operations } }

    /// How often a write, of any number of sectors, or a sync was asked for since `breakAt`.
    package var calls: Int { state.withLock { $0.calls } }

    /// Counts from here, and breaks at the nth operation; nil never.
    package func breakAt(_ number: Int?, _ fault: Fault) {
        state.withLock {
            $0.operations = 0
            $0.calls = 0
            $0.failAt = number
            $0.fault = fault
        }
    }

    /// Space is made on a full disk.
    package func repair() {
        state.withLock {
            $0.failAt = nil
            $0.isDead = false
        }
    }

    /// After the process is gone: takes back what was not synced, but for what chance has let through.
    package func losePower() throws {
        let fault = state.withLock { $0.fault }
        let lost = state.withLock { state in
            defer { state.unsynced = [] }
            // The last connection deletes the log when everything in it is synced elsewhere.
            return state.unsynced.filter { FileManager.default.fileExists(atPath: $0.file) }
        }
        for write in lost.reversed() {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: write.file))
            try file.seek(toOffset: UInt64(write.offset))
            try file.write(contentsOf: write.old)
            try file.truncate(atOffset: UInt64(write.oldSize))
            try file.close()
        }
        for write in lost
        where fault == .powerLostNothing || fault == .powerLostSome && Bool.random() {
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: write.file))
            try file.seek(toOffset: UInt64(write.offset))
            // Nothing new is a truncation.
            if write.new.isEmpty {
                try file.truncate(atOffset: UInt64(write.offset))
            } else {
                try file.write(contentsOf: write.new)
            }
            try file.close()
        }
        repair()
    }

    // MARK: What the file system asks

    static func disk(of file: String) -> FaultyDisk? {
        disks.withLock { disks in
            if let disk = disks[file] { return disk }
            return file.hasSuffix("-wal") ? disks[String(file.dropLast(4))] : nil
        }
    }

    func isCalled() { state.withLock { $0.calls += 1 } }

    /// - Returns: the error with which an operation fails, or nil.
    func fails(sync: Bool) -> Int32? {
        state.withLock { state in
            state.operations += 1
            if state.operations == state.failAt {
                state.isDead = state.fault != .error
            } else if !state.isDead {
                return nil
            }
            if state.fault == .full { return sync ? nil : SQLITE_FULL }
            return sync ? SQLITE_IOERR | (4 << 8) : SQLITE_IOERR | (3 << 8)
        }
    }

    func remember(file: String, offset: Int64, old: [UInt8], oldSize: Int64, new: [UInt8]) {
        state.withLock {
            $0.unsynced.append(
                Write(file: file, offset: offset, old: old, oldSize: oldSize, new: new))
        }
    }

    func synced(_ file: String) { state.withLock { $0.unsynced.removeAll { $0.file == file } } }
}
