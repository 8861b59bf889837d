import Foundation
import Testing
import WireKit

/// Files that were packed elsewhere, and files that nobody should unpack.
@Suite struct GzipTests {
    /// Packed by zlib 1.3 with codes of its own.
    static let dynamic = """
        H4sIAAAAAAACA23VS2odQQyF4bnBe8gCbNDRoyR5NXcXyfJTgZa4kAM9q3/Q/aFWvVQ0vsW+Bb8gP/Lv+Xr9\
        /oOvl3x+vP4/xXOajaaBPgGirGhhT6GWkbTwpzCcPLSIKTo6aHGewjPgtMiniHAzWtRTHLNQWvRwQBOsgLyB\
        UVIMaSWEmmJMO0SpKcYUou0UFYMKSB2qitiksigrhhV6UqgrxhXmRyksBhau4VQWvXMkfiityvuoUVsdW5yj\
        TXF1BzZdQXV1dUthVFdXt0WC6urqdnZSXR1dlaimujq6900KVFdHVxVpVFd7kz5BdU3ef1Oqa6OrHl5U10ZX\
        w1yoru0+ODCluuabtDrVtdHVTByqa6tbIUV1bXXbRKiuje4NWqmu9SZVTnVd3lcc1fXRtfvJSXV9dM00mur6\
        6F7+ANX1XbdeblTXd9/GsaC6Prp2XJPq+uhaKprq+uqWAFTXV7dKjOqGvF8PVDdG18XqUN0YXQeyqG7YJp1C\
        dWN0r8pRqhuj69fWqW7sdeZ3q1LdGF2PuxqobtQmd76pbozunbm7Pz4//gKNSAPVIggAAA==
        """
    static let text = (0..<60).map { number in
        "`2025-03-01 10:00:\(number < 10 ? "0" : "")\(number),`wx1,`\(number * 7919)\r\n"
    }.joined()

    @Test func `a file packed by zlib is unpacked`() throws {
        let bytes = try Gzip.unpacked(file(), limit: 1 << 20)
        #expect(bytes == Array(Self.text.utf8))
    }

    @Test func `data with fixed codes is unpacked`() throws {
        let packed = Array(try #require(Data(base64Encoded: "S0xKToQhHYW0zIrUFIXk/JTUYgA=")))
        let (bytes, end) = try Inflate.unpacked(packed[...], limit: 100)
        #expect(String(decoding: bytes, as: UTF8.self) == "abcabcabcabc, fixed codes")
        #expect(end == packed.count)
    }

    @Test(arguments: [0, 1, 0xFFFF, 0x10000, 200_000])
    func `what is stored is unpacked`(length: Int) throws {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let again = try Gzip.unpacked(Gzip.stored(bytes), limit: length)
        #expect(again == bytes)
    }

    @Test func `the check sum is the one of the standard`() {
        #expect(CRC32.checksum("123456789".utf8) == 0xCBF4_3926)
    }

    @Test func `a bomb stops at the limit`() throws {
        let longest = try Gzip.unpacked(file(), limit: Self.text.utf8.count)
        #expect(longest.count == Self.text.utf8.count)
        for limit in [0, 1, Self.text.utf8.count - 1] {
            #expect(throws: InflateFault.tooLarge) { try Gzip.unpacked(file(), limit: limit) }
        }
        #expect(throws: InflateFault.tooLarge) {
            try Gzip.unpacked(Gzip.stored(Array(repeating: 0, count: 100)), limit: 99)
        }
    }

    @Test func `a file that was cut or lengthened is refused`() throws {
        let whole = try file()
        for length in 0..<whole.count {
            #expect(throws: InflateFault.self) {
                try Gzip.unpacked(Array(whole[..<length]), limit: 1 << 20)
            }
        }
        #expect(throws: InflateFault.malformed) {
            try Gzip.unpacked(whole + [0], limit: 1 << 20)
        }
    }

    @Test func `one changed byte is noticed`() throws {
        let whole = try file()
        // The time, the extra flags and the operating system in the header say nothing.
        for place in whole.indices where !(4..<10).contains(place) {
            var damaged = whole
            damaged[place] ^= 0x55
            let bytes = try? Gzip.unpacked(damaged, limit: 1 << 20)
            #expect(bytes == nil || bytes == Array(Self.text.utf8))
        }
    }

    @Test func `the optional fields of a header are stepped over`() throws {
        var named = Gzip.stored([1, 2, 3])
        named[3] = 4 | 8 | 16 | 2
        named.insert(contentsOf: [2, 0, 9, 9] + Array("a.csv\0note\0".utf8) + [7, 7], at: 10)
        #expect(try Gzip.unpacked(named, limit: 3) == [1, 2, 3])
    }

    private func file() throws -> [UInt8] {
        Array(try #require(Data(base64Encoded: Self.dynamic)))
    }
}
