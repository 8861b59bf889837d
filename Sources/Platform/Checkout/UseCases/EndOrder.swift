import Basics
import Ledger
import Payments
import Promotions
import Scheduling
import Store
import Web

extension Checkout {
    enum Ending: String { case expired, cancelled }

    /// The member gives an order up before it is paid.
    /// - Throws: `not-found`, `order-not-pending`; `gateway-unreachable` if the gateway cannot say
    ///   whether it has been paid: then nothing has changed.
    package func cancel(_ id: ID<Order>, by member: ID<Member>) async throws -> Order {
        let order = try await database.read { try $0.order(id) }
        guard let order, order.member == member else { throw Problem.notFound }
        guard order.status == .pendingPayment else { throw Problem.orderNotPending }
        guard try await settlePayments(of: id) else { throw Problem.gatewayUnreachable }
        return try await database.write { [self] tx in
            guard let order = try tx.lockOrder(id) else { throw Problem.notFound }
            guard order.status == .pendingPayment else { throw Problem.orderNotPending }
            // Another device may have opened a payment since the gateway was asked.
            guard try !tx.hasLiveAttempt(ofOrder: id) else { throw Problem.paymentInProgress }
            return try end(order, as: .cancelled, by: member.description, in: tx)
        }
    }

    /// The order's time is over: asks the gateway first, then ends what is still unpaid.
    /// - Throws: `Reschedule` while the gateway cannot be asked.
    func expire(_ id: ID<Order>) async throws {
        guard let order = try await database.read({ try $0.order(id) }),
            order.status == .pendingPayment
        else { return }
        guard try await settlePayments(of: id) else { throw Reschedule(after: .seconds(10)) }
        try await database.write { [self] tx in
            guard let order = try tx.lockOrder(id), order.status == .pendingPayment else { return }
            guard try !tx.hasLiveAttempt(ofOrder: id) else {
                throw Reschedule(after: .seconds(10))
            }
            _ = try end(order, as: .expired, by: "system", in: tx)
        }
    }

    /// Closes the order's open attempts at their gateways, or learns that one was paid.
    /// - Returns: false if a gateway did not say.
    func settlePayments(of order: ID<Order>) async throws -> Bool {
        let attempts = try await database.read { snapshot in
            try snapshot.openAttempts(ofOrder: order)
        }
        for attempt in attempts {
            let resolution = try await payments.resolve(attempt, close: true)
            if resolution == .unknown || resolution == .waiting { return false }
        }
        return true
    }

    /// Gives everything back that the order kept for itself.
    private func end(
        _ order: Locked<Order>, as ending: Ending, by actor: String, in tx: Transaction
    ) throws -> Order {
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
        return order.value
    }
}

extension Snapshot {
    /// Whether a payer may be at a cashier for this order.
    fileprivate func hasLiveAttempt(ofOrder order: ID<Order>) throws -> Bool {
        guard let intent = try intent(purpose: OrderPurpose.kind, subject: order.rawValue) else {
            return false
        }
        return try attempts(of: intent.id).contains { $0.status.isLive }
    }

    /// Attempts of an order that may still bring money.
    fileprivate func openAttempts(ofOrder order: ID<Order>) throws -> [ID<PaymentAttempt>] {
        guard let intent = try intent(purpose: OrderPurpose.kind, subject: order.rawValue) else {
            return []
        }
        return try attempts(of: intent.id).filter(\.status.isUnsettled).map(\.id)
    }
}
