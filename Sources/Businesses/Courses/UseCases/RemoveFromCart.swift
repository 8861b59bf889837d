import Basics
import Store
import Web

/// Takes a course out of a member's cart; one that is not there is as good as removed.
struct RemoveFromCart: Sendable {
    let member: ID<Member>
    let course: ID<Course>

    func run(in tx: Transaction) throws {
        try tx.removeCartItem(course, of: member)
    }
}
