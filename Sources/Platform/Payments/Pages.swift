import Basics
import Hummingbird
import Ledger
import Money
import Store
import Web

/// The wallet and its statement.
private struct WalletPage {
    struct Row {
        let at: Instant
        let label: String
        let amount: Amount
        let isIn: Bool
        let after: Amount
        let memo: String?
    }

    let wallet: WalletView
    let rows: [Row]
    let hasRows: Bool
    let next: String?
    let gateways: [PaymentChoice]
}

/// A top-up that waits, or what became of it.
private struct TopUpPage {
    let id: ID<TopUp>
    let amount: Amount
    let isPending: Bool
    let isExpired: Bool
    let panel: PaymentPanel
    let expiresAt: Instant
    let now: Instant

    init(_ view: TopUpView, now: Instant, _ page: SiteRequest) {
        id = view.id
        amount = view.amount
        isPending = view.status == .pending
        isExpired = view.status == .expired
        panel = PaymentPanel(view.payment, base: "/wallet/top-ups/\(view.id)", page)
        expiresAt = view.expiresAt
        self.now = now
    }
}

extension PaymentsModule {
    package func pages(_ site: Site) {
        site.navigation("nav.wallet", "/wallet", for: .member)
        site.get("/wallet", auth: .member) { try await walletPage($0) }
        site.post("/wallet/top-ups", auth: .member) { try await startTopUp($0) }
        site.get("/wallet/top-ups/:id", auth: .member) { page in
            let view = try await topUpView(page)
            if view.status == .paid {
                return page.redirect(to: "/wallet", flash: .good(page.text("top-up.paid")))
            }
            return await page.render("top-up", topUpPage(view, page), title: "top-up.title")
        }
        site.live(
            "/wallet/top-ups/:id/waiting", auth: .member,
            about: { page in
                let id = try page.id(ID<TopUp>.self, "id")
                return [ID<PaymentIntent>.of(id.rawValue).description]
            }
        ) { page in
            let view = try await topUpView(page, acting: false)
            let model = topUpPage(view, page)
            if !model.isPending || model.panel.isNews(to: page) {
                return page.leave(to: "/wallet/top-ups/\(view.id)")
            }
            return page.fragment("top-up-waiting", model)
        }
        site.get("/wallet/top-ups/:id/go", auth: .member) { page in
            let view = try await topUpView(page)
            return page.redirect(
                to: view.payment?.action?.address ?? "/wallet/top-ups/\(view.id)")
        }
        site.post("/wallet/top-ups/:id/refresh", auth: .member) { page in
            try page.context.limit(.gatewayQuestions, by: "\(try page.member().memberID)")
            let view = try await topUpView(page, acting: false)
            if let payment = view.payment {
                _ = try await payments.resolve(payment.id, close: false)
            }
            let now = try await topUpView(page, acting: false)
            return page.redirect(
                to: "/wallet/top-ups/\(view.id)",
                flash: now.status == .pending ? .info(page.text("top-up.notYet")) : nil)
        }
        for gateway in payments.gatewayNames {
            site.get("/payments/\(gateway)/return") { try await comeBack($0, from: gateway) }
        }
        operatorPages(site)
        reconciliationPages(site)
    }

    private func topUpPage(_ view: TopUpView, _ page: SiteRequest) -> TopUpPage {
        TopUpPage(view, now: payments.database.clock.now, page)
    }

    private func topUpView(_ page: SiteRequest, acting: Bool = true) async throws -> TopUpView {
        try await payments.topUpView(
            try page.id(ID<TopUp>.self, "id"), of: try page.member().memberID, acting: acting)
    }

    private func walletPage(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        let request = page.page()
        let (view, entries) = try await payments.database.read { snapshot in
            (
                try wallet(of: member, in: snapshot),
                try statement(of: member, request, in: snapshot)
            )
        }
        let rows = entries.items.map { entry in
            WalletPage.Row(
                at: entry.at, label: entry.label(page), amount: entry.amount,
                isIn: entry.direction == .in, after: entry.availableAfter,
                memo: entry.memo.value)
        }
        let model = WalletPage(
            wallet: view, rows: rows, hasRows: !rows.isEmpty, next: page.nextPage(entries),
            gateways: payments.choices(for: page))
        return await page.render("wallet", model, title: "wallet.title")
    }

    private func startTopUp(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        guard let amount = try page.form.amount("amount") else {
            throw Problem.rule("amount-not-positive", "/amount")
        }
        let gateway = try page.form.text("gateway") ?? "alipay"
        let payments = payments
        let title = page.text("top-up.subject", ["shop": .text(shopName)])
        let channel = try payments.checkedChannel(of: gateway, for: page)
        let payer = PayerContext(address: page.context.clientAddress)
        return try await page.once(payments.database) { tx in
            let payment = try payments.topUp(
                amount, gateway: gateway, channel: channel, by: member, title: title,
                payer: payer, in: tx)
            return "/wallet/top-ups/\(ID<TopUp>(rawValue: payment.intent.subject))/go"
        }
    }

    /// The browser comes back from the cashier. What it brings along decides nothing: it names a
    /// trade, and the gateway is asked, but not each time that somebody reloads.
    private func comeBack(_ page: SiteRequest, from gateway: String) async throws -> Response {
        guard let number = page.query("out_trade_no"),
            let place = try await payments.refresh(
                gateway: gateway, outTradeNo: number,
                unless: { (try? page.context.limit(.gatewayQuestions, by: "\($0)")) == nil })
        else { return page.redirect(to: "/") }
        return page.redirect(to: place)
    }
}

extension WalletEntryView {
    /// Journals that finance posts have kinds of their own, which only their memo explains.
    fileprivate func label(_ page: SiteRequest) -> String {
        let key = "entry.\(kind)"
        let text = page.text(key)
        return text == key ? page.text("entry.other") : text
    }
}

extension Payments {
    /// Asks the gateway about a trade that a browser names.
    /// - Parameter isTooOften: whether it has been asked about this one too often.
    /// - Returns: the page of what is being paid; nil if the trade is unknown. Whoever is sent there
    ///   still has to be its owner to see anything.
    func refresh(
        gateway: String, outTradeNo: String,
        unless isTooOften: (ID<PaymentAttempt>) -> Bool = { _ in false }
    ) async throws -> String? {
        let found = try await database.read { snapshot -> Payment? in
            guard let attempt = try snapshot.attempt(gateway: gateway, outTradeNo: outTradeNo),
                let intent = try snapshot.intent(attempt.intentID)
            else { return nil }
            return Payment(intent: intent, attempt: attempt)
        }
        guard let found else { return nil }
        if found.attempt.status.isUnsettled, !isTooOften(found.attempt.id) {
            _ = try await resolve(found.attempt.id, close: false)
        }
        return try purpose(of: found.intent).page(found.intent.subject)
    }
}
