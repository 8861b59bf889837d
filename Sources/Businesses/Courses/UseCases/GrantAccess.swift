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
            enrollment.accessUntil = try tx.grants(of: enrollment.id).accessEnd()
            try tx.save(enrollment)
        }
        try tx.forgetOrderedItems(order.id.rawValue)
    }
}
