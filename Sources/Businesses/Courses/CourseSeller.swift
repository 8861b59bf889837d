import Basics
import Checkout
import Ledger
import Promotions
import Store
import Web

/// What Courses gives to Checkout: prices going in, access coming out.
package struct CourseSeller: Seller {
    static let name = "courses"

    package let business = name
    package let productKinds = [Course.prefix: Course.productKind]
    package let revenueAccount = AccountAddress.courseIncome

    package init() {}

    package func offers(
        _ requests: [OfferRequest], to member: ID<Member>, in snapshot: Snapshot
    ) throws -> [Offer] {
        try OfferCourses(requests: requests, member: member).run(in: snapshot)
    }

    package func reserve(_ order: Order, in tx: Transaction) throws {
        try TakeFromCart(order: order).run(in: tx)
    }

    package func release(_ order: Order, in tx: Transaction) throws {
        try ReturnToCart(order: order).run(in: tx)
    }

    package func fulfil(_ order: Order, in tx: Transaction) throws {
        try GrantAccess(order: order).run(in: tx)
    }

    package func revoke(_ lines: [OrderLine], of order: Order, in tx: Transaction) throws {
        try RevokeAccess(lines: lines).run(in: tx)
    }
}

extension CourseSeller {
    /// What coupons may be for here, by its name, so that nobody makes a coupon for a thing that does
    /// not exist.
    package static let couponTitles: [CouponScope.Kind: CouponScopes.Title] = [
        .course: { scope, snapshot in
            try scope.id.flatMap { ID<Course>($0) }.flatMap(snapshot.course)?.title
        },
        .category: { scope, snapshot in
            try scope.id.flatMap { ID<Category>($0) }.flatMap(snapshot.category)?.name
        },
    ]
}
