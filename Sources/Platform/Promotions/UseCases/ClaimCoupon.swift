import Basics
import Store
import Web

extension Transaction {
    /// Gives a member one coupon of a template, if there is one left for them.
    package func claimCoupon(of id: ID<CouponTemplate>, for member: ID<Member>) throws -> Coupon {
        guard var template = try lockCouponTemplate(id) else { throw Problem.notFound }
        let claims = try claims(of: [id], by: member)[id] ?? 0
        let coupon = try template.value.claim(for: member, alreadyClaimed: claims, at: now)
        try save(template)
        try insert(coupon)
        return coupon
    }
}
