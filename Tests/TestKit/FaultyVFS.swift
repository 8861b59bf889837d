import CSQLite
import Foundation

// SQLite's own interface for file systems (sqlite.org/vfs.html): a file is a block of memory that
// begins with a table of functions. Ours keeps the real file right behind its own head.

private struct ShimHead {
    var methods: UnsafePointer<sqlite3_io_methods>?
    var watched: Unmanaged<WatchedFile>?
}

private final class WatchedFile {
    let path: String
    let disk: FaultyDisk
    init(path: String, disk: FaultyDisk) {
        self.path = path
        self.disk = disk
    }
}

private let sector: Int64 = 2_048
private let headSize = 32  // keeps the real file aligned
nonisolated(unsafe) private var realVFS: UnsafeMutablePointer<sqlite3_vfs>?

private typealias File = UnsafeMutablePointer<sqlite3_file>

private func real(_ file: File?) -> File? {
    guard let file else { return nil }
    return (UnsafeMutableRawPointer(file) + headSize).assumingMemoryBound(to: sqlite3_file.self)
}

private func methods(_ file: File?) -> sqlite3_io_methods {
    guard let table = real(file)?.pointee.pMethods else { preconditionFailure("a closed file") }
    return table.pointee
}

private func watched(_ file: File?) -> WatchedFile {
    guard let file,
        let watched = UnsafeMutableRawPointer(file).assumingMemoryBound(to: ShimHead.self).pointee
            .watched
    else { preconditionFailure("not one of ours") }
    return watched.takeUnretainedValue()
}

private func size(_ file: File?) -> Int64 {
    var size: Int64 = 0
    _ = methods(file).xFileSize(real(file), &size)
    return size
}

/// The bytes of a range as far as the file has them.
private func content(_ file: File?, _ range: Range<Int64>) -> [UInt8] {
    let end = min(range.upperBound, size(file))
    guard end > range.lowerBound else { return [] }
    var bytes = [UInt8](repeating: 0, count: Int(end - range.lowerBound))
    _ = methods(file).xRead(real(file), &bytes, Int32(bytes.count), range.lowerBound)
    return bytes
}

nonisolated(unsafe) private let shimMethods: UnsafePointer<sqlite3_io_methods> = {
    var table = sqlite3_io_methods()
    table.iVersion = 2
    table.xClose = { file in
        let code = methods(file).xClose(real(file))
        if let file {
            UnsafeMutableRawPointer(file).assumingMemoryBound(to: ShimHead.self).pointee.watched?
                .release()
        }
        return code
    }
    table.xRead = { methods($0).xRead(real($0), $1, $2, $3) }
    table.xWrite = { file, bytes, count, offset in
        let watched = watched(file)
        watched.disk.isCalled()
        var place = offset
        // A disk writes sector by sector, and may stop between any two of them: half a page.
        while place < offset + Int64(count) {
            let end = min((place / sector + 1) * sector, offset + Int64(count))
            if let code = watched.disk.fails(sync: false) { return code }
            let piece = UnsafeRawBufferPointer(
                start: bytes.map { $0 + Int(place - offset) }, count: Int(end - place))
            watched.disk.remember(
                file: watched.path, offset: place, old: content(file, place..<end),
                oldSize: size(file), new: [UInt8](piece))
            let code = methods(file).xWrite(
                real(file), piece.baseAddress, Int32(piece.count), place)
            guard code == SQLITE_OK else { return code }
            place = end
        }
        return SQLITE_OK
    }
    table.xTruncate = { file, length in
        let watched = watched(file)
        if let code = watched.disk.fails(sync: false) { return code }
        let before = size(file)
        watched.disk.remember(
            file: watched.path, offset: length, old: content(file, length..<max(length, before)),
            oldSize: before, new: [])
        return methods(file).xTruncate(real(file), length)
    }
    table.xSync = { file, flags in
        let watched = watched(file)
        watched.disk.isCalled()
        if let code = watched.disk.fails(sync: true) { return code }
        let code = methods(file).xSync(real(file), flags)
        if code == SQLITE_OK { watched.disk.synced(watched.path) }
        return code
    }
    table.xFileSize = { methods($0).xFileSize(real($0), $1) }
    table.xLock = { methods($0).xLock(real($0), $1) }
    table.xUnlock = { methods($0).xUnlock(real($0), $1) }
    table.xCheckReservedLock = { methods($0).xCheckReservedLock(real($0), $1) }
    table.xFileControl = { methods($0).xFileControl(real($0), $1, $2) }
    table.xSectorSize = { methods($0).xSectorSize(real($0)) }
    table.xDeviceCharacteristics = { methods($0).xDeviceCharacteristics(real($0)) }
    table.xShmMap = { methods($0).xShmMap(real($0), $1, $2, $3, $4) }
    table.xShmLock = { methods($0).xShmLock(real($0), $1, $2, $3) }
    table.xShmBarrier = { methods($0).xShmBarrier(real($0)) }
    table.xShmUnmap = { methods($0).xShmUnmap(real($0), $1) }
    let pointer = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
    pointer.initialize(to: table)
    return UnsafePointer(pointer)
}()

/// Makes the shim the file system of every connection opened from now on; files of databases without
/// a `FaultyDisk` are the real ones' own.
func installFaultyVFS() -> Bool {
    guard let base = sqlite3_vfs_find(nil) else { return false }
    realVFS = base
    var vfs = base.pointee
    vfs.pNext = nil
    vfs.zName = UnsafePointer(strdup("kontor-faulty"))
    vfs.szOsFile = base.pointee.szOsFile + Int32(headSize)
    vfs.xOpen = { _, name, file, flags, outFlags in
        guard let realVFS, let open = realVFS.pointee.xOpen else { return SQLITE_CANTOPEN }
        let path = name.map { String(cString: $0) } ?? ""
        guard let disk = FaultyDisk.disk(of: path) else {
            return open(realVFS, name, file, flags, outFlags)
        }
        guard let file else { return SQLITE_CANTOPEN }
        let head = UnsafeMutableRawPointer(file).assumingMemoryBound(to: ShimHead.self)
        head.initialize(to: ShimHead(methods: nil, watched: nil))
        let code = open(realVFS, name, real(file), flags, outFlags)
        guard code == SQLITE_OK else { return code }
        head.pointee.watched = Unmanaged.passRetained(WatchedFile(path: path, disk: disk))
        head.pointee.methods = shimMethods
        return SQLITE_OK
    }
    vfs.xDelete = { _, name, sync in
        guard let realVFS, let delete = realVFS.pointee.xDelete else { return SQLITE_IOERR }
        if let name, let disk = FaultyDisk.disk(of: String(cString: name)), disk.isDead {
            return SQLITE_IOERR | (10 << 8)
        }
        return delete(realVFS, name, sync)
    }
    let pointer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
    pointer.initialize(to: vfs)
    return sqlite3_vfs_register(pointer, 1) == SQLITE_OK
}
