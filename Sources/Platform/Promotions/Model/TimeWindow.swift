import Basics

/// A stretch of time, half open: its first instant is in it, its last is not.
package struct TimeWindow: Hashable, Sendable {
    package let from: Instant
    package let until: Instant

    package init(from: Instant, until: Instant) {
        self.from = from
        self.until = until
    }

    package func contains(_ instant: Instant) -> Bool { from <= instant && instant < until }
}

/// A border of a window as a person writes it: a day in Asia/Shanghai, or an instant.
///
/// "Until 2018-06-22" means that day to its last moment; "until 2018-06-22T16:00:00Z" ends there.
package enum Moment: Hashable, Sendable {
    case day(CalendarDate)
    case instant(Instant)

    /// What it is as the beginning of a window.
    package var start: Instant {
        switch self {
        case .day(let date): BusinessCalendar.start(of: date)
        case .instant(let instant): instant
        }
    }

    /// What it is as the exclusive end of a window: a day is inclusive.
    package var end: Instant {
        switch self {
        case .day(let date): BusinessCalendar.end(of: date)
        case .instant(let instant): instant
        }
    }

    /// Reads `YYYY-MM-DD` or RFC 3339.
    package init?(_ text: String) {
        if let date = CalendarDate(text) {
            self = .day(date)
        } else if let instant = Instant(text) {
            self = .instant(instant)
        } else {
            return nil
        }
    }
}

extension Moment: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let moment = Moment(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "neither YYYY-MM-DD nor RFC 3339")
        }
        self = moment
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .day(let date): try container.encode(date.description)
        case .instant(let instant): try container.encode(instant.description)
        }
    }
}
