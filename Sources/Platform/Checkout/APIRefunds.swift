import Basics
import Hummingbird
import Money
import Store
import Web

struct RefundBody: Decodable, Sendable {
    var lines: [ID<OrderLine>]?
    var amount: Amount?
    var reason: String

    var demand: RefundDemand {
        get throws {
            switch (lines, amount) {
            case (let lines?, nil): .lines(lines)
            case (nil, let amount?): .amount(amount)
            default: throw Problem.refundNeedsLinesOrAmount
            }
        }
    }
}

/// What came of a refund that was asked for.
typealias RefundAnswerView = Either<RefundRequestView, OrderView.Refund>

struct RefundRejectionBody: Decodable, Sendable {
    var reason: String
}

extension CheckoutModule {
    private static let staff = Access.roles([.operator, .finance])

    func refundRoutes(_ api: API) {
        refundRoute(api)
        requestListRoutes(api)
        decisionRoutes(api)
    }

    private func refundRoute(_ api: API) {
        let checkout = checkout
        api.post(
            "/admin/orders/{id}/refunds",
            summary: "Gives back lines or a sum of a paid order; above the house's limit it is "
                + "accepted (202), and a second person has to approve it", auth: .role(.finance),
            body: RefundBody.self, returns: RefundAnswerView.self,
            status: .created,
            problems: [
                404,
                .status(
                    409, "already-refunded", "order-not-refundable", "refund-exceeds-remaining",
                    "refund-exceeds-payment", "refund-awaits-approval", "account-frozen"),
                .status(
                    422, "refund-needs-lines-or-amount", "refund-line-unknown", "reason-required"),
            ]
        ) { request, body -> Reply<RefundAnswerView> in
            let actor = try request.memberID
            let id = try request.id(ID<Order>.self)
            let demand = try body.demand
            return try await request.performOrAccept(checkout.database) { tx -> RefundAnswerView in
                let answer = try checkout.refund(
                    id, demand, reason: body.reason, by: actor, in: tx)
                switch answer {
                case .requested(let waiting, let order):
                    return .first(RefundRequestView(waiting, of: order))
                case .refunded(let refund, let order):
                    let views = try checkout.view(order, in: tx).refunds
                    guard let view = views.first(where: { $0.id == refund.id }) else {
                        throw Problem.notFound
                    }
                    return .second(view)
                }
            }
        }
    }

    private func requestListRoutes(_ api: API) {
        let checkout = checkout
        api.get(
            "/admin/refund-requests",
            summary: "Refunds that a second person has to approve or has decided, newest first",
            auth: Self.staff,
            query: [
                QueryParameter("status", RefundRequest.Status.self, "Only those in this state.")
            ], returns: ListView<RefundRequestView>.self
        ) { request in
            let status = try request.query("status", as: RefundRequest.Status.self)
            let page = try request.page()
            return try await checkout.database.survey { snapshot in
                let found = try snapshot.refundRequests(in: status, page: page)
                return ListView(
                    try found.map { try snapshot.view($0) },
                    total: try snapshot.refundRequestCount(in: status))
            }
        }
        api.get(
            "/admin/refund-requests/{id}", summary: "One of them", auth: Self.staff,
            returns: RefundRequestView.self, problems: [404]
        ) { request in
            let id = try request.id(ID<RefundRequest>.self)
            return try await checkout.database.read { snapshot in
                guard let found = try snapshot.refundRequest(id) else { throw Problem.notFound }
                return try snapshot.view(found)
            }
        }
    }

    private func decisionRoutes(_ api: API) {
        let checkout = checkout
        api.post(
            "/admin/refund-requests/{id}/approval",
            summary: "Approves a refund that somebody else has asked for, which makes it",
            auth: .role(.finance), returns: RefundRequestView.self,
            problems: [
                .status(403, "own-refund-request", "approval-needs-person"), 404,
                .status(
                    409, "refund-request-decided", "already-refunded", "refund-exceeds-remaining",
                    "refund-exceeds-request", "refund-exceeds-payment", "account-frozen"),
            ]
        ) { request -> Reply<RefundRequestView> in
            let id = try request.id(ID<RefundRequest>.self)
            let approver = try request.session
            return try await request.perform(checkout.database) { tx in
                try tx.view(try checkout.approveRefund(id, by: approver, in: tx))
            }
        }
        api.post(
            "/admin/refund-requests/{id}/rejection",
            summary: "Rejects a refund that waits for approval; one's own is withdrawn",
            auth: .role(.finance), body: RefundRejectionBody.self,
            returns: RefundRequestView.self,
            problems: [
                404, .status(409, "refund-request-decided"),
                .status(422, "reason-required", "reason-too-long"),
            ]
        ) { request, body -> Reply<RefundRequestView> in
            let id = try request.id(ID<RefundRequest>.self)
            let actor = try request.memberID
            return try await request.perform(checkout.database) { tx in
                try tx.view(
                    try checkout.rejectRefund(id, reason: body.reason, by: actor, in: tx))
            }
        }
    }
}
