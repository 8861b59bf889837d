import Basics
import Ledger
import Payments
import Promotions
import Scheduling
import Store
import Web

extension Checkout {
    enum Ending: String { case expired, cancelled }

    /// The member gives an order up before it is paid. Giving it up again changes nothing, so an answer
    /// that was lost can be asked for once more.
    /// - Throws: `not-found`, `order-not-pending`; `gateway-unreachable` if the gateway cannot say
    ///   whether it has been paid: then nothing has changed.
    package func cancel(_ id: ID<Order>, by member: ID<Member>) async throws {
        try await payments.askingFirst { [self] asked in
            try await database.write { tx in
                guard let order = try tx.lockOrder(id), order.member == member else {
                    throw Problem.notFound
                }
                if order.status == .cancelled { return }
                guard order.status == .pendingPayment else { throw Problem.orderNotPending }
                try tx.requireEnded(
                    purpose: OrderPurpose.kind, subject: id.rawValue, asked: asked)
                try end(order, as: .cancelled, by: member.description, in: tx)
            }
        }
    }

    /// The order's time is over: asks the gateway first, then ends what is still unpaid.
    /// - Throws: `Reschedule` while the gateway cannot be asked: then the order keeps what it holds,
    ///   for it may have been paid.
    func expire(_ id: ID<Order>) async throws {
        do {
            try await payments.askingFirst { [self] asked in
                try await database.write { tx in
                    guard let order = try tx.lockOrder(id), order.status == .pendingPayment else {
                        return
                    }
                    try tx.requireEnded(
                        purpose: OrderPurpose.kind, subject: id.rawValue, asked: asked)
                    try end(order, as: .expired, by: "system", in: tx)
                }
            }
        } catch let problem as Problem
            where [.gatewayUnreachable, .paymentInProgress].contains(problem)
        {
            let now = database.clock.now
            let end = try await database.read { try $0.order(id)?.expiresAt }
            throw Reschedule(after: Payments.patience(since: end ?? now, at: now))
        }
    }

    /// Gives everything back that the order kept for itself.
    private func end(
        _ order: Locked<Order>, as ending: Ending, by actor: String, in tx: Transaction
    ) throws {
        var order = order
        for coupon in try tx.lockCoupons(order.couponIDs) {
            try tx.giveBack(coupon, from: order.id.description)
        }
        if let hold = order.holdID {
            try tx.releaseHold(hold, reference: order.id.description)
            order.holdID = nil
        }
        order.status = ending == .expired ? .expired : .cancelled
        try tx.save(order)
        try tx.unschedule("order-expiry", order.id.description)
        try tx.note(ending.rawValue, order.id, by: actor)
        try seller(of: order.value).release(order.value, in: tx)
    }
}
