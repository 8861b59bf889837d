import Basics
import Hummingbird
import Identity
import Money
import Payments
import Promotions
import Store
import Web

struct QuoteBody: Decodable, Sendable {
    var lines: [QuoteRequest.Line]
    var orderCouponId: ID<Coupon>?
    var walletAmount: Amount?

    var request: QuoteRequest {
        QuoteRequest(lines: lines, orderCouponId: orderCouponId, walletAmount: walletAmount)
    }
}

struct QuoteChangeBody: Decodable, Sendable {
    var lines: [QuoteRequest.Line]?
    var orderCouponId: Change<ID<Coupon>>
    var walletAmount: Change<Amount>
}

struct OrderBody: Decodable, Sendable, SecretFields {
    var quoteId: ID<Quote>
    var quoteVersion: Int64?
    var expectedTotal: Amount
    var gateway: String?
    var channel: String?
    var paymentPassword: String?

    static let secretFields = ["paymentPassword"]
}

struct OrderPaymentBody: Decodable, Sendable {
    var gateway: String
    var channel: String
}

struct OrderSummaryView: Codable, Sendable {
    struct Count: Codable, Sendable {
        var status: Order.Status
        var count: Int64
    }
    var counts: [Count]
}

extension CheckoutModule {
    package func api(_ api: API) {
        quoteRoutes(api)
        orderRoutes(api)
        commandRoutes(api)
        operatorRoutes(api)
        refundRoutes(api)
    }

    private static let pricing: ExpectedProblem = .status(
        422, "coupon-threshold-not-met", "coupon-not-applicable", "tender-exceeds-total",
        "wallet-amount-negative", "duplicate-line", "coupon-named-twice", "course-not-in-cart")

    private func quoteRoutes(_ api: API) {
        let checkout = checkout
        api.post(
            "/quotes", summary: "Prices a choice of products; nothing is reserved", auth: .member,
            body: QuoteBody.self, returns: QuoteView.self, status: .created,
            problems: [404, Self.pricing]
        ) { request, body -> QuoteView in
            let member = try request.memberID
            return try await checkout.database.write { tx in
                try checkout.quote(body.request, for: member, in: tx)
            }
        }
        api.patch(
            "/quotes/{id}", summary: "Makes the next version of a quote", auth: .member,
            body: QuoteChangeBody.self, returns: QuoteView.self,
            problems: [404, .status(409, "quote-consumed"), Self.pricing]
        ) { request, body in
            let member = try request.memberID
            let id = try request.id(ID<Quote>.self)
            return try await checkout.database.write { tx in
                try checkout.requote(id, for: member, in: tx) { quote in
                    if let lines = body.lines { quote.lines = lines }
                    quote.orderCouponId = body.orderCouponId.applied(to: quote.orderCouponId)
                    quote.walletAmount = body.walletAmount.applied(to: quote.walletAmount)
                }
            }
        }
        api.get(
            "/quotes/{id}", summary: "The latest version of a quote", auth: .member,
            returns: QuoteView.self, problems: [404]
        ) { request in
            try await checkout.quote(try request.id(ID<Quote>.self), of: try request.memberID)
        }
    }

    private func orderRoutes(_ api: API) {
        let checkout = checkout
        api.get(
            "/orders", summary: "The member's orders, newest first", auth: .member,
            query: [QueryParameter("status", Order.Status.self, "Only orders in this state.")],
            returns: ListView<OrderView>.self
        ) { request in
            let member = try request.memberID
            let status = try request.query("status", as: Order.Status.self)
            let page = try request.page()
            let found = try await checkout.database.read { snapshot in
                try snapshot.orders(of: member, in: status.map { [$0] } ?? [], page: page).map {
                    try checkout.view($0, in: snapshot)
                }
            }
            return ListView(found)
        }
        api.get(
            "/orders/summary", summary: "How many orders the member has in each state",
            auth: .member, returns: OrderSummaryView.self
        ) { request in
            let member = try request.memberID
            let counts = try await checkout.database.read { try $0.orderCounts(of: member) }
            return OrderSummaryView(
                counts: Order.Status.allCases.map { .init(status: $0, count: counts[$0] ?? 0) })
        }
        api.get(
            "/orders/{id}", summary: "One order", auth: .member, returns: OrderView.self,
            problems: [404]
        ) { request in
            try await checkout.orderView(try request.id(ID<Order>.self), of: try request.memberID)
        }
        api.live(
            "/orders/{id}/events",
            summary: "One order, now and whenever it changes; without its payment's action",
            auth: .member, event: "order", sends: OrderView.self, problems: [404],
            about: { try $0.id(ID<Order>.self).news }
        ) { request in
            try await checkout.orderView(
                try request.id(ID<Order>.self), of: try request.memberID, acting: false)
        }
    }

    private func commandRoutes(_ api: API) {
        let checkout = checkout
        let passwords = paymentPasswords
        api.post(
            "/orders", summary: "Orders what a quote priced", auth: .member, body: OrderBody.self,
            returns: OrderView.self, status: .created,
            problems: [
                404,
                .status(
                    409, "price-changed", "quote-consumed", "quote-expired", "quote-stale",
                    "coupon-not-available", "insufficient-funds", "account-frozen"),
                .status(
                    422, "payment-password-required", "gateway-not-available",
                    "channel-not-available", "payer-address-unknown", "wechat-account-missing"),
                423,
            ]
        ) { request, body in
            let session = try request.session
            let walletAmount = try await checkout.quotedWalletAmount(
                body.quoteId, of: session.memberID)
            let asksPassword = walletAmount > checkout.settings.passwordAbove
            if asksPassword, try await !request.wasPerformed(checkout.database) {
                try await passwords.verify(body.paymentPassword, session)
            }
            let limit = max(walletAmount, checkout.settings.passwordAbove)
            let payer = PayerContext(address: request.context.clientAddress)
            return try await request.perform(checkout.database) { tx in
                let order = try checkout.placeOrder(
                    Checkout.Acceptance(
                        quote: body.quoteId, version: body.quoteVersion,
                        expectedTotal: body.expectedTotal, gateway: body.gateway,
                        channel: body.channel, payer: payer, walletLimit: limit),
                    by: session.memberID, in: tx)
                return try checkout.view(order, in: tx)
            }.adding(checkout.action)
        }
        api.post(
            "/orders/{id}/payments", summary: "Tries again to pay a waiting order", auth: .member,
            body: OrderPaymentBody.self, returns: OrderView.self, status: .created,
            problems: [
                404,
                .status(
                    409, "order-not-pending", "order-expired", "payment-in-review",
                    "payment-in-progress"),
                .status(
                    422, "gateway-not-available", "channel-not-available",
                    "payer-address-unknown", "wechat-account-missing"), 503,
            ]
        ) { request, body in
            let member = try request.memberID
            let id = try request.id(ID<Order>.self)
            try request.context.limit(.gatewayQuestions, by: "\(member)")
            let payer = PayerContext(address: request.context.clientAddress)
            return try await checkout.payments.askingFirst { asked in
                try await request.perform(checkout.database) { tx in
                    let order = try checkout.pay(
                        id, gateway: body.gateway, channel: body.channel, payer: payer,
                        by: member, asked: asked, in: tx)
                    return try checkout.view(order, in: tx)
                }
            }.adding(checkout.action)
        }
        api.post(
            "/orders/{id}/cancel",
            summary: "Gives an unpaid order up; again, it changes nothing", auth: .member,
            returns: OrderView.self, problems: [404, .status(409, "order-not-pending")]
        ) { request -> OrderView in
            let id = try request.id(ID<Order>.self)
            let member = try request.memberID
            try await checkout.cancel(id, by: member)
            return try await checkout.orderView(id, of: member)
        }
    }

    private func operatorRoutes(_ api: API) {
        let checkout = checkout
        api.get(
            "/admin/orders", summary: "All orders, newest first",
            auth: .roles([.operator, .finance]),
            query: [QueryParameter("status", Order.Status.self, "Only orders in this state.")],
            returns: ListView<OrderView>.self
        ) { request in
            let status = try request.query("status", as: Order.Status.self).map { [$0] } ?? []
            let page = try request.page()
            return try await checkout.database.survey { snapshot in
                let found = try snapshot.orders(of: nil, in: status, page: page)
                return ListView(
                    try found.map { try checkout.view($0, in: snapshot) },
                    total: try snapshot.orderCount(in: status))
            }
        }
        api.get(
            "/admin/orders/{id}", summary: "Any order", auth: .roles([.operator, .finance]),
            returns: OrderView.self, problems: [404]
        ) { request in
            try await checkout.orderView(
                try request.id(ID<Order>.self), of: nil, acting: false)
        }
    }
}

extension Checkout {
    /// An order with what its payer has to do; another member's does not exist.
    /// - Parameter acting: whether that is found out, for which the gateway may have to be called.
    func orderView(_ id: ID<Order>, of member: ID<Member>?, acting: Bool = true) async throws
        -> OrderView
    {
        let view = try await database.read { [self] snapshot -> OrderView in
            guard let order = try snapshot.order(id), member == nil || order.member == member else {
                throw Problem.notFound
            }
            return try self.view(order, in: snapshot)
        }
        return acting ? try await action(view) ?? view : view
    }
}
