#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A point in time: microseconds since 1970-01-01T00:00:00Z.
package struct Instant: Hashable, Comparable, Sendable {
    package let microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }
    package init(seconds: Int64) { microseconds = seconds * 1_000_000 }

    /// The machine's clock. Only a `Clock` reads it; everything else is told the time.
    package static func system() -> Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(
            microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    package var secondsSinceEpoch: Int64 { microseconds.floorDivided(by: 1_000_000) }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }

    package static func + (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds + right.microseconds)
    }

    package static func - (left: Instant, right: Duration) -> Instant {
        Instant(microseconds: left.microseconds - right.microseconds)
    }

    package static func - (left: Instant, right: Instant) -> Duration {
        .microseconds(left.microseconds - right.microseconds)
    }
}

extension Duration {
    package var microseconds: Int64 {
        components.seconds * 1_000_000 + components.attoseconds / 1_000_000_000_000
    }
    package static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count * 3_600) }
    /// Days of 24 hours: course periods and validity "N days from the claim" count them (commerce D20).
    package static func days(_ count: Int64) -> Duration { .seconds(count * 86_400) }
}

extension Int64 {
    func floorDivided(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}

extension Instant: CustomStringConvertible {
    /// RFC 3339 in UTC; the fraction is written only when there is one.
    package var description: String {
        let seconds = secondsSinceEpoch
        let day = seconds.floorDivided(by: 86_400)
        let time = seconds - day * 86_400
        let fraction = microseconds - seconds * 1_000_000
        let clock = "\(pad(time / 3_600)):\(pad(time / 60 % 60)):\(pad(time % 60))"
        let part = fraction == 0 ? "" : ".\(pad(fraction, 6))"
        return "\(CalendarDate(dayNumber: day))T\(clock)\(part)Z"
    }

    /// Reads RFC 3339 with `Z` or an offset, up to six digits of fraction.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20,
            let date = CalendarDate(String(decoding: bytes[0..<10], as: UTF8.self)),
            bytes[10] == UInt8(ascii: "T"), bytes[13] == UInt8(ascii: ":"),
            bytes[16] == UInt8(ascii: ":"),
            let hour = digits(bytes[11..<13]), let minute = digits(bytes[14..<16]),
            let second = digits(bytes[17..<19]), hour < 24, minute < 60, second < 60
        else { return nil }
        var index = 19
        var fraction: Int64 = 0
        if bytes[index] == UInt8(ascii: ".") {
            let end = bytes[(index + 1)...].firstIndex { $0 < 48 || $0 > 57 } ?? bytes.count
            let count = end - index - 1
            guard (1...6).contains(count), let value = digits(bytes[(index + 1)..<end]) else {
                return nil
            }
            fraction = value * [1, 100_000, 10_000, 1_000, 100, 10, 1][count]
            index = end
        }
        guard let offset = Self.offset(bytes[index...]) else { return nil }
        let seconds = date.dayNumber * 86_400 + hour * 3_600 + minute * 60 + second - offset
        self.init(microseconds: seconds * 1_000_000 + fraction)
    }

    private static func offset(_ bytes: ArraySlice<UInt8>) -> Int64? {
        if bytes.elementsEqual("Z".utf8) { return 0 }
        let bytes = Array(bytes)
        guard bytes.count == 6, bytes[0] == 43 || bytes[0] == 45, bytes[3] == UInt8(ascii: ":"),
            let hours = digits(bytes[1..<3]), let minutes = digits(bytes[4..<6]),
            hours < 24, minutes < 60
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (bytes[0] == 43 ? 1 : -1)
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let instant = Instant(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no RFC 3339 date and time")
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Digits only, at most eighteen: no sign, no blank, no overflow.
func digits(_ bytes: ArraySlice<UInt8>) -> Int64? {
    guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var value: Int64 = 0
    for byte in bytes {
        guard (48...57).contains(byte) else { return nil }
        value = value * 10 + Int64(byte - 48)
    }
    return value
}

func pad(_ value: Int64, _ width: Int = 2) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
