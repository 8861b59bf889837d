import Basics
import Money
import Store
import Web

extension Checkout {
    /// A second person approves a refund, and in the same transaction it is made: the demand is
    /// allocated afresh under the order's lock. What refuses it now refuses the approval, and the
    /// request goes on waiting, for somebody to reject.
    ///
    /// Lines of which a part went back meanwhile give back what is left of them, so all in all what was
    /// approved; more than was asked for is never given back.
    /// - Throws: `approval-needs-person`, `not-found`, `refund-request-decided`, `own-refund-request`,
    ///   `refund-exceeds-request`, and what refuses a refund.
    package func approveRefund(
        _ id: ID<RefundRequest>, by approver: Session, in tx: Transaction
    ) throws -> RefundRequest {
        // A key works for whoever holds it: that is no second pair of eyes.
        guard approver.apiKey == nil else { throw Problem.approvalNeedsPerson }
        var (order, request) = try lockPending(id, in: tx)
        guard approver.memberID != request.requestedBy else { throw Problem.ownRefundRequest }
        let allocation = try request.demand.allocation(of: order.value)
        guard allocation.total <= request.total else {
            throw Problem.refundExceedsRequest(request.total)
        }
        try tx.note("refund-approved", order.id, by: approver.memberID.description)
        let refund = try giveBack(
            allocation, of: &order, reason: request.reason, by: request.requestedBy, in: tx)
        request.decision = .init(
            by: approver.memberID, at: tx.now, outcome: .approved(refund.id))
        try tx.save(request, of: order)
        return request
    }

    /// Somebody says no to a refund that waits, or who has asked for it takes it back.
    /// - Throws: `reason-required`, `reason-too-long`, `not-found`, `refund-request-decided`.
    package func rejectRefund(
        _ id: ID<RefundRequest>, reason: String, by actor: ID<Member>, in tx: Transaction
    ) throws -> RefundRequest {
        try check(reason: reason)
        let (order, pending) = try lockPending(id, in: tx)
        var request = pending
        request.decision = .init(by: actor, at: tx.now, outcome: .rejected(reason: reason))
        try tx.save(request, of: order)
        let event = request.isWithdrawn ? "refund-withdrawn" : "refund-rejected"
        try tx.note(event, order.id, by: actor.description)
        return request
    }

    /// The order's lock is its requests' lock, too: of two who decide, the second finds it decided.
    private func lockPending(_ id: ID<RefundRequest>, in tx: Transaction) throws
        -> (Locked<Order>, RefundRequest)
    {
        guard let known = try tx.refundRequest(id), let order = try tx.lockOrder(known.order),
            let request = try tx.refundRequest(id)
        else { throw Problem.notFound }
        guard request.status == .pending else { throw Problem.refundRequestDecided }
        return (order, request)
    }
}
