import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

struct TopUpBody: Decodable, Sendable {
    var amount: Amount
    var gateway: String
    var channel: String
}

extension TopUpBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        ["amount": .atLeast(1), "gateway": .gateway, "channel": .paymentChannel]
    }
}

extension PaymentView: SchemaNarrowing {
    package static var narrower: [String: JSONSchema] {
        ["gateway": .gateway, "channel": .paymentChannel]
    }
}

extension JSONSchema {
    /// Every gateway that Kontor knows; an installation has some of them (`gateway-not-available`).
    package static var gateway: JSONSchema { .choice(["alipay", "wechatpay"]) }
    /// Of all gateways; each has some of them (`channel-not-available`).
    package static var paymentChannel: JSONSchema {
        .choice(["page", "wap", "native", "jsapi", "h5", "app"])
    }
}

/// One line of a member's statement.
package struct WalletEntryView: Codable, Sendable {
    package enum Direction: String, Codable, CaseIterable, Sendable { case `in`, out }

    package struct Reference: Codable, Sendable {
        /// `top-up`, `order`, …
        package var type: String
        package var id: String
    }

    package var id: String
    package var number: String
    package var at: Instant
    package var kind: String
    package var direction: Direction
    package var amount: Amount
    package var availableAfter: Amount
    package var reference: Reference
    package var memo: OrNull<String>
}

extension PaymentsModule {
    package func api(_ api: API) {
        walletRoutes(api)
        topUpRoutes(api)
        notifyRoutes(api)
        operatorRoutes(api)
        reconciliationRoutes(api)
    }

    private func walletRoutes(_ api: API) {
        let database = payments.database
        api.get(
            "/wallet", summary: "The member's money", auth: .member, returns: WalletView.self
        ) { request in
            let member = try request.memberID
            return try await database.read { try wallet(of: member, in: $0) }
        }
        api.get(
            "/wallet/entries", summary: "The member's statement, newest first", auth: .member,
            query: [
                QueryParameter(
                    "kind", String.self,
                    "Only entries of this kind, as `top-up` or `order-paid`; any journal's kind."),
                QueryParameter("from", CalendarDate.self, "First day, in Asia/Shanghai."),
                QueryParameter("to", CalendarDate.self, "Last day, inclusive."),
            ], returns: ListView<WalletEntryView>.self
        ) { request in
            let member = try request.memberID
            let page = try request.page()
            let kind = request.query("kind")
            let from = try request.query("from", as: CalendarDate.self)
            let to = try request.query("to", as: CalendarDate.self)
            let found = try await database.read { snapshot in
                try statement(of: member, kind: kind, from: from, to: to, page, in: snapshot)
            }
            return ListView(found)
        }
    }

    private func topUpRoutes(_ api: API) {
        let payments = payments
        api.post(
            "/wallet/top-ups", summary: "Starts a top-up through a gateway", auth: .member,
            body: TopUpBody.self, returns: TopUpView.self, status: .created,
            problems: [
                .status(
                    422, "amount-not-positive", "top-up-too-large", "gateway-not-available",
                    "channel-not-available", "payer-address-unknown",
                    "wechat-account-missing")
            ]
        ) { request, body in
            let member = try request.memberID
            let title = request.text("top-up.subject", ["shop": .text(shopName)])
            let payer = PayerContext(address: request.context.clientAddress)
            return try await request.perform(payments.database) { tx in
                let payment = try payments.topUp(
                    body.amount, gateway: body.gateway, channel: body.channel, by: member,
                    title: title, payer: payer, in: tx)
                return TopUpView(payment.intent, payment.attempt, now: tx.now)
            }.adding { view in
                var view = view
                view.payment = try await view.payment.asyncMap(payments.withAction)
                return view
            }
        }
        api.get(
            "/wallet/top-ups", summary: "The member's top-ups, newest first", auth: .member,
            returns: ListView<TopUpView>.self
        ) { request in
            let member = try request.memberID
            let page = try request.page()
            let found = try await payments.database.read { snapshot in
                try snapshot.intents(of: member, purpose: "top-up", page: page).map {
                    TopUpView(
                        $0, try snapshot.attempts(of: $0.id).last, now: snapshot.now)
                }
            }
            return ListView(found)
        }
        api.get(
            "/wallet/top-ups/{id}", summary: "One top-up", auth: .member, returns: TopUpView.self,
            problems: [404]
        ) { request in
            try await payments.topUpView(
                try request.id(ID<TopUp>.self), of: try request.memberID)
        }
    }
}

extension Optional where Wrapped: Sendable {
    package func asyncMap<Other>(_ transform: (Wrapped) async throws -> Other) async rethrows
        -> Other?
    {
        guard let self else { return nil }
        return try await transform(self)
    }
}
