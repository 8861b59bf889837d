import Basics
import Checkout
import Money
import Promotions
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// The cart, on both engines.
struct CartTests {
    private let member = ID<Member>(rawValue: 1)

    @Test(arguments: TestEngine.available)
    func `commerce C31, defect 14: two devices that add courses at once lose neither`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let courses = [
                try await database.makeCourse("One"), try await database.makeCourse("Two"),
            ]
            for _ in 0..<5 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for course in courses {
                        group.addTask { try await database.put(course, days: 365, by: member) }
                    }
                    try await group.waitForAll()
                }
                let ids = try await database.cart(of: member).map(\.course.id)
                #expect(Set(ids) == Set(courses.map(\.id)))
                for course in courses {
                    let command = RemoveFromCart(member: member, course: course.id)
                    try await database.write { try command.run(in: $0) }
                }
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce defect 13: a course lies in the cart once, with the policy chosen last`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One", [30: 9_900, 365: 59_900])
            try await database.put(course, days: 30, by: member)
            try await database.put(course, days: 365, by: member)
            let lines = try await database.cart(of: member)
            #expect(lines.map(\.policy?.days) == [365])
            #expect(try Cart(lines: lines).total() == Amount(59_900))
            #expect(try await database.cart(of: ID(rawValue: 2)).isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce defect 15: a policy is known by its id and only with its own course`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One")
            let two = try await database.makeCourse("Two")
            let foreign = PutInCart(
                member: member, course: one.id, policy: two.policy(days: 365))
            let refusal = await problem { try await database.write { try foreign.run(in: $0) } }
            #expect(refusal == .policyNotFound.at("/policyId"))
            try await database.put(one, days: 365, by: member)
            #expect(try await database.cart(of: member).count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `the cart is priced when it is looked at`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One", [30: 9_900])
            try await database.put(course, days: 30, by: member)
            func line() async throws -> CartLine { try await database.cart(of: member)[0] }
            func edit(_ draft: CourseDraft) async throws {
                let command = EditCourse(course: course.id, draft: draft)
                try await database.write { try command.run(in: $0) }
            }
            #expect(try await line().isPriceChanged == false)

            try await edit(CourseDraft(policies: [PriceTerms(days: 30, price: Amount(12_000))]))
            #expect(try await line().isPriceChanged)
            #expect(try await line().policy?.price == Amount(12_000))
            try await database.put(course, days: 30, by: member)
            #expect(try await line().isPriceChanged == false)

            try await edit(CourseDraft(policies: [PriceTerms(days: 90, price: Amount(20_000))]))
            #expect(try await line().isPolicyWithdrawn)
            #expect(try await line().policy == nil)

            try await edit(CourseDraft(status: .offline))
            #expect(try await line().isOffline)
            #expect(try await line().isPolicyWithdrawn == false)
            #expect(try Cart(lines: [await line()]).total() == .zero)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a course that is owned says until when`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, clock in
            let course = try await database.makeCourse("One")
            try await database.buy(course, days: 28, by: member)
            try await database.put(course, days: 365, by: member)
            let enrollment = try await database.enrollment(of: member, in: course)
            #expect(try await database.cart(of: member)[0].ownedUntil == enrollment?.accessUntil)
            clock.advance(by: .days(29))
            #expect(try await database.cart(of: member)[0].ownedUntil == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is not for sale stays out of the cart`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            func refusal(_ status: Course.Status, _ id: ID<Course>) async throws -> Problem? {
                let edit = EditCourse(course: course.id, draft: CourseDraft(status: status))
                try await database.write { try edit.run(in: $0) }
                let put = PutInCart(
                    member: member, course: id, policy: course.policy(days: 365))
                return await problem { try await database.write { try put.run(in: $0) } }
            }
            #expect(try await refusal(.offline, course.id) == .courseNotForSale)
            #expect(try await refusal(.draft, course.id) == .notFound)
            #expect(try await refusal(.onSale, ID(rawValue: 9)) == .notFound)
            #expect(try await refusal(.onSale, course.id) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce defect 21: an order empties the cart of its courses, an expired one fills it`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One", [30: 9_900, 365: 59_900])
            let two = try await database.makeCourse("Two")
            let other = try await database.makeCourse("Other")
            for course in [one, two, other] {
                try await database.put(course, days: 365, by: member)
            }
            let order = Order.of([(one.id, 365), (two.id, 365)], by: member)
            try await database.write { try CourseSeller().reserve(order, in: $0) }
            #expect(try await database.cart(of: member).map(\.course.title) == ["Other"])

            // Put there anew meanwhile: the newer choice stays.
            try await database.put(one, days: 30, by: member)
            try await database.write { try CourseSeller().release(order, in: $0) }
            let lines = try await database.cart(of: member)
            #expect(Set(lines.map(\.course.title)) == ["One", "Two", "Other"])
            #expect(lines.first { $0.course.id == one.id }?.policy?.days == 30)

            try await database.write { try CourseSeller().release(order, in: $0) }
            #expect(try await database.cart(of: member).count == 3)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what was paid does not come back to the cart`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            try await database.put(course, days: 365, by: member)
            let order = try await database.buy(course, days: 365, by: member)
            try await database.write { try CourseSeller().release(order, in: $0) }
            #expect(try await database.cart(of: member).isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a cart has an end`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            let policy = course.policies[0]
            try await database.write { tx in
                for index in 0..<Int64(Cart.mostItems) {
                    let other = try CreateCourse(draft: CourseDraft(title: "c\(index)")).run(in: tx)
                    try tx.put(
                        CartItem(
                            member: member, courseID: other, policyID: policy.id,
                            price: .zero, addedAt: tx.now))
                }
            }
            let refusal = await problem { try await database.put(course, days: 365, by: member) }
            #expect(refusal == .cartFull)
        }
    }
}
