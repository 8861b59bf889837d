import Basics
import Checkout
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// Who may open what, on both engines.
struct AccessTests {
    private let member = ID<Member>(rawValue: 1)

    @Test(arguments: TestEngine.available)
    func `a free section is open to all, any other to members with a running enrolment`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, clock in
            let course = try await database.makeCourse("One")
            let stranger = ID<Member>(rawValue: 2)
            try await database.buy(course, days: 28, by: member)
            for visitor in [nil, stranger, member] {
                #expect(try await database.opens(course.free, of: course, to: visitor))
            }
            #expect(try await database.opens(course.closed, of: course, to: nil) == false)
            #expect(try await database.opens(course.closed, of: course, to: stranger) == false)
            #expect(try await database.opens(course.closed, of: course, to: member))

            clock.set(.at("2026-03-02T00:00:00Z"))
            #expect(try await database.opens(course.closed, of: course, to: member) == false)
            #expect(try await database.opens(course.free, of: course, to: member))
        }
    }

    @Test(arguments: TestEngine.available)
    func `a section is found in its own course only, and in no draft`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One")
            let two = try await database.makeCourse("Two")
            let crossed = ReadSection(course: one.id, section: two.free, visitor: nil)
            #expect(
                await problem { _ = try await database.read { try crossed.run(in: $0) } }
                    == .notFound)

            let hide = EditCourse(course: one.id, draft: CourseDraft(status: .draft))
            try await database.write { try hide.run(in: $0) }
            let hidden = ReadSection(course: one.id, section: one.free, visitor: nil)
            #expect(
                await problem { _ = try await database.read { try hidden.run(in: $0) } }
                    == .notFound)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a course that went offline stays open to those who have it`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            try await database.buy(course, days: 28, by: member)
            let end = EditCourse(course: course.id, draft: CourseDraft(status: .offline))
            try await database.write { try end.run(in: $0) }
            #expect(try await database.opens(course.closed, of: course, to: member))
            let details = try await database.read { [member] in
                try ShowCourse(course: course.id, visitor: member).run(in: $0)
            }
            #expect(details.policies.isEmpty && details.access.isOwned)
            #expect(
                try await database.read { try BrowseCourses().run(in: $0).items.isEmpty })
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce C27: buying again extends the one enrolment`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, clock in
            let course = try await database.makeCourse("One")
            try await database.buy(course, days: 28, by: member)
            let first = try await database.enrollment(of: member, in: course)!
            try await database.buy(course, days: 60, by: member)
            let second = try await database.enrollment(of: member, in: course)!
            #expect(first.accessUntil == first.startedAt + .days(28))
            #expect(second.accessUntil == first.startedAt + .days(88))
            #expect((second.id, second.startedAt) == (first.id, first.startedAt))

            clock.set(.at("2026-06-01T00:00:00Z"))
            try await database.buy(course, days: 30, by: member)
            let third = try await database.enrollment(of: member, in: course)!
            #expect(third.accessUntil == .at("2026-07-01T00:00:00Z"))
            #expect(try await database.audit().isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a grant from a node whose clock is ahead still counts in its turn (commerce D20)`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            let first = try await database.buy(course, days: 5, by: member)
            try await database.write { tx in
                var enrollment = try #require(
                    try tx.lockEnrollment(grantedBy: first.lines[0].id.rawValue))
                let ahead = Grant(
                    orderLine: 9_999, enrollmentID: enrollment.id, days: 5,
                    grantedAt: tx.now + .days(30), revokedAt: nil)
                _ = try tx.insert(ahead)
                enrollment.accessUntil = ahead.extending(enrollment.accessUntil)
                try tx.save(enrollment)
            }
            try await database.buy(course, days: 60, by: member)
            let faults = try await database.audit()
            #expect(faults == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund of one of two stacked periods ends exactly its own`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, clock in
            let course = try await database.makeCourse("One")
            let first = try await database.buy(course, days: 28, by: member)
            clock.set(.at("2026-02-11T00:00:00Z"))
            let second = try await database.buy(course, days: 60, by: member)

            clock.set(.at("2026-02-21T00:00:00Z"))
            try await database.refund(first)
            let kept = try await database.enrollment(of: member, in: course)
            #expect(kept?.accessUntil == .at("2026-04-12T00:00:00Z"))
            // Once more changes nothing.
            try await database.refund(first)
            #expect(try await database.enrollment(of: member, in: course) == kept)

            try await database.refund(second)
            let ended = try await database.enrollment(of: member, in: course)
            #expect(ended?.accessUntil == nil)
            #expect(ended?.status(at: clock.now) == .refunded)
            #expect(try await database.opens(course.closed, of: course, to: member) == false)

            clock.set(.at("2026-02-22T00:00:00Z"))
            try await database.buy(course, days: 7, by: member)
            let again = try await database.enrollment(of: member, in: course)
            #expect(again?.accessUntil == .at("2026-03-01T00:00:00Z"))
            #expect(again?.id == kept?.id)
            #expect(try await database.audit().isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an order that is fulfilled twice gives its days once`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            let order = try await database.buy(course, days: 28, by: member)
            let before = try await database.enrollment(of: member, in: course)
            try await database.write { try CourseSeller().fulfil(order, in: $0) }
            #expect(try await database.enrollment(of: member, in: course) == before)
        }
    }

    @Test(arguments: TestEngine.available)
    func `orders that are paid at once all count`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, clock in
            let course = try await database.makeCourse("One")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { try await database.buy(course, days: 10, by: member) }
                }
                try await group.waitForAll()
            }
            let end = try await database.enrollment(of: member, in: course)?.accessUntil
            let owned = try #require(end) - clock.now
            #expect(owned >= .days(80) && owned < .days(80) + .seconds(1))
            #expect(try await database.audit().isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a member's courses are listed from new to old, page by page`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            for index in 1...5 {
                let course = try await database.makeCourse("Course \(index)")
                try await database.buy(course, days: 10, by: member)
                try await database.buy(course, days: 10, by: ID(rawValue: 2))
            }
            var titles: [String] = []
            var after: Int64?
            repeat {
                let list = ListEnrollments(
                    member: member, page: PageRequest(limit: 2, after: after))
                let page = try await database.read { try list.run(in: $0) }
                titles += page.items.map(\.course.title)
                after = page.next
            } while after != nil
            #expect(titles == (1...5).reversed().map { "Course \($0)" })
        }
    }

    @Test(arguments: TestEngine.available)
    func `the audit names an enrolment that its grants do not explain`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            try await database.buy(course, days: 10, by: member)
            #expect(try await database.audit().isEmpty)
            try await database.write { [member] tx in
                var enrollment = try tx.lockEnrollment(of: member, in: course.id)
                enrollment.accessUntil = tx.now + .days(1_000)
                try tx.save(enrollment)
            }
            let faults = try await database.audit()
            #expect(faults.count == 1 && faults[0].hasPrefix("enr_"))
        }
    }
}
