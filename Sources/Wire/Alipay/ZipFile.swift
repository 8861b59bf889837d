import WireKit

/// The files in a zip file, read from memory and into memory.
///
/// Nothing is written anywhere, so a name with `..` or `/` in it leads nowhere; names are bytes and
/// only told apart by how they end. What a file says of its own size is not believed: unpacking stops
/// at the limit.
struct ZipFile {
    struct Entry {
        let name: [UInt8]
        fileprivate let method: Int
        fileprivate let checksum: UInt32
        fileprivate let size: Int
        fileprivate let packed: ArraySlice<UInt8>
    }

    /// More files than a bill ever has.
    private static let mostEntries = 64

    let entries: [Entry]

    /// - Throws: ``AlipayBillError/zip(_:)``.
    init(_ bytes: [UInt8]) throws(AlipayBillError) {
        guard let end = Self.endOfDirectory(bytes) else { throw .zip("it has no directory") }
        let count = number(bytes, at: end + 10, 2) ?? 0
        guard count <= Self.mostEntries else { throw .zip("it has too many files") }
        var place = number(bytes, at: end + 16, 4) ?? Int.max
        var entries: [Entry] = []
        for _ in 0..<count {
            guard let (entry, next) = Self.entry(bytes, at: place) else {
                throw .zip("its directory is damaged")
            }
            entries.append(entry)
            place = next
        }
        self.entries = entries
    }

    /// Unpacks a file.
    /// - Throws: ``AlipayBillError/zip(_:)``.
    static func unpack(_ entry: Entry, limit: Int) throws(AlipayBillError) -> [UInt8] {
        guard entry.size <= limit else { throw .zip("a file in it is too large") }
        let content: [UInt8]?
        switch entry.method {
        case 0: content = entry.packed.count <= limit ? Array(entry.packed) : nil
        case 8: content = try? Inflate.unpacked(entry.packed, limit: entry.size).bytes
        default: throw .zip("it is packed in a way that is not known here")
        }
        guard let content, content.count == entry.size, CRC32.checksum(content) == entry.checksum
        else { throw .zip("a file in it is damaged") }
        return content
    }

    /// Where the record at the end begins; a comment of up to 64 KB may follow it.
    private static func endOfDirectory(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 22 else { return nil }
        let first = max(0, bytes.count - 22 - 65_535)
        return (first...(bytes.count - 22)).reversed().first { place in
            bytes[place] == 0x50 && number(bytes, at: place, 4) == 0x0605_4b50
                && number(bytes, at: place + 20, 2) == bytes.count - place - 22
        }
    }

    private static func entry(_ bytes: [UInt8], at place: Int) -> (Entry, next: Int)? {
        guard number(bytes, at: place, 4) == 0x0201_4b50,
            let flags = number(bytes, at: place + 8, 2), flags & 1 == 0,  // not encrypted
            let method = number(bytes, at: place + 10, 2),
            let checksum = number(bytes, at: place + 16, 4),
            let packedSize = number(bytes, at: place + 20, 4),
            let size = number(bytes, at: place + 24, 4),
            let nameLength = number(bytes, at: place + 28, 2),
            let extraLength = number(bytes, at: place + 30, 2),
            let commentLength = number(bytes, at: place + 32, 2),
            let local = number(bytes, at: place + 42, 4),
            let name = slice(bytes, at: place + 46, nameLength),
            // The file itself comes after a header of its own, whose lengths may differ.
            number(bytes, at: local, 4) == 0x0403_4b50,
            let localName = number(bytes, at: local + 26, 2),
            let localExtra = number(bytes, at: local + 28, 2),
            let packed = slice(bytes, at: local + 30 + localName + localExtra, packedSize)
        else { return nil }
        let entry = Entry(
            name: Array(name), method: method, checksum: UInt32(checksum), size: size,
            packed: packed)
        return (entry, place + 46 + nameLength + extraLength + commentLength)
    }
}

/// A number of so many bytes, the lowest first; nil beyond the end.
private func number(_ bytes: [UInt8], at place: Int, _ count: Int) -> Int? {
    slice(bytes, at: place, count)?.reversed().reduce(0) { $0 << 8 | Int($1) }
}

private func slice(_ bytes: [UInt8], at place: Int, _ count: Int) -> ArraySlice<UInt8>? {
    guard place >= 0, place <= bytes.count, count <= bytes.count - place else { return nil }
    return bytes[place..<place + count]
}
