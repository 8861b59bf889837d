import Basics
import Hummingbird
import Identity
import Money
import Payments
import Store
import Web

/// An order on its page, for its member and for operators.
struct OrderPage {
    struct Line {
        let view: OrderView.Line
        let hasDiscount: Bool
        let hasBothDiscounts: Bool
        let discount: Amount
        /// Whether wallet and gateway have both paid a part of it.
        let hasBothTenders: Bool
        let isRefunded: Bool
        let canBeRefunded: Bool

        init(_ line: OrderView.Line, isRefundable: Bool) {
            view = line
            discount = Amount(line.lineDiscount.minorUnits + line.orderDiscount.minorUnits)
            hasDiscount = discount.isPositive
            hasBothDiscounts = line.lineDiscount.isPositive && line.orderDiscount.isPositive
            hasBothTenders = line.wallet.isPositive && line.gateway.isPositive
            isRefunded = line.refundedAt != nil
            canBeRefunded = isRefundable && line.refundedAt == nil
        }
    }

    struct Refund {
        let view: OrderView.Refund
        let statusLabel: String
        let statusKind: String
    }

    struct Event {
        let at: Instant
        let label: String
        /// A username, a gateway's name, or nobody: it happened by itself.
        let actor: String
    }

    let order: OrderView
    let payment: PaymentView?
    let gatewayLabel: String
    let paymentLabel: String
    /// The API's word.
    let status: String
    let statusLabel: String
    let statusKind: String
    let lines: [Line]
    let refunds: [Refund]
    let isPending: Bool
    let isCompleted: Bool
    let hasRefunds: Bool
    let panel: PaymentPanel
    let canBeRefunded: Bool
    /// A refund that waits for a second person; for operators only.
    let request: RefundRequestRow?
    /// From what on refunds wait for one; nil if they never do.
    let approvalHint: String?
    let events: [Event]
    let now: Instant
}

/// The member's orders, by what has to be done with them.
private struct OrdersPage {
    struct Tab {
        let label: String
        let href: String
        let isHere: Bool
        let count: Int64
    }

    let tabs: [Tab]
    let rows: [OrderRow]
    let hasRows: Bool
    let next: String?
}

struct OrderRow {
    let id: ID<Order>
    let number: String
    let at: Instant
    let titles: String
    let total: Amount
    let refunded: Amount
    let hasRefund: Bool
    let status: Order.Status
    let statusLabel: String
    let statusKind: String

    init(_ order: Order, _ page: SiteRequest) {
        id = order.id
        number = order.number
        at = order.createdAt
        titles = order.lines.map(\.title).joined(separator: page.text("orders.and"))
        total = order.total
        refunded = order.refunded
        hasRefund = order.refunded.isPositive
        status = order.status
        statusLabel = page.text("order-status.\(order.status.rawValue)")
        statusKind = order.status.badge
    }
}

/// The groups in which a member looks at orders.
private enum OrderGroup: String, CaseIterable {
    case all, unpaid, completed, refunded, closed

    var statuses: [Order.Status] {
        switch self {
        case .all: []
        case .unpaid: [.pendingPayment]
        case .completed: [.paid, .completed]
        case .refunded: [.partiallyRefunded, .refunded]
        case .closed: [.expired, .cancelled]
        }
    }
}

extension Order.Status {
    /// The colour of its badge.
    var badge: String {
        switch self {
        case .pendingPayment: "warn"
        case .paid, .completed: "good"
        case .expired, .cancelled: ""
        case .partiallyRefunded, .refunded: "info"
        }
    }
}

extension PaymentRefund.Status {
    fileprivate var badge: String {
        switch self {
        case .succeeded, .credited: "good"
        case .requested, .submitted, .unknown: "info"
        case .failed, .abnormal: "bad"
        }
    }
}

extension CheckoutModule {
    func orderPages(_ site: Site) {
        site.navigation("nav.orders", "/orders", for: .member)
        site.get("/orders", auth: .member) { try await ordersPage($0) }
        site.get("/orders/:id", auth: .member) { page in
            let model = try await orderPage(page, of: try page.member().memberID)
            return await page.render("order", model, title: "order.title")
        }
        site.live(
            "/orders/:id/waiting", auth: .member,
            about: { try $0.id(ID<Order>.self, "id").news }
        ) { page in
            let member = try page.member().memberID
            let model = try await orderPage(page, of: member, acting: false)
            if !model.isPending || model.panel.isNews(to: page) {
                return page.leave(to: "/orders/\(model.order.id)")
            }
            return page.fragment("order-waiting", model)
        }
        site.get("/orders/:id/go", auth: .member) { page in
            let id = try page.id(ID<Order>.self, "id")
            let view = try await checkout.orderView(id, of: try page.member().memberID)
            return page.redirect(to: view.payment.value?.action?.address ?? "/orders/\(id)")
        }
        site.post("/orders/:id/pay", auth: .member) { try await payAgain($0) }
        site.post("/orders/:id/refresh", auth: .member) { page in
            let id = try page.id(ID<Order>.self, "id")
            let member = try page.member().memberID
            try page.context.limit(.gatewayQuestions, by: "\(member)")
            try await checkout.refreshPayment(of: id, member: member)
            let order = try await checkout.orderView(id, of: member, acting: false)
            // Who says to have paid is answered, whatever the gateway knows.
            return page.redirect(
                to: "/orders/\(id)",
                flash: order.status == .pendingPayment ? .info(page.text("order.notYet")) : nil)
        }
        site.post("/orders/:id/cancel", auth: .member) { page in
            let id = try page.id(ID<Order>.self, "id")
            try await checkout.cancel(id, by: try page.member().memberID)
            return page.redirect(
                to: "/orders/\(id)", flash: .good(page.text("order.cancelled")))
        }
    }

    private func ordersPage(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        let group = page.query("status").flatMap(OrderGroup.init(rawValue:)) ?? .all
        let request = page.page()
        let (orders, counts) = try await checkout.database.read { snapshot in
            (
                try snapshot.orders(of: member, in: group.statuses, page: request),
                try snapshot.orderCounts(of: member)
            )
        }
        let tabs = OrderGroup.allCases.map { tab in
            OrdersPage.Tab(
                label: page.text("order-group.\(tab.rawValue)"),
                href: "/orders?status=\(tab.rawValue)", isHere: tab == group,
                count: counts.filter { tab == .all || tab.statuses.contains($0.key) }
                    .values.reduce(0, +))
        }
        let rows = orders.items.map { OrderRow($0, page) }
        let model = OrdersPage(
            tabs: tabs, rows: rows, hasRows: !rows.isEmpty, next: page.nextPage(orders))
        return await page.render("orders", model, title: "orders.title")
    }

    /// The page of one order.
    /// - Parameters:
    ///   - member: whose it must be; nil for operators, who also see the timeline.
    ///   - acting: whether what the payer has to do is on it.
    func orderPage(_ page: SiteRequest, of member: ID<Member>?, acting: Bool = true) async throws
        -> OrderPage
    {
        let id = try page.id(ID<Order>.self, "id")
        let view = try await checkout.orderView(id, of: member, acting: acting && member != nil)
        let events = member == nil ? try await timeline(of: id, page) : []
        let request = member == nil ? try await pendingRefund(of: id, page) : nil
        let limit = checkout.settings.refundApprovalAbove
        let refundable = [.completed, .paid, .partiallyRefunded].contains(view.status)
        let payment = view.payment.value
        return OrderPage(
            order: view, payment: payment,
            gatewayLabel: payment.map { page.text("gateway.\($0.gateway)") } ?? "",
            paymentLabel: payment.map { page.text("payment-status.\($0.status.rawValue)") } ?? "",
            status: view.status.rawValue,
            statusLabel: page.text("order-status.\(view.status.rawValue)"),
            statusKind: view.status.badge,
            lines: view.lines.map { OrderPage.Line($0, isRefundable: refundable) },
            refunds: view.refunds.map {
                OrderPage.Refund(
                    view: $0, statusLabel: page.text("refund-status.\($0.status.rawValue)"),
                    statusKind: $0.status.badge)
            },
            isPending: view.status == .pendingPayment,
            isCompleted: view.status == .completed || view.status == .partiallyRefunded,
            hasRefunds: !view.refunds.isEmpty,
            panel: PaymentPanel(
                payment, base: "/orders/\(id)", choices: checkout.payments.choices(for: page),
                page),
            canBeRefunded: refundable, request: request,
            approvalHint: limit.map {
                page.text("refund-request.hint", ["limit": .money($0.minorUnits)])
            }, events: events, now: checkout.database.clock.now)
    }

    /// What happened to an order, and whose doing it was.
    private func timeline(of order: ID<Order>, _ page: SiteRequest) async throws
        -> [OrderPage.Event]
    {
        let (events, people) = try await checkout.database.read { snapshot in
            let events = try snapshot.events(of: order)
            let members = Set(events.compactMap { ID<Member>($0.actor) })
            return (events, try snapshot.profiles(of: Array(members)))
        }
        return events.map { event in
            let person = ID<Member>(event.actor).flatMap { people[$0]?.username }
            return OrderPage.Event(
                at: event.at, label: page.text("order-event.\(event.kind)"),
                actor: person ?? page.text("gateway.\(event.actor)"))
        }
    }

    private func payAgain(_ page: SiteRequest) async throws -> Response {
        let member = try page.member().memberID
        let id = try page.id(ID<Order>.self, "id")
        let gateway = try page.form.text("gateway") ?? "alipay"
        try page.context.limit(.gatewayQuestions, by: "\(member)")
        let checkout = checkout
        let channel = try checkout.payments.checkedChannel(of: gateway, for: page)
        let payer = PayerContext(address: page.context.clientAddress)
        return try await checkout.payments.askingFirst { asked in
            try await page.once(checkout.database) { tx in
                _ = try checkout.pay(
                    id, gateway: gateway, channel: channel, payer: payer, by: member,
                    asked: asked, in: tx)
                return "/orders/\(id)/go"
            }
        }
    }
}
