import Basics
import Money
import Store
import Web

/// What an operator gives back: whole lines, or a sum taken from the lines in their order.
package enum RefundDemand: Hashable, Sendable {
    case lines([ID<OrderLine>])
    case amount(Amount)

    /// What it gives back of an order as it stands.
    /// - Throws: `already-refunded`, `order-not-refundable`, and what `RefundAllocation` refuses.
    func allocation(of order: Order) throws(Problem) -> RefundAllocation {
        if order.status == .refunded { throw .alreadyRefunded }
        guard [.completed, .paid, .partiallyRefunded].contains(order.status) else {
            throw .orderNotRefundable
        }
        switch self {
        case .lines(let lines): return try RefundAllocation(lines: lines, of: order)
        case .amount(let amount): return try RefundAllocation(amount: amount, of: order)
        }
    }
}

/// A refund above the limit: one person has asked for it, and another has to approve it.
///
///     pending ──► approved     with its refund, in one transaction
///        └──────► rejected     by anybody, also by who has asked
///
/// While it waits no money moves and none is held.
package struct RefundRequest: Entity, Sendable {
    package static let prefix = "rrq"

    package enum Status: String, SQLText, Codable, CaseIterable {
        case pending, approved, rejected
    }

    package struct Decision: Hashable, Sendable {
        package enum Outcome: Hashable, Sendable {
            case approved(ID<OrderRefund>)
            case rejected(reason: String)
        }

        package let by: ID<Member>
        package let at: Instant
        package let outcome: Outcome
    }

    package let id: ID<RefundRequest>
    package let order: ID<Order>
    package let demand: RefundDemand
    /// What it came to when it was asked for. No more is ever given back for it.
    package let total: Amount
    package let reason: String
    package let requestedBy: ID<Member>
    package let createdAt: Instant
    package var decision: Decision?

    package var status: Status {
        switch decision?.outcome {
        case nil: .pending
        case .approved: .approved
        case .rejected: .rejected
        }
    }

    /// Whether who had asked for it took it back.
    package var isWithdrawn: Bool { status == .rejected && decision?.by == requestedBy }
}
