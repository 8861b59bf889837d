import Testing

@testable import Basics

@Suite struct InstantTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2000-02-29T23:59:59Z", 951_868_799_000_000),
            ("2018-06-22T16:00:00Z", 1_529_683_200_000_000),
            ("2026-11-21T03:13:57.000001Z", 1_795_230_837_000_001),
            ("1969-12-31T23:59:59.999999Z", -1),
        ] as [(String, Int64)])
    func `an instant reads what it writes`(_ text: String, _ microseconds: Int64) {
        #expect(Instant(text)?.microseconds == microseconds)
        #expect(Instant(microseconds: microseconds).description == text)
    }

    @Test(arguments: [
        ("2026-01-01T08:00:00+08:00", "2026-01-01T00:00:00Z"),
        ("2026-01-01T00:00:00.5-01:30", "2026-01-01T01:30:00.500000Z"),
    ])
    func `an offset is taken into account`(_ text: String, _ utc: String) {
        #expect(Instant(text)?.description == utc)
    }

    @Test(arguments: [
        "", "2026-01-01", "2026-02-30T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00.1234567Z", "2026-01-01T00:00:00+8", "2026-01-01T00:00:00Zx",
        "-026-01-01T00:00:00Z", "2026-01-01T00:00:00+25:00",
    ])
    func `what is no instant is refused`(_ text: String) {
        #expect(Instant(text) == nil)
    }

    @Test func `every day of four centuries has its number and back`() {
        var number = CalendarDate("1900-01-01")?.dayNumber ?? 0
        for year in Int64(1900)..<2300 {
            for month in Int64(1)...12 {
                for day in 1...CalendarDate.daysInMonth(year: year, month: month) {
                    let date = CalendarDate(year: year, month: month, day: day)
                    if date?.dayNumber != number { Issue.record("\(year)-\(month)-\(day)") }
                    let parts = CalendarDate(dayNumber: number).components
                    if parts != (year, month, day) { Issue.record("\(number)") }
                    number += 1
                }
            }
        }
    }

    @Test(arguments: ["2023-02-29", "1900-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "x"])
    func `a day that does not exist is refused`(_ text: String) {
        #expect(CalendarDate(text) == nil)
    }

    /// Commerce C18: a last day ends with it, in Asia/Shanghai.
    @Test func `a business day is a day in Shanghai`() throws {
        let day = try #require(CalendarDate("2018-06-22"))
        let last = try #require(Instant("2018-06-22T15:59:59Z"))
        #expect(BusinessCalendar.date(of: last) == day)
        #expect(BusinessCalendar.end(of: day) == Instant("2018-06-22T16:00:00Z"))
        #expect(BusinessCalendar.start(of: day) == Instant("2018-06-21T16:00:00Z"))
        #expect(BusinessCalendar.localText(last) == "2018-06-22 23:59:59")
    }
}
