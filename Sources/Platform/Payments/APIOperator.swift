import Basics
import Money
import Store
import Web

/// What a payment was for, as it is named outside.
struct PaidObject: Codable, Sendable {
    /// `order`, `top-up`.
    var type: String
    var id: String
    /// What the payer read at the gateway.
    var title: String
    var memberId: ID<Member>
}

struct OperatorAttemptView: Codable, Sendable {
    var id: ID<PaymentAttempt>
    var status: PaymentAttempt.Status
    var disposition: OrNull<PaymentAttempt.Disposition>
    var gateway: String
    var channel: String
    var amount: Amount
    /// Fen that came, where it is not `amount`.
    var received: OrNull<Amount>
    var outTradeNo: String
    var tradeNo: OrNull<String>
    /// Why the gateway gave the payer nothing to do, in the gateway's words.
    var detail: OrNull<String>
    /// Why nobody can be asked how it stands; null where the gateway can.
    var problem: OrNull<OpenProblem>
    var subject: PaidObject
    var createdAt: Instant
}

struct OperatorRefundView: Codable, Sendable {
    var id: ID<PaymentRefund>
    var status: PaymentRefund.Status
    var origin: PaymentRefund.Origin
    var amount: Amount
    var reason: String
    /// Why the gateway has not paid it, in the gateway's words.
    var detail: OrNull<String>
    /// Why nobody can be asked how it stands; null where the gateway can.
    var problem: OrNull<OpenProblem>
    var gateway: String
    var outTradeNo: String
    /// The refund's number at the gateway.
    var outRequestNo: String
    var subject: PaidObject
    var createdAt: Instant
    var settledAt: OrNull<Instant>
}

extension PaymentsModule {
    private static let staff = Access.roles([.operator, .finance])
    private static let problem = QueryParameter(
        "problem", OpenProblem.self,
        "Only those about which nobody can be asked, as their gateway is not configured here.")

    func operatorRoutes(_ api: API) {
        listRoutes(api)
        decisionRoutes(api)
    }

    private func listRoutes(_ api: API) {
        let payments = payments
        api.get(
            "/admin/payments", summary: "All tries to pay, newest first", auth: Self.staff,
            query: [
                QueryParameter("status", PaymentAttempt.Status.self, "Only those in this state."),
                Self.problem,
            ], returns: ListView<OperatorAttemptView>.self
        ) { request in
            let status = try request.query("status", as: PaymentAttempt.Status.self)
            let problem = try request.query("problem", as: OpenProblem.self)
            let page = try request.page()
            return ListView(
                try await payments.database.read { snapshot in
                    try payments.attempts(in: status, with: problem, page: page, in: snapshot)
                })
        }
        api.get(
            "/admin/refunds", summary: "All refunds through gateways, newest first",
            auth: Self.staff,
            query: [
                QueryParameter("status", PaymentRefund.Status.self, "Only those in this state."),
                QueryParameter(
                    "origin", PaymentRefund.Origin.self,
                    "Only those of this origin; `gateway`: nobody here asked for them."),
                Self.problem,
            ], returns: ListView<OperatorRefundView>.self
        ) { request in
            let status = try request.query("status", as: PaymentRefund.Status.self)
            let origin = try request.query("origin", as: PaymentRefund.Origin.self)
            let problem = try request.query("problem", as: OpenProblem.self)
            let page = try request.page()
            return ListView(
                try await payments.database.read { snapshot in
                    try payments.refunds(
                        in: status, from: origin, with: problem, page: page, in: snapshot)
                })
        }
    }

    private func decisionRoutes(_ api: API) {
        let payments = payments
        decision(
            api, "/admin/refunds/{id}/retry", "Sends a refused refund once more",
            refused: "refund-not-failed"
        ) { (id: ID<PaymentRefund>, _, tx) in
            try payments.operatorView(try payments.retryRefund(id, in: tx), in: tx)
        }
        decision(
            api, "/admin/refunds/{id}/credit", "Gives a refused refund as balance instead",
            refused: "refund-not-failed"
        ) { (id: ID<PaymentRefund>, actor, tx) in
            try payments.operatorView(try payments.creditRefund(id, by: actor, in: tx), in: tx)
        }
        decision(
            api, "/admin/payments/{id}/return", "Sends a payment of the wrong amount back",
            refused: "payment-not-in-review"
        ) { (id: ID<PaymentAttempt>, _, tx) in
            try payments.operatorView(try payments.returnReceipt(id, in: tx), in: tx)
        }
        decision(
            api, "/admin/payments/{id}/credit",
            "Puts a payment of the wrong amount into the payer's balance",
            refused: "payment-not-in-review"
        ) { (id: ID<PaymentAttempt>, actor, tx) in
            try payments.operatorView(try payments.creditReceipt(id, by: actor, in: tx), in: tx)
        }
    }

    /// What a person decides about one payment or refund.
    private func decision<E: Entity & SendableMetatype, View: Codable & Sendable>(
        _ api: API, _ path: String, _ summary: String, refused: String,
        _ body: @escaping @Sendable (ID<E>, ID<Member>, Transaction) throws -> View
    ) {
        let database = payments.database
        api.post(
            path, summary: summary, auth: .role(.finance), returns: View.self,
            problems: [404, .status(409, refused, "account-frozen")]
        ) { request -> Reply<View> in
            let id = try request.id(ID<E>.self)
            let actor = try request.memberID
            return try await request.perform(database) { tx in try body(id, actor, tx) }
        }
    }
}

extension Payments {
    func operatorView(_ attempt: PaymentAttempt, in snapshot: Snapshot) throws
        -> OperatorAttemptView
    {
        OperatorAttemptView(
            id: attempt.id, status: attempt.status, disposition: OrNull(attempt.disposition),
            gateway: attempt.gateway, channel: attempt.channel, amount: attempt.amount,
            received: OrNull(attempt.received), outTradeNo: attempt.outTradeNo,
            tradeNo: OrNull(attempt.tradeNo), detail: OrNull(attempt.detail),
            problem: OrNull(problem(of: attempt)), subject: try paidObject(attempt, in: snapshot),
            createdAt: attempt.createdAt)
    }

    func operatorView(_ refund: PaymentRefund, in snapshot: Snapshot) throws -> OperatorRefundView {
        guard let attempt = try snapshot.attempt(refund.attemptID) else { throw Problem.notFound }
        return OperatorRefundView(
            id: refund.id, status: refund.status, origin: refund.origin, amount: refund.amount,
            reason: refund.reason, detail: OrNull(refund.detail),
            problem: OrNull(problem(of: refund, at: attempt.gateway)), gateway: attempt.gateway,
            outTradeNo: attempt.outTradeNo, outRequestNo: refund.outRequestNo,
            subject: try paidObject(attempt, in: snapshot), createdAt: refund.createdAt,
            settledAt: OrNull(refund.settledAt))
    }

    func paidObject(_ attempt: PaymentAttempt, in snapshot: Snapshot) throws -> PaidObject {
        guard let intent = try snapshot.intent(attempt.intentID) else { throw Problem.notFound }
        let purpose = try purpose(of: intent)
        return PaidObject(
            type: intent.purpose, id: purpose.id(intent.subject), title: intent.title,
            memberId: intent.member)
    }
}
