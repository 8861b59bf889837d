import Basics
import Checkout
import Promotions
import Store

/// Lines were refunded in full: each ends exactly the access it gave; what other lines gave stays.
struct RevokeAccess: Sendable {
    let lines: [OrderLine]

    func run(in tx: Transaction) throws {
        for line in lines.sorted(by: { $0.product.id < $1.product.id }) {
            guard var enrollment = try tx.lockEnrollment(grantedBy: line.id.rawValue) else {
                continue
            }
            try tx.revokeGrant(of: line.id.rawValue, in: enrollment)
            enrollment.accessUntil = try tx.grants(of: enrollment.id).accessEnd()
            try tx.save(enrollment)
        }
    }
}
