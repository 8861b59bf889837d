import Basics
import Checkout
import Ledger
import Money
import Promotions
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// What Checkout is offered, on both engines.
struct SellerTests {
    private let member = ID<Member>(rawValue: 1)

    private func offers(_ requests: [OfferRequest], _ database: Database) async throws -> [Offer] {
        try await database.read { [member] in
            try CourseSeller().offers(requests, to: member, in: $0)
        }
    }

    private func request(_ course: ID<Course>, _ policy: ID<PricePolicy>? = nil) -> OfferRequest {
        OfferRequest(
            product: ProductRef(kind: "course", id: course), policyID: policy?.rawValue)
    }

    @Test(arguments: TestEngine.available)
    func `commerce defects 9, 10: an offer always says for how many days, with a cart or without`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One", [30: 9_900, 365: 59_900])
            let two = try await database.makeCourse("Two", [90: 0])
            try await database.put(one, days: 30, by: member)
            let offers = try await offers(
                [request(two.id, two.policy(days: 90)), request(one.id)], database)
            #expect(offers.map(\.title) == ["Two", "One"])
            #expect(offers.map(\.days) == [90, 30])
            #expect(offers.map(\.listPrice) == [.zero, Amount(9_900)])

            // A policy that is named goes before the cart's: buy now.
            let now = try await self.offers([request(one.id, one.policy(days: 365))], database)
            #expect(now.map(\.days) == [365])
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce C30, defect 28: a course that is not in the cart is refused at its line`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One")
            let two = try await database.makeCourse("Two")
            try await database.put(one, days: 365, by: member)
            try await database.put(two, days: 365, by: ID(rawValue: 2))
            let refusal = await problem {
                _ = try await self.offers([self.request(one.id), self.request(two.id)], database)
            }
            #expect(refusal == .courseNotInCart.at("/lines/1/courseId"))
            #expect(try await database.cart(of: member).count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is not for sale is refused at its line`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let one = try await database.makeCourse("One", [30: 9_900])
            let two = try await database.makeCourse("Two")
            let edit = EditCourse(
                course: one.id,
                draft: CourseDraft(policies: [PriceTerms(days: 90, price: Amount(1))]))
            try await database.put(one, days: 30, by: member)
            try await database.write { try edit.run(in: $0) }
            func refusal(_ request: OfferRequest) async -> Problem? {
                await problem { _ = try await self.offers([request], database) }
            }
            let noPolicy = Problem.policyNotFound.at("/lines/0/policyId")
            #expect(await refusal(request(one.id)) == noPolicy)
            #expect(await refusal(request(one.id, one.policy(days: 30))) == noPolicy)
            #expect(await refusal(request(one.id, two.policy(days: 365))) == noPolicy)

            let notSold = Problem.courseNotForSale.at("/lines/0/courseId")
            #expect(await refusal(request(ID(rawValue: 9))) == notSold)
            for status in [Course.Status.offline, .draft] {
                let edit = EditCourse(course: one.id, draft: CourseDraft(status: status))
                try await database.write { try edit.run(in: $0) }
                #expect(await refusal(request(one.id)) == notSold)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `an offer names the course's category and the one above`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let (course, shelves) = try await database.write { tx in
                let top = try AddCategory(name: "编程", parent: nil).run(in: tx)
                let inner = try AddCategory(name: "Swift", parent: top.id).run(in: tx)
                var draft = CourseDraft.onSale("One")
                draft.categoryId = .set(inner.id)
                return (try CreateCourse(draft: draft).run(in: tx), [inner.id, top.id])
            }
            let policy = try await database.read { try $0.policies(of: course)[0].id }
            let offers = try await offers([request(course, policy)], database)
            #expect(offers[0].categories == shelves.map(\.rawValue))
            #expect(offers[0].product == ProductRef(kind: "course", id: course))
        }
    }

    @Test func `what courses earn has one account`() {
        #expect(CourseSeller().revenueAccount == "income:courses")
        #expect(CourseSeller().productKinds == ["crs": "course"])
    }
}
