import Basics
import Money
import Web

/// A course in a member's cart, as it was put there.
struct CartItem: Hashable, Sendable {
    let member: ID<Member>
    let courseID: ID<Course>
    let policyID: ID<PricePolicy>
    /// What the policy cost then: how the member learns that it changed.
    let price: Amount
    let addedAt: Instant
}

/// A cart item at today's price. Nothing of the price comes from the item itself.
struct CartLine: Hashable, Sendable {
    let item: CartItem
    let course: Course
    /// What the course is offered for now.
    let policies: [PricePolicy]
    /// Until when the member has access already; buying extends it.
    let ownedUntil: Instant?

    /// The chosen policy; nil if it cannot be bought at present.
    var policy: PricePolicy? {
        isOffline ? nil : policies.first { $0.id == item.policyID }
    }

    var isOffline: Bool { !course.isOnSale }
    /// On sale, but no longer for the chosen period.
    var isPolicyWithdrawn: Bool { !isOffline && policy == nil }
    var isPriceChanged: Bool { policy.map { $0.price != item.price } ?? false }
}

/// What a member means to buy, newest first. It lies on the server, row by row, so that two devices
/// cannot lose each other's courses (commerce C31).
struct Cart: Hashable, Sendable {
    static let mostItems = 100

    let lines: [CartLine]

    /// What everything in it that can be bought costs, before any coupon.
    func total() throws(Problem) -> Amount {
        try lines.compactMap { $0.policy?.price }.total()
    }
}
