import Basics
import Hummingbird
import Money
import Store
import Web

/// What waits for a person: payments of the wrong amount, refunds that a gateway does not pay, and
/// what is open at a gateway that is not configured.
private struct OpenCasesPage {
    struct Review {
        let view: OperatorAttemptView
        let href: String?
    }

    struct Refund {
        let view: OperatorRefundView
        let href: String?
        /// Why the gateway has not paid it: ours to word, or its own code.
        let isUnknown: Bool
        let isAbnormal: Bool
    }

    /// A try to pay, or a refund, about which nobody can be asked.
    struct Stranded {
        let subject: PaidObject
        let href: String?
        let outTradeNo: String
        let gateway: String
        let isRefund: Bool
        let amount: Amount
        let createdAt: Instant
    }

    let stranded: [Stranded]
    let hasStranded: Bool
    let reviews: [Review]
    let hasReviews: Bool
    let failed: [Refund]
    let hasFailed: Bool
    /// Made at a gateway's own console.
    let foreign: [Refund]
    let hasForeign: Bool
    let isQuiet: Bool
    /// Only finance decides.
    let canDecide: Bool
}

/// The same as it is kept.
private struct OpenCases: Sendable {
    let reviews: [OperatorAttemptView]
    let failed: [OperatorRefundView]
    let foreign: [OperatorRefundView]
    /// At gateways that are not configured.
    let payments: [OperatorAttemptView]
    let refunds: [OperatorRefundView]

    /// A page of each: what is decided makes room for what is older.
    init(_ payments: Payments, _ snapshot: Snapshot) throws {
        let page = PageRequest(limit: 100)
        let since = snapshot.now - .days(30)
        func refunds(
            in status: PaymentRefund.Status? = nil, from origin: PaymentRefund.Origin? = nil,
            with problem: OpenProblem? = nil
        ) throws -> [OperatorRefundView] {
            try payments.refunds(
                in: status, from: origin, with: problem, page: page, in: snapshot
            ).items
        }
        reviews = try snapshot.undecidedAttempts(page).map {
            try payments.operatorView($0, in: snapshot)
        }
        let refused = try refunds(in: .failed) + refunds(in: .abnormal) + refunds(in: .unknown)
        failed = refused.filter { $0.problem.value == nil }
        foreign = try refunds(from: .gateway).filter { $0.createdAt >= since }
        self.payments = try payments.attempts(
            in: nil, with: .gatewayNotConfigured, page: page, in: snapshot
        ).items
        self.refunds = try refunds(with: .gatewayNotConfigured)
    }
}

extension PaymentsModule {
    func operatorPages(_ site: Site) {
        site.navigation("nav.operatorPayments", "/operator/payments", for: .staff)
        site.get("/operator/payments", auth: .roles([.operator, .finance])) {
            try await openCases($0)
        }
        let payments = payments
        decision(site, "/operator/refunds/:id/retry", "operator-payments.retried") {
            (id: ID<PaymentRefund>, _, tx) in _ = try payments.retryRefund(id, in: tx)
        }
        decision(site, "/operator/refunds/:id/credit", "operator-payments.credited") {
            (id: ID<PaymentRefund>, actor, tx) in
            _ = try payments.creditRefund(id, by: actor, in: tx)
        }
        decision(site, "/operator/payments/:id/return", "operator-payments.returned") {
            (id: ID<PaymentAttempt>, _, tx) in _ = try payments.returnReceipt(id, in: tx)
        }
        decision(site, "/operator/payments/:id/credit", "operator-payments.credited") {
            (id: ID<PaymentAttempt>, actor, tx) in
            _ = try payments.creditReceipt(id, by: actor, in: tx)
        }
    }

    private func decision<E: Entity & SendableMetatype>(
        _ site: Site, _ path: String, _ done: String,
        _ body: @escaping @Sendable (ID<E>, ID<Member>, Transaction) throws -> Void
    ) {
        let database = payments.database
        site.post(path, auth: .role(.finance)) { page in
            let id = try page.id(ID<E>.self, "id")
            let actor = try page.member().memberID
            return try await page.once(database, flash: .good(page.text(done))) { tx in
                try body(id, actor, tx)
                return "/operator/payments"
            }
        }
    }

    private func openCases(_ page: SiteRequest) async throws -> Response {
        let payments = payments
        let cases = try await payments.database.read { try OpenCases(payments, $0) }
        let waiting =
            cases.payments.map { stranded($0, page) } + cases.refunds.map { stranded($0, page) }
        let model = OpenCasesPage(
            stranded: waiting, hasStranded: !waiting.isEmpty,
            reviews: cases.reviews.map { .init(view: $0, href: orderPage($0.subject)) },
            hasReviews: !cases.reviews.isEmpty, failed: cases.failed.map(row),
            hasFailed: !cases.failed.isEmpty, foreign: cases.foreign.map(row),
            hasForeign: !cases.foreign.isEmpty,
            isQuiet: cases.reviews.isEmpty && cases.failed.isEmpty && waiting.isEmpty,
            canDecide: try page.member().has(.finance))
        return await page.render("operator-payments", model, title: "operator-payments.title")
    }

    private func stranded(_ attempt: OperatorAttemptView, _ page: SiteRequest)
        -> OpenCasesPage.Stranded
    {
        OpenCasesPage.Stranded(
            subject: attempt.subject, href: orderPage(attempt.subject),
            outTradeNo: attempt.outTradeNo, gateway: page.text("gateway.\(attempt.gateway)"),
            isRefund: false, amount: attempt.amount, createdAt: attempt.createdAt)
    }

    private func stranded(_ refund: OperatorRefundView, _ page: SiteRequest)
        -> OpenCasesPage.Stranded
    {
        OpenCasesPage.Stranded(
            subject: refund.subject, href: orderPage(refund.subject),
            outTradeNo: refund.outTradeNo, gateway: page.text("gateway.\(refund.gateway)"),
            isRefund: true, amount: refund.amount, createdAt: refund.createdAt)
    }

    private func row(_ refund: OperatorRefundView) -> OpenCasesPage.Refund {
        OpenCasesPage.Refund(
            view: refund, href: orderPage(refund.subject), isUnknown: refund.status == .unknown,
            isAbnormal: refund.status == .abnormal)
    }

    func orderPage(_ subject: PaidObject) -> String? {
        subject.type == "order" ? "/operator/orders/\(subject.id)" : nil
    }
}
