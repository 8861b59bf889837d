import Basics
import Money
import Payments
import Promotions
import Store
import Web

/// An order as it is shown to its member and to operators.
package struct OrderView: Codable, Sendable {
    package struct Line: Codable, Sendable {
        package var id: ID<OrderLine>
        package var courseId: String
        package var policyId: String
        package var title: String
        package var days: Int64?
        package var listPrice: Amount
        package var lineDiscount: Amount
        package var orderDiscount: Amount
        package var net: Amount
        package var wallet: Amount
        package var gateway: Amount
        package var couponId: ID<Coupon>?
        package var refunded: Amount
        package var refundedAt: Instant?
    }

    package struct Refund: Codable, Sendable {
        package var id: ID<OrderRefund>
        package var amount: Amount
        package var wallet: Amount
        package var gateway: Amount
        package var reason: String
        package var createdAt: Instant
        /// Of the gateway's part: `requested`, `unknown`, `failed`, `succeeded`.
        package var status: PaymentRefund.Status
    }

    package var id: ID<Order>
    package var number: String
    package var business: String
    package var status: Order.Status
    package var currency: String
    package var listTotal: Amount
    package var lineDiscount: Amount
    package var orderDiscount: Amount
    package var total: Amount
    package var walletAmount: Amount
    package var gatewayAmount: Amount
    package var refunded: Amount
    package var orderCouponId: ID<Coupon>?
    package var createdAt: Instant
    package var expiresAt: Instant
    package var paidAt: Instant?
    package var lines: [Line]
    package var refunds: [Refund]
    package var payment: OrNull<PaymentView>
}

extension ID<Order> {
    /// Of what a view of the order is made: news of these make another.
    var news: [String] { [description, ID<PaymentIntent>.of(rawValue).description] }
}

extension Checkout {
    /// The order with its payment as it stands; what the payer has to do is added outside the
    /// transaction by `withAction`, because it is signed.
    func view(_ order: Order, in snapshot: Snapshot) throws -> OrderView {
        let intent = try snapshot.intent(
            purpose: OrderPurpose.kind, subject: order.id.rawValue)
        let attempts = try intent.map { try snapshot.attempts(of: $0.id) } ?? []
        let shown = attempts.first { $0.disposition == .settled } ?? attempts.last
        let paymentRefunds = try shown.map { try snapshot.refunds(of: $0.id) } ?? []
        let refunds = try snapshot.refunds(of: order.id).map { refund in
            let atGateway = paymentRefunds.first { $0.id.rawValue == refund.paymentRefundID }
            return OrderView.Refund(
                id: refund.id, amount: try refund.wallet.adding(refund.gateway),
                wallet: refund.wallet, gateway: refund.gateway, reason: refund.reason,
                createdAt: refund.createdAt, status: atGateway?.status ?? .succeeded)
        }
        return OrderView(
            id: order.id, number: order.number, business: order.business, status: order.status,
            currency: Currency.cny.code, listTotal: order.listTotal,
            lineDiscount: order.lineDiscount, orderDiscount: order.orderDiscount,
            total: order.total, walletAmount: order.walletAmount,
            gatewayAmount: order.gatewayAmount, refunded: order.refunded,
            orderCouponId: order.orderCouponID, createdAt: order.createdAt,
            expiresAt: order.expiresAt, paidAt: order.paidAt,
            lines: try order.lines.map(lineView), refunds: refunds,
            payment: OrNull(shown.map { PaymentView($0) }))
    }

    private func lineView(_ line: OrderLine) throws -> OrderView.Line {
        OrderView.Line(
            id: line.id, courseId: text(line.product),
            policyId: ID<PolicyName>(rawValue: line.policyID).description, title: line.title,
            days: line.days, listPrice: line.listPrice, lineDiscount: line.lineDiscount,
            orderDiscount: line.orderDiscount, net: line.net, wallet: line.wallet,
            gateway: line.gateway, couponId: line.couponID,
            refunded: try line.refundedWallet.adding(line.refundedGateway),
            refundedAt: line.refundedAt)
    }

    /// The view with what the payer has to do next; nil if that is nothing.
    func action(_ view: OrderView) async throws -> OrderView? {
        guard let payment = view.payment.value else { return nil }
        var view = view
        view.payment = OrNull(try await payments.withAction(payment))
        return view
    }
}
