import Basics
import Money
import Payments
import Store
import Web

extension Checkout {
    /// Opens another try to pay a waiting order. An earlier one is closed at its gateway first, so
    /// that nobody pays twice, but not for a try that cannot be opened: run it inside
    /// `Payments.askingFirst`.
    /// - Throws: `not-found`, `order-not-pending`, `order-expired`, `AttemptsOpen`, and what
    ///   `Payments.check` refuses.
    func pay(
        _ id: ID<Order>, gateway: String, channel: String, payer: PayerContext,
        by member: ID<Member>, asked: AskedAttempts, in tx: Transaction
    ) throws -> Order {
        guard let order = try tx.lockOrder(id), order.member == member else {
            throw Problem.notFound
        }
        guard order.status == .pendingPayment else { throw Problem.orderNotPending }
        guard tx.now < order.expiresAt else { throw Problem.orderExpired }
        let demand = order.value.demand
        try payments.check(demand, gateway: gateway, channel: channel, payer: payer, in: tx)
        try tx.requireEnded(purpose: OrderPurpose.kind, subject: id.rawValue, asked: asked)
        _ = try payments.open(demand, gateway: gateway, channel: channel, payer: payer, in: tx)
        try tx.note("payment-opened", id, by: member.description)
        return order.value
    }

    /// The member says it is paid: asks the gateway now instead of waiting for the next round.
    package func refreshPayment(of id: ID<Order>, member: ID<Member>) async throws {
        let open = try await database.read { snapshot -> [PaymentAttempt] in
            guard let order = try snapshot.order(id), order.member == member else {
                throw Problem.notFound
            }
            guard
                let intent = try snapshot.intent(
                    purpose: OrderPurpose.kind, subject: id.rawValue)
            else {
                return []
            }
            return try snapshot.attempts(of: intent.id).filter { $0.status.isUnsettled }
        }
        for attempt in open { _ = try await payments.resolve(attempt.id, close: false) }
    }
}
