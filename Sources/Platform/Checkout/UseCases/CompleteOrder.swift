import Basics
import Ledger
import Money
import Payments
import Promotions
import Scheduling
import Store
import Web

extension Checkout {
    /// Everything that being paid means, in one transaction: the hold is captured, the books are
    /// written, the coupons are used, and the business gives what was bought.
    func complete(_ order: inout Locked<Order>, gateway: String?, in tx: Transaction) throws {
        let seller = try seller(of: order.value)
        for coupon in try tx.lockCoupons(order.couponIDs) {
            let discount = order.value.discount(of: coupon.id)
            try tx.use(coupon, for: order.id.description, discount: discount)
        }
        if let hold = order.holdID {
            try tx.captureHold(
                hold, [(to: .clearing(order.id), amount: order.walletAmount)],
                reference: order.id.description)
            order.holdID = nil
        }
        if order.total.isPositive {
            try tx.post(
                orderPaidJournal(order.value, gateway: gateway, revenue: seller.revenueAccount))
        }
        order.status = .completed
        order.paidAt = tx.now
        try tx.save(order)
        try tx.unschedule("order-expiry", order.id.description)
        try tx.note("completed", order.id, by: gateway ?? order.member.description)
        try seller.fulfil(order.value, in: tx)
    }
}

extension Order {
    /// What a coupon took off this order.
    func discount(of coupon: ID<Coupon>) -> Amount {
        if coupon == orderCouponID { return orderDiscount }
        return lines.first { $0.couponID == coupon }?.lineDiscount ?? .zero
    }
}

/// Orders as Payments sees any business.
package struct OrderPurpose: PaymentPurpose {
    static let kind = "order"
    package let name = "order"
    /// Filled in when Checkout exists: it and Payments need each other.
    private let checkout: @Sendable () -> Checkout

    package init(_ checkout: @escaping @Sendable () -> Checkout) { self.checkout = checkout }

    package func id(_ subject: Int64) -> String { ID<Order>(rawValue: subject).description }
    package func page(_ subject: Int64) -> String { "/orders/\(id(subject))" }

    package func lock(_ subject: Int64, in tx: Transaction) throws {
        _ = try tx.lockOrder(ID(rawValue: subject))
    }

    /// The state decides, not the clock: late by seconds is still paid (commerce D10, C13).
    package func accepts(_ payment: Payment, in tx: Transaction) throws -> Bool {
        try tx.order(ID(rawValue: payment.intent.subject))?.status == .pendingPayment
    }

    package func settle(_ payment: Payment, in tx: Transaction) throws {
        guard var order = try tx.lockOrder(ID(rawValue: payment.intent.subject)) else { return }
        try checkout().complete(&order, gateway: payment.attempt.gateway, in: tx)
    }

    /// An order outlives its attempts: the member may try again until it expires.
    package func attemptEnded(_ payment: Payment, in tx: Transaction) throws {}
}
