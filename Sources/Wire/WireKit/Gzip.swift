/// Files of one gzip member (RFC 1952).
package enum Gzip {
    /// The bytes inside.
    ///
    /// - Parameter limit: the longest content that is unpacked, in bytes.
    /// - Throws: ``InflateFault``; malformed also if the check sum or the length inside differs, or
    ///   if anything follows.
    package static func unpacked(
        _ file: [UInt8], limit: Int
    ) throws(InflateFault) -> [UInt8] {
        let start = try contentStart(file)
        let (bytes, end) = try Inflate.unpacked(file[start...], limit: limit)
        let trailer = file[end...]
        guard trailer.count >= 8 else { throw .truncated }
        guard trailer.count == 8,
            littleEndian(trailer.prefix(4)) == CRC32.checksum(bytes),
            littleEndian(trailer.suffix(4)) == UInt32(truncatingIfNeeded: bytes.count)
        else { throw .malformed }
        return bytes
    }

    /// A gzip file with these bytes, stored as they are.
    package static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var file: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var rest = bytes[...]
        repeat {
            let block = rest.prefix(0xFFFF)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            file.append(rest.isEmpty ? 1 : 0)
            file += [UInt8(length & 0xFF), UInt8(length >> 8)]
            file += [UInt8(~length & 0xFF), UInt8(~length >> 8)]
            file += block
        } while !rest.isEmpty
        for number in [CRC32.checksum(bytes), UInt32(truncatingIfNeeded: bytes.count)] {
            file += (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        }
        return file
    }

    /// Steps over the header and its optional fields.
    private static func contentStart(_ file: [UInt8]) throws(InflateFault) -> Int {
        guard file.count >= 10 else { throw .truncated }
        let flags = file[3]
        guard file[0] == 0x1F, file[1] == 0x8B, file[2] == 8, flags & 0xE0 == 0 else {
            throw .malformed
        }
        var at = 10
        if flags & 4 != 0 {
            guard file.count >= at + 2 else { throw .truncated }
            at += 2 + Int(file[at]) + Int(file[at + 1]) << 8
        }
        // A file name, then a comment, each ended by a zero byte.
        for flag: UInt8 in [8, 16] where flags & flag != 0 {
            guard at < file.count, let zero = file[at...].firstIndex(of: 0) else {
                throw .truncated
            }
            at = zero + 1
        }
        if flags & 2 != 0 { at += 2 }
        guard at <= file.count else { throw .truncated }
        return at
    }

    private static func littleEndian(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}

/// The check sum of gzip and zip files.
package enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { sum, _ in
            sum & 1 == 1 ? 0xEDB8_8320 ^ (sum >> 1) : sum >> 1
        }
    }

    /// The check sum of these bytes.
    package static func checksum(_ bytes: some Collection<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { sum, byte in table[Int((sum ^ UInt32(byte)) & 0xFF)] ^ (sum >> 8) }
    }
}
