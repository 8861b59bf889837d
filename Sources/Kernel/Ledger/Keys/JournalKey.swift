/// What one of Kontor's own journals may be posted for only once, in a number: 48 bits of its reference,
/// then 16 of its kind, so that all kinds for a reference lie together.
///
/// Different journals may have the same number; the journals themselves say whether they are meant.
struct JournalKey: Hashable, Comparable {
    /// In the order in which SQLite sorts it.
    let rawValue: Int64

    static let kindBits: UInt64 = 0xFFFF

    init(rawValue: Int64) { self.rawValue = rawValue }

    init(kind: String, reference: String) {
        let reference = Self.hash(reference) & ~Self.kindBits
        rawValue = Int64(bitPattern: reference | (Self.hash(kind) & Self.kindBits))
    }

    /// The keys that journals for a reference can have.
    static func all(for reference: String) -> ClosedRange<JournalKey> {
        let first = hash(reference) & ~kindBits
        return JournalKey(
            rawValue: Int64(bitPattern: first))...JournalKey(
                rawValue: Int64(bitPattern: first | kindBits))
    }

    static func < (left: JournalKey, right: JournalKey) -> Bool { left.rawValue < right.rawValue }

    /// Which of the equal parts of all keys it belongs to.
    var part: Int { Int(UInt64(bitPattern: rawValue) >> 52) }
    static let parts = 4_096

    /// FNV-1a, then mixed so that the first bits are as good as the last. It is on disk: it never changes.
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        var text = text
        text.withUTF8 { bytes in
            for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        }
        hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
        hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
        return hash ^ (hash >> 31)
    }
}
