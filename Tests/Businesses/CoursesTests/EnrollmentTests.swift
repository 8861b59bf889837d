import Basics
import Testing

@testable import Courses

/// The end of access, as a pure function of grants.
struct EnrollmentTests {
    private func grant(_ line: Int64, _ days: Int64, _ at: String, revoked: Bool = false) -> Grant {
        Grant(
            orderLine: line, enrollmentID: ID(rawValue: 1), days: days, grantedAt: .at(at),
            revokedAt: revoked ? .at("2026-06-01T00:00:00Z") : nil)
    }

    @Test func `commerce C27: a period bought while access runs is added to its end`() {
        let grants = [
            grant(1, 28, "2026-02-01T00:00:00Z"), grant(2, 60, "2026-02-01T00:00:00Z"),
        ]
        #expect(grants.prefix(1).accessEnd() == .at("2026-03-01T00:00:00Z"))
        #expect(grants.accessEnd() == .at("2026-04-30T00:00:00Z"))
    }

    @Test func `commerce C27: a period bought after access ended begins when it is bought`() {
        let grants = [
            grant(1, 10, "2026-01-01T00:00:00Z"), grant(2, 30, "2026-02-01T00:00:00Z"),
        ]
        #expect(grants.accessEnd() == .at("2026-03-03T00:00:00Z"))
    }

    @Test func `commerce C27, defect 26: twelve months are 365 days, not 210`() {
        #expect(
            [grant(1, 365, "2026-02-01T00:00:00Z")].accessEnd() == .at("2027-02-01T00:00:00Z"))
    }

    /// Bought on 1 February for 28 days and on the same day for 60 more.
    static let refunds: [(revoked: Set<Int64>, end: String?)] = [
        ([1], "2026-04-02T00:00:00Z"), ([2], "2026-03-01T00:00:00Z"), ([1, 2], nil),
        ([], "2026-04-30T00:00:00Z"),
    ]

    @Test(arguments: refunds)
    func `a refund of one of two stacked periods ends exactly its own`(
        revoked: Set<Int64>, end: String?
    ) {
        let grants = [(Int64(1), Int64(28)), (2, 60)].map { line, days in
            grant(line, days, "2026-02-01T00:00:00Z", revoked: revoked.contains(line))
        }
        #expect(grants.accessEnd() == end.map { .at($0) })
    }

    @Test func `the end does not depend on the order in which grants are read`() {
        let grants = [
            grant(1, 5, "2026-01-01T00:00:00Z"), grant(2, 9, "2026-01-03T00:00:00Z"),
            grant(3, 30, "2026-03-01T00:00:00Z"), grant(4, 2, "2026-03-01T00:00:00Z"),
        ]
        let ends = (0..<20).map { _ in grants.shuffled().accessEnd() }
        #expect(Set(ends) == [grants.accessEnd()])
    }

    @Test func `access ends at its end, not after it`() {
        let end = Instant.at("2026-03-01T00:00:00Z")
        let enrollment = Enrollment(
            id: ID(rawValue: 1), member: ID(rawValue: 2), courseID: ID(rawValue: 3),
            startedAt: .at("2026-02-01T00:00:00Z"), accessUntil: end)
        #expect(enrollment.status(at: end - .microseconds(1)) == .active)
        #expect(enrollment.status(at: end) == .expired)
        #expect(enrollment.ownedUntil(at: end - .microseconds(1)) == end)
        #expect(enrollment.ownedUntil(at: end) == nil)
    }
}
