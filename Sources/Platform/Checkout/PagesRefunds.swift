import Basics
import Hummingbird
import Identity
import Money
import Store
import Web

/// A refund that a second person has to approve, as operators see it.
struct RefundRequestRow {
    let view: RefundRequestView
    let number: String
    /// Where it is decided, with its order before one's eyes.
    let href: String
    let status: String
    let tone: String
    /// The lines it names; a sum has none.
    let titles: String?
    let requester: String
    let decider: String?
    let isPending: Bool
    let isOwn: Bool
    /// Why it can only be rejected now.
    let obstacle: String?
    /// What it would give back now, if that is less than was asked for.
    let totalNow: String?
    let canApprove: Bool
    let canReject: Bool
}

private struct RefundRequestsPage {
    struct Tab {
        let label: String
        let count: Int64
        let href: String
        let isHere: Bool
    }

    let tabs: [Tab]
    let rows: [RefundRequestRow]
    let hasRows: Bool
    let next: String?
}

extension CheckoutModule {
    private static let list = "/operator/refund-requests"
    /// Tells an order's page after a refund that waits from one after a refund that was made. It names no
    /// place there, so the page is shown from its top, where that is said.
    private static let waits = "#waits"

    func refundPages(_ site: Site) {
        site.navigation("nav.refundRequests", Self.list, for: .staff)
        site.get(Self.list, auth: .roles([.operator, .finance])) { try await refundRequests($0) }
        site.post("/operator/orders/:id/refunds", auth: .role(.finance)) { try await refund($0) }
        site.post("\(Self.list)/:id/approval", auth: .role(.finance)) { page in
            let id = try page.id(ID<RefundRequest>.self, "id")
            let approver = try page.member()
            let checkout = checkout
            return try await page.once(
                checkout.database, flash: .good(page.text("operator-order.refunded"))
            ) { tx in
                let request = try checkout.approveRefund(id, by: approver, in: tx)
                return "/operator/orders/\(request.order)"
            }
        }
        site.post("\(Self.list)/:id/rejection", auth: .role(.finance)) { page in
            let id = try page.id(ID<RefundRequest>.self, "id")
            let actor = try page.member().memberID
            let reason = try page.form.text("reason") ?? ""
            let checkout = checkout
            return try await page.once(
                checkout.database, flash: .good(page.text("refund-request.rejectedNow"))
            ) { tx in
                let request = try checkout.rejectRefund(id, reason: reason, by: actor, in: tx)
                return "/operator/orders/\(request.order)"
            }
        }
    }

    /// Refunds the ticked lines, or the sum that was typed.
    private func refund(_ page: SiteRequest) async throws -> Response {
        let actor = try page.member().memberID
        let id = try page.id(ID<Order>.self, "id")
        let lines = page.form.all("line").compactMap { ID<OrderLine>($0) }
        let amount = try page.form.amount("amount")
        let demand: RefundDemand
        switch (lines.isEmpty, amount) {
        case (false, nil): demand = .lines(lines)
        case (true, let amount?): demand = .amount(amount)
        default: throw Problem.refundNeedsLinesOrAmount
        }
        let reason = try page.form.text("reason") ?? ""
        let checkout = checkout
        return try await page.once(
            checkout.database,
            flash: { place in
                place.hasSuffix(Self.waits)
                    ? .info(page.text("refund-request.waits"))
                    : .good(page.text("operator-order.refunded"))
            }
        ) { tx in
            switch try checkout.refund(id, demand, reason: reason, by: actor, in: tx) {
            case .refunded: "/operator/orders/\(id)"
            case .requested: "/operator/orders/\(id)\(Self.waits)"
            }
        }
    }

    private func refundRequests(_ page: SiteRequest) async throws -> Response {
        let status = page.query("status").flatMap(RefundRequest.Status.init(rawValue:)) ?? .pending
        let request = page.page()
        let member = try page.member()
        let (found, counts) = try await checkout.database.survey { snapshot in
            (
                try snapshot.refundRequests(in: status, page: request)
                    .map { try RefundRequestFacts($0, in: snapshot) },
                try RefundRequest.Status.allCases.map { try snapshot.refundRequestCount(in: $0) }
            )
        }
        let tabs = zip(RefundRequest.Status.allCases, counts).map { tab, count in
            RefundRequestsPage.Tab(
                label: page.text("refund-request.\(tab.rawValue)"), count: count,
                href: "\(Self.list)?status=\(tab.rawValue)", isHere: tab == status)
        }
        let rows = found.items.map { row($0, for: member, page) }
        let model = RefundRequestsPage(
            tabs: tabs, rows: rows, hasRows: !rows.isEmpty, next: page.nextPage(found))
        return await page.render(
            "operator-refund-requests", model, title: "refund-request.list")
    }

    /// The refund of an order that waits for a second person.
    func pendingRefund(of order: ID<Order>, _ page: SiteRequest) async throws -> RefundRequestRow? {
        let found = try await checkout.database.read { snapshot in
            try snapshot.pendingRefundRequest(of: order).map {
                try RefundRequestFacts($0, in: snapshot)
            }
        }
        let member = try page.member()
        return found.map { row($0, for: member, page) }
    }

    private func row(_ facts: RefundRequestFacts, for member: Session, _ page: SiteRequest)
        -> RefundRequestRow
    {
        let request = facts.request
        let view = RefundRequestView(request, of: facts.order)
        let isPending = request.status == .pending
        let isOwn = request.requestedBy == member.memberID
        let isFinance = member.has(.finance)
        let now = view.totalNow.value
        let isLess = now.map { $0 < request.total } ?? false
        return RefundRequestRow(
            view: view, number: facts.order.number,
            href: "/operator/orders/\(request.order)",
            status: page.text(
                "refund-request.\(request.isWithdrawn ? "withdrawn" : request.status.rawValue)"),
            tone: request.status.badge, titles: facts.titles(page.text("orders.and")),
            requester: facts.people[request.requestedBy]?.username ?? "",
            decider: request.decision.flatMap { facts.people[$0.by]?.username },
            isPending: isPending, isOwn: isOwn, obstacle: facts.obstacle.map { page.text($0) },
            totalNow: isLess ? now.map { MoneyText.text($0) } : nil,
            canApprove: isPending && isFinance && !isOwn && now != nil,
            canReject: isPending && isFinance)
    }
}

/// A request with what has to be known to show it.
private struct RefundRequestFacts {
    let request: RefundRequest
    let order: Order
    let people: [ID<Member>: Profile]
    /// What refuses it as things are; nil once it is decided.
    let obstacle: Problem?

    init(_ request: RefundRequest, in snapshot: Snapshot) throws {
        guard let order = try snapshot.order(request.order) else { throw Problem.notFound }
        self.request = request
        self.order = order
        people = try snapshot.profiles(
            of: [request.requestedBy] + (request.decision.map { [$0.by] } ?? []))
        var obstacle: Problem?
        if request.status == .pending {
            do { _ = try request.demand.allocation(of: order) } catch { obstacle = error }
        }
        self.obstacle = obstacle
    }

    /// What the named lines are called.
    func titles(_ separator: String) -> String? {
        guard case .lines(let lines) = request.demand else { return nil }
        return order.lines.filter { lines.contains($0.id) }.map(\.title)
            .joined(separator: separator)
    }
}

extension RefundRequest.Status {
    /// The colour of its badge.
    fileprivate var badge: String {
        switch self {
        case .pending: "warn"
        case .approved: "good"
        case .rejected: ""
        }
    }
}
