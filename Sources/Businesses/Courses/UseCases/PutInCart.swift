import Basics
import Store
import Web

/// Puts a course into a member's cart, or changes the period chosen for it.
///
/// A course that the member has already is welcome: buying it again extends access (commerce D20).
struct PutInCart: Sendable {
    let member: ID<Member>
    let course: ID<Course>
    let policy: ID<PricePolicy>

    /// - Throws: `not-found`, `course-not-for-sale`, `policy-not-found`, `cart-full`.
    func run(in tx: Transaction) throws {
        guard let course = try tx.course(course), course.isPublic else { throw Problem.notFound }
        guard course.isOnSale else { throw Problem.courseNotForSale }
        let offered = try tx.activePolicies(of: course.id)
        guard let policy = offered.first(where: { $0.id == policy }) else {
            throw Problem.policyNotFound.at("/policyId")
        }
        // Two devices at once may pass the limit by one: it keeps a page readable, no more.
        let items = try tx.cartItems(of: member)
        guard items.count < Cart.mostItems || items.contains(where: { $0.courseID == course.id })
        else { throw Problem.cartFull }
        try tx.put(
            CartItem(
                member: member, courseID: course.id, policyID: policy.id, price: policy.price,
                addedAt: tx.now))
    }
}
