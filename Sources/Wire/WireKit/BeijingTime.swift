import Foundation

/// Moments and their civil time in Beijing.
///
/// China has kept UTC+8 without summer time since 1992, and no message is older, so that plain
/// arithmetic suffices; a date formatter would bring the host's locale into signed text.
package enum BeijingTime {
    private static let offset: Int64 = 8 * 3600
    /// 9999-12-31 23:59:59 in Beijing; a later moment has no text of 19 characters.
    private static let lastSecond: Int64 = 253_402_271_999

    /// "yyyy-MM-dd HH:mm:ss" with this character between date and time; parts of a second are
    /// cut off, and a moment outside the years 1970 to 9999 becomes the nearest one inside.
    package static func text(_ moment: Date, separator: Character = " ") -> String {
        let utc = Int64(max(0, min(moment.timeIntervalSince1970, Double(lastSecond))))
        let (days, second) = (utc + offset).quotientAndRemainder(dividingBy: 86_400)
        let (year, month, day) = civil(days)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        let hour = padded(second / 3600, 2)
        return "\(date)\(separator)\(hour):\(padded(second / 60 % 60, 2)):\(padded(second % 60, 2))"
    }

    /// The moment that nineteen bytes of civil time name; nil if they name none from 1970 on.
    ///
    /// - Parameter ahead: how many seconds the clock of that text is ahead of UTC.
    package static func moment(
        _ bytes: ArraySlice<UInt8>, separator: UInt8 = UInt8(ascii: " "), ahead: Int64 = 8 * 3600
    ) -> Date? {
        let bytes = Array(bytes)
        guard bytes.count == 19, bytes[10] == separator,
            zip([4, 7, 13, 16], "--::".utf8).allSatisfy({ bytes[$0] == $1 }),
            let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]),
            let minute = number(bytes[14..<16]), let second = number(bytes[17..<19]),
            year >= 1970, (1...12).contains(month), (1...31).contains(day),
            hour < 24, minute < 60, second < 60
        else { return nil }
        let days = dayNumber(year, month, day)
        guard civil(days) == (year, month, day) else { return nil }
        let local = days * 86_400 + hour * 3600 + minute * 60 + second
        return Date(timeIntervalSince1970: Double(local - ahead))
    }

    /// The number that decimal digits write; nil for anything else. At most eighteen digits.
    package static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        guard (1...18).contains(digits.count) else { return nil }
        var value: Int64 = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }

    // Days since 1970-01-01 and back, by years that begin in March, so that the leap day is last.

    private static func dayNumber(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let y = month <= 2 ? year - 1 : year
        let m = (month + 9) % 12
        return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719_468
    }

    private static func civil(_ dayNumber: Int64) -> (Int64, Int64, Int64) {
        let shifted = dayNumber + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
