import Basics
import Ledger
import Money
import Promotions
import Store
import Web

extension Order: Entity { package static let prefix = "ord" }
extension OrderLine: Entity { package static let prefix = "oli" }

/// What was agreed at one instant: prices, discounts and tenders as they were, per line, stored and
/// never computed again (commerce D7).
package struct Order: Sendable {
    /// Section 4 of the commerce rules; `completed` where fulfilment is the payment's transaction,
    /// `paid` where something is still owed.
    package enum Status: String, SQLText, Codable, CaseIterable {
        case pendingPayment = "pending-payment"
        case paid, completed, expired, cancelled
        case partiallyRefunded = "partially-refunded"
        case refunded
    }

    package var id: ID<Order>
    package var member: ID<Member>
    package var business: String
    package var status: Status
    package var listTotal: Amount
    package var lineDiscount: Amount
    package var orderDiscount: Amount
    package var total: Amount
    package var walletAmount: Amount
    package var gatewayAmount: Amount
    /// What has been given back, over both tenders.
    package var refunded: Amount
    package var orderCouponID: ID<Coupon>?
    package var holdID: ID<Hold>?
    package var createdAt: Instant
    package var expiresAt: Instant
    package var paidAt: Instant?
    package var lines: [OrderLine]

    /// What a person reads out on the telephone: the business day and the id's digits.
    package var number: String {
        let date = BusinessCalendar.date(of: createdAt).description.replacing("-", with: "")
        return "\(date)-\(Base32.encode(id.rawValue, digits: 10).uppercased())"
    }
}

/// One product of an order: `net = wallet + gateway`, always.
package struct OrderLine: Sendable {
    package var id: ID<OrderLine>
    package var product: ProductRef
    package var policyID: Int64
    package var title: String
    package var days: Int64?
    package var listPrice: Amount
    package var lineDiscount: Amount
    package var orderDiscount: Amount
    package var net: Amount
    package var wallet: Amount
    package var gateway: Amount
    package var couponID: ID<Coupon>?
    package var refundedWallet: Amount
    package var refundedGateway: Amount
    /// When the line was given back whole; a line of net 0 can be too.
    package var refundedAt: Instant?
}
