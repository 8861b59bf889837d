/// A day of the proleptic Gregorian calendar, as a number of days since 1970-01-01.
package struct CalendarDate: Hashable, Comparable, Sendable {
    package let dayNumber: Int64

    package init(dayNumber: Int64) { self.dayNumber = dayNumber }

    /// nil if there is no such day (2023-02-29).
    package init?(year: Int64, month: Int64, day: Int64) {
        guard (1...9999).contains(year), (1...12).contains(month), day >= 1,
            day <= Self.daysInMonth(year: year, month: month)
        else { return nil }
        dayNumber = Self.dayNumber(year: year, month: month, day: day)
    }

    /// Reads `YYYY-MM-DD`.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count == 10, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            let year = digits(bytes[0..<4]), let month = digits(bytes[5..<7]),
            let day = digits(bytes[8..<10])
        else { return nil }
        self.init(year: year, month: month, day: day)
    }

    package static func < (left: CalendarDate, right: CalendarDate) -> Bool {
        left.dayNumber < right.dayNumber
    }

    package static func daysInMonth(year: Int64, month: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from civil, counted in eras of 400 years that begin in March.
    private static func dayNumber(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    package var components: (year: Int64, month: Int64, day: Int64) {
        let shifted = dayNumber + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension CalendarDate: CustomStringConvertible {
    package var description: String {
        let (year, month, day) = components
        return "\(pad(year, 4))-\(pad(month))-\(pad(day))"
    }
}

extension CalendarDate: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let date = CalendarDate(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "no YYYY-MM-DD")
        }
        self = date
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Business days are days in Asia/Shanghai, which has kept UTC+08:00 without a change since 1991.
package enum BusinessCalendar {
    private static let offset = Duration.hours(8)

    /// The business day on which `instant` falls.
    package static func date(of instant: Instant) -> CalendarDate {
        CalendarDate(dayNumber: (instant + offset).secondsSinceEpoch.floorDivided(by: 86_400))
    }

    /// Its first instant, 00:00 in Shanghai.
    package static func start(of date: CalendarDate) -> Instant {
        Instant(seconds: date.dayNumber * 86_400) - offset
    }

    /// The first instant after it: an inclusive last day ends here, exclusively.
    package static func end(of date: CalendarDate) -> Instant {
        start(of: CalendarDate(dayNumber: date.dayNumber + 1))
    }

    /// `yyyy-MM-dd HH:mm:ss` in Shanghai, the form Alipay and people here use.
    package static func localText(_ instant: Instant) -> String {
        let text = Instant(seconds: (instant + offset).secondsSinceEpoch).description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(8))"
    }
}
