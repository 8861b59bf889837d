/// Counts durations in buckets that grow with them, so that a percentile is right to one part in 64
/// from a nanosecond to a minute (as HdrHistogram does).
struct LatencyHistogram: Sendable {
    private static let subBits = 6
    private var counts = [UInt64](repeating: 0, count: (64 - subBits) << subBits)
    private(set) var count: UInt64 = 0
    private(set) var greatest: UInt64 = 0

    mutating func record(nanoseconds: UInt64) {
        counts[Self.bucket(of: nanoseconds)] += 1
        count += 1
        greatest = max(greatest, nanoseconds)
    }

    mutating func add(_ other: LatencyHistogram) {
        for index in counts.indices { counts[index] += other.counts[index] }
        count += other.count
        greatest = max(greatest, other.greatest)
    }

    /// The duration, in microseconds, that this share of all did not exceed.
    func microseconds(atShare share: Double) -> Double {
        guard count > 0 else { return 0 }
        let wanted = max(1, UInt64((Double(count) * share).rounded(.up)))
        var seen: UInt64 = 0
        for (index, number) in counts.enumerated() {
            seen += number
            if seen >= wanted { return Double(min(Self.upperEnd(of: index), greatest)) / 1_000 }
        }
        return Double(greatest) / 1_000
    }

    private static func bucket(of value: UInt64) -> Int {
        let exponent = max(0, 63 - value.leadingZeroBitCount - subBits)
        guard exponent > 0 else { return Int(value) }
        // The top bit is implied from here on, so each power of two takes 64 buckets.
        return (exponent << subBits) + Int(value >> UInt64(exponent))
    }

    private static func upperEnd(of bucket: Int) -> UInt64 {
        let exponent = max(0, (bucket >> subBits) - 1)
        guard exponent > 0 else { return UInt64(bucket) }
        let rest = UInt64(bucket - (exponent << subBits))
        return ((rest + 1) << UInt64(exponent)) - 1
    }
}
