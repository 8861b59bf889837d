import Basics
import Checkout
import Promotions
import Store

/// The order is paid: every line gives its days of access, in the transaction of the payment.
struct GrantAccess: Sendable {
    let order: Order

    func run(in tx: Transaction) throws {
        // By course: two orders of one member lock their enrolments in one order.
        for line in order.lines.sorted(by: { $0.product.id < $1.product.id }) {
            guard let course = line.course, let days = line.days else { continue }
            var enrollment = try tx.lockEnrollment(of: order.member, in: course)
            let grant = Grant(
                orderLine: line.id.rawValue, enrollmentID: enrollment.id, days: days,
                grantedAt: tx.now, revokedAt: nil)
            guard try tx.insert(grant) else { continue }
            // All of them are looked at only if another node's clock is ahead of this one's.
            enrollment.accessUntil =
                try tx.hasGrants(of: enrollment.id, after: grant.grantedAt)
                ? tx.grants(of: enrollment.id).accessEnd()
                : grant.extending(enrollment.accessUntil)
            try tx.save(enrollment)
        }
        try tx.forgetOrderedItems(order.id.rawValue)
    }
}
