import Basics
import Money
import Store
import Web

/// A refund that a second person has to approve, as operators see it.
package struct RefundRequestView: Codable, Sendable, AcceptedView {
    package static let mark = "requestedBy"

    package var id: ID<RefundRequest>
    package var orderId: ID<Order>
    package var status: RefundRequest.Status
    package var currency: String
    /// What was asked for: whole lines, or a sum; null is the other.
    package var lines: OrNull<[ID<OrderLine>]>
    package var amount: OrNull<Amount>
    /// What that came to when it was asked for; no more is ever given back for it.
    package var total: Amount
    /// What it would give back now; null if it is decided, or can no longer be done and only rejected.
    package var totalNow: OrNull<Amount>
    package var reason: String
    package var requestedBy: ID<Member>
    package var createdAt: Instant
    package var decidedBy: OrNull<ID<Member>>
    package var decidedAt: OrNull<Instant>
    /// Why it was rejected.
    package var decisionReason: OrNull<String>
    /// The refund that was made.
    package var refundId: OrNull<ID<OrderRefund>>

    /// - Parameter order: its order, as it stands.
    init(_ request: RefundRequest, of order: Order) {
        id = request.id
        orderId = request.order
        status = request.status
        currency = Currency.cny.code
        lines = OrNull(nil)
        amount = OrNull(nil)
        switch request.demand {
        case .lines(let named): lines = OrNull(named)
        case .amount(let sum): amount = OrNull(sum)
        }
        total = request.total
        let now = try? request.demand.allocation(of: order).total
        totalNow = OrNull(request.status == .pending ? now : nil)
        reason = request.reason
        requestedBy = request.requestedBy
        createdAt = request.createdAt
        decidedBy = OrNull(request.decision?.by)
        decidedAt = OrNull(request.decision?.at)
        decisionReason = OrNull(nil)
        refundId = OrNull(nil)
        switch request.decision?.outcome {
        case .approved(let refund): refundId = OrNull(refund)
        case .rejected(let why): decisionReason = OrNull(why)
        case nil: break
        }
    }
}

extension Snapshot {
    /// A request as operators see it.
    func view(_ request: RefundRequest) throws -> RefundRequestView {
        guard let order = try order(request.order) else { throw Problem.notFound }
        return RefundRequestView(request, of: order)
    }
}
