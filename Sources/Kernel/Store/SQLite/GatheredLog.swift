import CSQLite
import Foundation
import Synchronization

// SQLite writes a commit to its log page by page, each with two calls of the system: some fifty for a
// batch. They are gathered here and become one when SQLite asks for the sync, which with
// `synchronous=FULL` it does before any reader is told that the log has grown. Whatever else is done
// to the log (a checkpoint reads it, a restart truncates it) finds everything written first.
//
// The interface is SQLite's own for file systems (sqlite.org/vfs.html): a file is a block of memory
// that begins with a table of functions.

/// The file system of connections that write: the default one, with logs that are gathered.
enum GatheredLog {
    /// A registered file system and the one beneath it, which does the work.
    fileprivate struct FileSystem {
        var vfs: sqlite3_vfs
        let base: UnsafeMutablePointer<sqlite3_vfs>
    }

    /// By the address of the one beneath: the default one may change.
    private static let registered = Mutex<[UInt: String]>([:])

    /// Its name, for `sqlite3_open_v2`; nil if there is no file system at all.
    static func fileSystem() -> String? {
        guard let base = sqlite3_vfs_find(nil) else { return nil }
        return registered.withLock { known in
            if let name = known[UInt(bitPattern: base)] { return name }
            let name = "kontor-gathered-\(known.count)"
            guard register(name, over: base) else { return nil }
            known[UInt(bitPattern: base)] = name
            return name
        }
    }

    private static func register(
        _ name: String, over base: UnsafeMutablePointer<sqlite3_vfs>
    ) -> Bool {
        var vfs = base.pointee
        vfs.pNext = nil
        vfs.zName = UnsafePointer(strdup(name))
        vfs.szOsFile = max(base.pointee.szOsFile, Int32(MemoryLayout<LogFile>.size))
        vfs.xOpen = open
        // Registered for good, as SQLite's own are.
        let place = UnsafeMutablePointer<FileSystem>.allocate(capacity: 1)
        place.initialize(to: FileSystem(vfs: vfs, base: base))
        return place.withMemoryRebound(to: sqlite3_vfs.self, capacity: 1) {
            sqlite3_vfs_register($0, 0) == SQLITE_OK
        }
    }
}

private typealias File = UnsafeMutablePointer<sqlite3_file>

/// An open log. Used by the one thread that writes.
private struct LogFile {
    /// What makes it a `sqlite3_file`.
    var methods: UnsafePointer<sqlite3_io_methods>?
    let base: File
    /// Where in the file the gathered bytes belong.
    var offset: Int64 = 0
    var count = 0
    let bytes: UnsafeMutableRawPointer

    /// As much as SQLite's own files write with one call; of more they take only the lower 17 bits.
    static let capacity = 0x1_FFFF

    var baseMethods: sqlite3_io_methods { base.pointee.pMethods.pointee }

    mutating func add(_ new: UnsafeRawPointer, _ size: Int, at place: Int64) -> Int32 {
        if place != offset + Int64(count) || count + size > Self.capacity {
            let code = flush()
            guard code == SQLITE_OK else { return code }
            offset = place
        }
        guard size <= Self.capacity else {
            return baseMethods.xWrite(base, new, Int32(size), place)
        }
        (bytes + count).copyMemory(from: new, byteCount: size)
        count += size
        return SQLITE_OK
    }

    /// Writes what has been gathered. After a failure it is not known how much of it the file has;
    /// SQLite undoes the transaction and writes the next one over it.
    mutating func flush() -> Int32 {
        guard count > 0 else { return SQLITE_OK }
        defer { count = 0 }
        return baseMethods.xWrite(base, bytes, Int32(count), offset)
    }
}

/// The log behind a file that SQLite hands to one of the functions below, with everything written.
private func flushed(
    _ file: File?, _ body: (_ base: File, sqlite3_io_methods) -> Int32
) -> Int32 {
    log(file) { log in
        let code = log.flush()
        return code == SQLITE_OK ? body(log.base, log.baseMethods) : code
    }
}

private func log(_ file: File?, _ body: (inout LogFile) -> Int32) -> Int32 {
    guard let file else { return SQLITE_IOERR }
    return file.withMemoryRebound(to: LogFile.self, capacity: 1) { body(&$0.pointee) }
}

nonisolated(unsafe) private let methods: UnsafePointer<sqlite3_io_methods> = {
    var table = sqlite3_io_methods()
    table.iVersion = 1
    table.xWrite = { file, bytes, size, offset in
        log(file) { log in
            guard let bytes else { return SQLITE_IOERR }
            return log.add(bytes, Int(size), at: offset)
        }
    }
    table.xRead = { file, bytes, size, offset in
        flushed(file) { $1.xRead($0, bytes, size, offset) }
    }
    table.xTruncate = { file, size in flushed(file) { $1.xTruncate($0, size) } }
    table.xSync = { file, flags in flushed(file) { $1.xSync($0, flags) } }
    table.xFileSize = { file, size in flushed(file) { $1.xFileSize($0, size) } }
    table.xClose = { file in
        log(file) { log in
            let written = log.flush()
            let closed = log.baseMethods.xClose(log.base)
            UnsafeMutableRawPointer(log.base).deallocate()
            log.bytes.deallocate()
            return written == SQLITE_OK ? closed : written
        }
    }
    // The log itself is never locked; its owner is.
    table.xLock = { file, level in log(file) { $0.baseMethods.xLock($0.base, level) } }
    table.xUnlock = { file, level in log(file) { $0.baseMethods.xUnlock($0.base, level) } }
    table.xCheckReservedLock = { file, answer in
        log(file) { $0.baseMethods.xCheckReservedLock($0.base, answer) }
    }
    table.xFileControl = { file, operation, argument in
        log(file) { $0.baseMethods.xFileControl($0.base, operation, argument) }
    }
    table.xSectorSize = { file in log(file) { $0.baseMethods.xSectorSize($0.base) } }
    table.xDeviceCharacteristics = { file in
        log(file) { $0.baseMethods.xDeviceCharacteristics($0.base) }
    }
    let place = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    place.initialize(to: table)
    return UnsafePointer(place)
}()

private func open(
    _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: sqlite3_filename?, _ file: File?,
    _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
    guard let vfs, let file else { return SQLITE_CANTOPEN }
    let base = UnsafeMutableRawPointer(vfs)
        .assumingMemoryBound(to: GatheredLog.FileSystem.self).pointee.base
    guard flags & SQLITE_OPEN_WAL != 0 else {
        return base.pointee.xOpen(base, name, file, flags, outFlags)
    }
    let memory = UnsafeMutableRawPointer.allocate(
        byteCount: Int(base.pointee.szOsFile), alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(base.pointee.szOsFile))
    let baseFile = memory.assumingMemoryBound(to: sqlite3_file.self)
    let code = base.pointee.xOpen(base, name, baseFile, flags, outFlags)
    guard code == SQLITE_OK else {
        memory.deallocate()
        return code
    }
    UnsafeMutableRawPointer(file).assumingMemoryBound(to: LogFile.self).initialize(
        to: LogFile(
            methods: methods, base: baseFile,
            bytes: .allocate(byteCount: LogFile.capacity, alignment: 16)))
    return SQLITE_OK
}
