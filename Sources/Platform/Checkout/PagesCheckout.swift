import Basics
import Hummingbird
import Identity
import Ledger
import Money
import Payments
import Promotions
import Store
import Web

/// A quote as a form: what was chosen, what could be, and what it comes to.
private struct CheckoutPage {
    struct Choice {
        let id: String
        let label: String
        let isChosen: Bool
        let isUsable: Bool
    }

    struct Line {
        let number: Int
        let view: QuoteView.Line
        let days: Int64?
        let isDiscounted: Bool
        let choices: [Choice]
        let hasChoices: Bool
    }

    let quote: QuoteView
    let lines: [Line]
    let orderChoices: [Choice]
    let hasOrderChoices: Bool
    let available: Amount
    let hasDiscount: Bool
    let needsPassword: Bool
    let hasPassword: Bool
    let needsGateway: Bool
    let gateways: [PaymentChoice]
    let isOpen: Bool
    let now: Instant
}

extension CheckoutModule {
    func checkoutPages(_ site: Site) {
        site.get("/checkout/:id", auth: .member) { try await checkoutPage($0) }
        site.post("/checkout/:id", auth: .member) { page in
            let view = try await requote(page)
            return page.redirect(to: "/checkout/\(view.id)")
        }
        site.post("/checkout/:id/pay", auth: .member) { try await placeOrder($0) }
    }

    private func checkoutPage(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        let quote = try await checkout.quote(try page.id(ID<Quote>.self, "id"), of: member)
        let now = checkout.database.clock.now
        let (available, profile) = try await checkout.database.read { snapshot in
            (
                try snapshot.balance(of: .available(member)),
                try snapshot.profiles(of: [member])[member]
            )
        }
        let lines = quote.lines.enumerated().map { number, line in
            let choices = choices(
                line.usableCoupons, line.unusableCoupons, chosen: line.couponId.value, page)
            return CheckoutPage.Line(
                number: number, view: line, days: line.days,
                isDiscounted: line.net < line.listPrice, choices: choices,
                hasChoices: !choices.isEmpty)
        }
        let orderChoices = choices(
            quote.usableOrderCoupons, quote.unusableOrderCoupons, chosen: quote.orderCouponId.value,
            page)
        let model = CheckoutPage(
            quote: quote, lines: lines, orderChoices: orderChoices,
            hasOrderChoices: !orderChoices.isEmpty, available: available,
            hasDiscount: (quote.lineDiscount.isPositive || quote.orderDiscount.isPositive),
            needsPassword: quote.walletAmount > checkout.settings.passwordAbove,
            hasPassword: profile?.hasPaymentPassword ?? false,
            needsGateway: quote.gatewayAmount.isPositive,
            gateways: checkout.payments.choices(for: page),
            isOpen: quote.status == .open && now < quote.expiresAt, now: now)
        return await page.render("checkout", model, title: "checkout.title")
    }

    /// Usable ones first and best first; the others greyed, with the reason and what is missing.
    private func choices(
        _ usable: [QuoteView.UsableCoupon], _ unusable: [QuoteView.UnusableCoupon],
        chosen: ID<Coupon>?, _ page: SiteRequest
    ) -> [CheckoutPage.Choice] {
        let good = usable.map { coupon in
            CheckoutPage.Choice(
                id: coupon.id.description,
                label: "\(coupon.name)  −\(MoneyText.text(coupon.discount))",
                isChosen: coupon.id == chosen, isUsable: true)
        }
        let bad = unusable.map { coupon in
            let reason = page.text(
                "coupon-reason.\(coupon.reason)",
                ["shortfall": .money(coupon.shortfall?.minorUnits ?? 0)])
            return CheckoutPage.Choice(
                id: coupon.id.description, label: "\(coupon.name) · \(reason)", isChosen: false,
                isUsable: false)
        }
        return good + bad
    }

    /// Prices the form's choices as the next version; unchanged choices make none.
    private func requote(_ page: SiteRequest) async throws -> QuoteView {
        let member = try page.member().memberID
        let id = try page.id(ID<Quote>.self, "id")
        let quote = try await checkout.quote(id, of: member)
        var lines: [QuoteRequest.Line] = []
        for (number, line) in quote.lines.enumerated() {
            lines.append(
                QuoteRequest.Line(
                    courseId: line.courseId, policyId: line.policyId,
                    couponId: try page.form.id(ID<Coupon>.self, "lines.\(number).couponId")))
        }
        let orderCoupon = try page.form.id(ID<Coupon>.self, "orderCouponId")
        let wallet = try page.form.amount("walletAmount") ?? .zero
        let same =
            quote.lines.map(\.couponId.value) == lines.map(\.couponId)
            && quote.orderCouponId.value == orderCoupon && quote.walletAmount == wallet
            && checkout.database.clock.now < quote.expiresAt
        if same { return quote }
        let checkout = checkout
        let wanted = lines
        return try await checkout.database.write { tx in
            try checkout.requote(id, for: member, in: tx) { request in
                request.lines = wanted
                request.orderCouponId = orderCoupon
                request.walletAmount = wallet
            }
        }
    }

    /// Orders what the page showed. If the choices were changed since the price was shown, the new
    /// price is shown first: nobody pays what he has not seen.
    private func placeOrder(_ page: SiteRequest) async throws -> Response {
        let session = try page.member()
        let view = try await requote(page)
        let shown = try page.form.integer("expectedTotal")
        guard shown == view.total.minorUnits else {
            return page.redirect(
                to: "/checkout/\(view.id)", flash: .info(page.text("checkout.newPrice")))
        }
        if view.walletAmount > checkout.settings.passwordAbove {
            let typed = page.form.all("paymentPassword").first { !$0.isEmpty }
            try await paymentPasswords.verify(typed, session)
        }
        let gateway = view.gatewayAmount.isPositive ? try page.form.text("gateway") : nil
        if view.gatewayAmount.isPositive && gateway == nil { throw Problem.gatewayRequired }
        let limit = max(view.walletAmount, checkout.settings.passwordAbove)
        let checkout = checkout
        let channel = try gateway.map {
            try checkout.payments.checkedChannel(of: $0, for: page)
        }
        let payer = PayerContext(address: page.context.clientAddress)
        return try await page.once(checkout.database) { tx in
            let order = try checkout.placeOrder(
                Checkout.Acceptance(
                    quote: view.id, version: view.version, expectedTotal: view.total,
                    gateway: gateway, channel: channel, payer: payer, walletLimit: limit),
                by: session.memberID, in: tx)
            return order.status == .pendingPayment
                ? "/orders/\(order.id)/go" : "/orders/\(order.id)"
        }
    }
}
