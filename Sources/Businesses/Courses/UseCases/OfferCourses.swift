import Basics
import Checkout
import Promotions
import Store
import Web

/// Prices the courses that a member asks Checkout for: at the policy named, else at the one chosen in
/// the cart.
///
/// Each refusal points at the line at fault, and nothing is written, so that an earlier quote stays
/// as it was (commerce C30, defect 28).
struct OfferCourses: Sendable {
    let requests: [OfferRequest]
    let member: ID<Member>

    /// - Throws: `course-not-for-sale`, `course-not-in-cart` or `policy-not-found` at `/lines/<n>/…`.
    func run(in snapshot: Snapshot) throws -> [Offer] {
        let ids = requests.map { ID<Course>(rawValue: $0.product.id) }
        let courses = try snapshot.courses(ids)
        let policies = try snapshot.activePolicies(of: ids)
        let categories = try snapshot.categories()
        let cart = try snapshot.cartItems(of: member)
        return try requests.enumerated().map { index, request in
            let line = "/lines/\(index)"
            let id = ids[index]
            guard let course = courses[id], course.isOnSale else {
                throw Problem.courseNotForSale.at("\(line)/courseId")
            }
            guard
                let chosen = request.policyID.map(ID<PricePolicy>.init(rawValue:))
                    ?? cart.first(where: { $0.courseID == id })?.policyID
            else { throw Problem.courseNotInCart.at("\(line)/courseId") }
            guard let policy = policies[id]?.first(where: { $0.id == chosen }) else {
                throw Problem.policyNotFound.at("\(line)/policyId")
            }
            return course.offer(at: policy, among: categories)
        }
    }
}

extension Course {
    /// The course as Checkout sells it: with its category and the one above, which coupons may be for.
    fileprivate func offer(at policy: PricePolicy, among categories: [Category]) -> Offer {
        let own = categories.first { $0.id == categoryID }
        let shelves = [own?.id, own?.parentID].compactMap(\.self)
        return Offer(
            product: ProductRef(kind: Self.productKind, id: id), policyID: policy.id.rawValue,
            title: title, days: policy.days, listPrice: policy.price,
            categories: shelves.map(\.rawValue))
    }
}
