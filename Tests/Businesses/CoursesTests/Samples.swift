import Basics
import Money
import Promotions
import Store
import TestKit
import Web

@testable import Checkout
@testable import Courses

/// Lends a database with the schema of Courses, at a time that the test sets.
func withCourses(
    _ engine: TestEngine, _ body: (Database, TestClock) async throws -> Void
) async throws {
    let clock = TestClock(.at("2026-02-01T00:00:00Z"))
    try await withDatabase(engine, migrations: coursesMigrations, clock: clock.clock) {
        try await body($0, clock)
    }
}

extension Instant {
    static func at(_ text: String) -> Instant { Instant(text)! }
}

extension CourseDraft {
    /// A course on sale for the given prices, by days.
    static func onSale(_ title: String, _ prices: KeyValuePairs<Int64, Int64> = [365: 59_900])
        -> CourseDraft
    {
        CourseDraft(
            title: title, status: .onSale,
            policies: prices.map { PriceTerms(days: $0.key, price: Amount($0.value)) })
    }
}

/// A course with what tests need to name.
struct SampleCourse: Sendable {
    let id: ID<Course>
    let policies: [PricePolicy]
    let free: ID<Section>
    let closed: ID<Section>

    func policy(days: Int64) -> ID<PricePolicy> { policies.first { $0.days == days }!.id }
}

extension Database {
    /// A course on sale with one chapter of one free and one closed section.
    func makeCourse(_ title: String, _ prices: KeyValuePairs<Int64, Int64> = [365: 59_900])
        async throws -> SampleCourse
    {
        let draft = CourseDraft.onSale(title, prices)
        return try await write { tx in
            let id = try CreateCourse(draft: draft).run(in: tx)
            let chapter = try AddChapter(course: id, draft: .init(title: "One")).run(in: tx)
            let free = SectionDraft(title: "Welcome", free: true, content: "Hello.")
            let closed = SectionDraft(title: "The secret", content: "42")
            return SampleCourse(
                id: id, policies: try tx.policies(of: id),
                free: try AddSection(chapter: chapter.id, draft: free).run(in: tx).id,
                closed: try AddSection(chapter: chapter.id, draft: closed).run(in: tx).id)
        }
    }

    func put(_ course: SampleCourse, days: Int64, by member: ID<Member>) async throws {
        let command = PutInCart(
            member: member, course: course.id, policy: course.policy(days: days))
        try await write { try command.run(in: $0) }
    }

    func cart(of member: ID<Member>) async throws -> [CartLine] {
        try await read { try ViewCart(member: member).run(in: $0).lines }
    }

    /// Buys a course for some days, as Checkout tells it.
    @discardableResult
    func buy(_ course: SampleCourse, days: Int64, by member: ID<Member>) async throws -> Order {
        let order = Order.of([(course.id, days)], by: member)
        try await write { tx in
            try CourseSeller().reserve(order, in: tx)
            try CourseSeller().fulfil(order, in: tx)
        }
        return order
    }

    func refund(_ order: Order) async throws {
        try await write { try CourseSeller().revoke(order.lines, of: order, in: $0) }
    }

    func enrollment(of member: ID<Member>, in course: SampleCourse) async throws -> Enrollment? {
        try await read { try $0.enrollment(of: member, in: course.id) }
    }

    func opens(_ section: ID<Section>, of course: SampleCourse, to visitor: ID<Member>?)
        async throws -> Bool
    {
        let reading = ReadSection(course: course.id, section: section, visitor: visitor)
        do {
            _ = try await read { try reading.run(in: $0) }
            return true
        } catch let problem as Problem where problem == .noAccess {
            return false
        }
    }

    /// Nothing that Courses stores contradicts itself.
    func audit() async throws -> [String] { try await read { try AuditAccess().run(in: $0) } }
}

extension Order {
    static func of(_ lines: [(course: ID<Course>, days: Int64)], by member: ID<Member>) -> Order {
        Order(
            id: .make(), member: member, business: "courses", status: .completed,
            listTotal: .zero, lineDiscount: .zero, orderDiscount: .zero, total: .zero,
            walletAmount: .zero, gatewayAmount: .zero, refunded: .zero, orderCouponID: nil,
            holdID: nil, createdAt: .at("2026-02-01T00:00:00Z"),
            expiresAt: .at("2026-02-01T00:30:00Z"), paidAt: nil,
            lines: lines.map { line in
                OrderLine(
                    id: .make(), product: ProductRef(kind: Course.productKind, id: line.course),
                    policyID: 0, title: "A course", days: line.days, listPrice: .zero,
                    lineDiscount: .zero, orderDiscount: .zero, net: .zero, wallet: .zero,
                    gateway: .zero, couponID: nil, refundedWallet: .zero,
                    refundedGateway: .zero, refundedAt: nil)
            })
    }
}

extension Problem {
    /// The fields at fault, as `/title text-missing`.
    var faults: [String] { errors.map { "\($0.pointer) \($0.code)" } }
}

/// The problem that `body` ends with.
func problem(_ body: () async throws -> Void) async -> Problem? {
    do {
        try await body()
        return nil
    } catch {
        return error as? Problem
    }
}
