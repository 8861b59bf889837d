import Basics
import Store
import Web

/// Shows a member's cart at today's prices.
struct ViewCart: Sendable {
    let member: ID<Member>

    func run(in snapshot: Snapshot) throws -> Cart {
        let items = try snapshot.cartItems(of: member)
        let ids = items.map(\.courseID)
        let courses = try snapshot.courses(ids)
        let policies = try snapshot.activePolicies(of: ids)
        let enrollments = try snapshot.enrollments(of: member, in: ids)
        return Cart(
            lines: items.compactMap { item in
                courses[item.courseID].map { course in
                    CartLine(
                        item: item, course: course, policies: policies[course.id] ?? [],
                        ownedUntil: enrollments[course.id]?.ownedUntil(at: snapshot.now))
                }
            })
    }
}
