import Basics
import Hummingbird
import Money
import Store
import Web

/// One gateway's day, as it is shown.
struct ReconciliationRunView: Codable, Sendable {
    /// How many items of each finding there are.
    struct Counts: Codable, Sendable {
        var matched: Int64
        var missingHere: Int64
        var missingThere: Int64
        var different: Int64
        var fee: Int64
        var duplicate: Int64
    }

    var id: ID<ReconciliationRun>
    var gateway: String
    /// In Asia/Shanghai.
    var day: CalendarDate
    var status: ReconciliationRun.Status
    /// Why there is no bill yet, in the gateway's words.
    var detail: OrNull<String>
    var currency: String
    /// Lines of the bill, and how many more of it could not be read.
    var lines: Int64
    var unreadLines: Int64
    /// What the lines add up to.
    var paid: Amount
    var refunded: Amount
    var fees: Amount
    var found: Counts
    /// Payments and refunds of which only the bill told.
    var settled: Int64
    /// Items that wait for a person.
    var open: Int64
    var createdAt: Instant
    var completedAt: OrNull<Instant>

    init(_ run: ReconciliationRun, open: Int64) {
        id = run.id
        gateway = run.gateway
        day = run.day
        status = run.status
        detail = OrNull(run.detail)
        currency = Currency.cny.code
        lines = run.lines
        unreadLines = run.unread
        paid = run.paid
        refunded = run.refunded
        fees = run.fees
        found = Counts(
            matched: run.tally.matched, missingHere: run.tally.missingHere,
            missingThere: run.tally.missingThere, different: run.tally.different,
            fee: run.tally.fee, duplicate: run.tally.duplicate)
        settled = run.tally.settled
        self.open = open
        createdAt = run.createdAt
        completedAt = OrNull(run.completedAt)
    }
}

/// One item of a day, as it is shown.
struct ReconciliationItemView: Codable, Sendable {
    /// The line of the bill.
    struct Line: Codable, Sendable {
        var number: Int64
        var tradeNo: String
        var amount: Amount
        /// Below zero where the gateway gives back.
        var fee: Amount
        var at: Instant
    }

    /// What somebody said came of it.
    struct Resolution: Codable, Sendable {
        var note: String
        var by: ID<Member>
        var at: Instant
    }

    var id: ID<ReconciliationItem>
    var runId: ID<ReconciliationRun>
    var gateway: String
    var day: CalendarDate
    var finding: ReconciliationItem.Finding
    var status: ReconciliationItem.Status
    var kind: GatewayBill.Kind
    var outTradeNo: String
    var outRefundNo: OrNull<String>
    /// null if no bill has it.
    var line: OrNull<Line>
    /// What was held for paid or refunded here; null if nothing is known of it.
    var ours: OrNull<Amount>
    /// What the fee should be by the contract.
    var expectedFee: OrNull<Amount>
    /// By how much the bill says more than the books.
    var difference: Amount
    /// Why it needs nobody, or why it could not be booked.
    var outcome: OrNull<ReconciliationItem.Outcome>
    /// What was paid or refunded here.
    var subject: OrNull<PaidObject>
    var resolution: OrNull<Resolution>
    var createdAt: Instant
}

struct ReconciliationRunBody: Decodable, Sendable {
    var gateway: String
    var day: CalendarDate
}

extension ReconciliationRunBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] { ["gateway": .gateway] }
}

struct ResolutionBody: Decodable, Sendable {
    var note: String
}

extension ResolutionBody: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        ["note": .string(minimum: 1, maximum: Problem.longestNote)]
    }
}

extension PaymentsModule {
    private static let staff = Access.roles([.operator, .finance])

    func reconciliationRoutes(_ api: API) {
        runRoutes(api)
        itemRoutes(api)
    }

    private func runRoutes(_ api: API) {
        let payments = payments
        api.get(
            "/admin/reconciliation/runs", summary: "Days that were compared with gateways' bills",
            auth: Self.staff,
            query: [QueryParameter("gateway", String.self, "Only this gateway's.")],
            returns: ListView<ReconciliationRunView>.self
        ) { request in
            let gateway = request.query("gateway")
            let page = try request.page()
            let (runs, total) = try await payments.database.read { snapshot in
                (
                    try snapshot.reconciliationRuns(of: gateway, page)
                        .map { try snapshot.view(of: $0) },
                    try snapshot.reconciliationRunCount(of: gateway)
                )
            }
            return ListView(runs, total: total)
        }
        api.get(
            "/admin/reconciliation/runs/{id}", summary: "One gateway's day", auth: Self.staff,
            returns: ReconciliationRunView.self, problems: [404]
        ) { request in
            let id = try request.id(ID<ReconciliationRun>.self)
            return try await payments.database.read { snapshot in
                guard let run = try snapshot.reconciliationRun(id) else { throw Problem.notFound }
                return try snapshot.view(of: run)
            }
        }
        api.post(
            "/admin/reconciliation/runs",
            summary: "Compares a gateway's bill of a day with the books, in a moment",
            auth: .role(.finance), body: ReconciliationRunBody.self,
            returns: ReconciliationRunView.self, status: .accepted,
            problems: [.status(422, "gateway-not-available", "bill-not-due", "bill-too-old")]
        ) { request, body -> Reply<ReconciliationRunView> in
            try await request.perform(payments.database) { tx in
                try tx.view(of: try payments.startReconciliation(body.gateway, body.day, in: tx))
            }
        }
    }

    private func itemRoutes(_ api: API) {
        let payments = payments
        api.get(
            "/admin/reconciliation", summary: "What was found in bills, newest first",
            auth: Self.staff,
            query: [
                QueryParameter("gateway", String.self, "Only this gateway's."),
                QueryParameter("day", CalendarDate.self, "Only of this day, in Asia/Shanghai."),
                QueryParameter("finding", ReconciliationItem.Finding.self, "Only these."),
                QueryParameter("status", ReconciliationItem.Status.self, "Only those."),
            ], returns: ListView<ReconciliationItemView>.self
        ) { request in
            let gateway = request.query("gateway")
            let day = try request.query("day", as: CalendarDate.self)
            let finding = try request.query("finding", as: ReconciliationItem.Finding.self)
            let status = try request.query("status", as: ReconciliationItem.Status.self)
            let page = try request.page()
            let (items, total) = try await payments.database.survey { snapshot in
                let filter = ItemFilter(
                    runs: try day.map { try snapshot.reconciliationRuns(on: $0, at: gateway) },
                    gateway: gateway, finding: finding, status: status)
                return (
                    try snapshot.reconciliationItems(filter, page).map {
                        try payments.view(of: $0, in: snapshot)
                    }, try snapshot.reconciliationItemCount(filter)
                )
            }
            return ListView(items, total: total)
        }
        api.post(
            "/admin/reconciliation/items/{id}/resolution",
            summary: "Says what came of an item that waited for a person",
            auth: .role(.finance), body: ResolutionBody.self,
            returns: ReconciliationItemView.self,
            problems: [
                404, .status(409, "reconciliation-item-not-open", "account-frozen"),
                .status(422, "note-required", "note-too-long"),
            ]
        ) { request, body -> Reply<ReconciliationItemView> in
            let id = try request.id(ID<ReconciliationItem>.self)
            let actor = try request.memberID
            return try await request.perform(payments.database) { tx in
                let item = try payments.resolveItem(id, note: body.note, by: actor, in: tx)
                return try payments.view(of: item, in: tx)
            }
        }
    }
}

extension Snapshot {
    func view(of run: ReconciliationRun) throws -> ReconciliationRunView {
        let open = try reconciliationItemCount(ItemFilter(runs: [run.id], status: .open))
        return ReconciliationRunView(run, open: open)
    }
}

extension Payments {
    func view(of item: ReconciliationItem, in snapshot: Snapshot) throws -> ReconciliationItemView {
        let attempt = try item.attempt.flatMap { try snapshot.attempt($0) }
        let line = try item.line.flatMap { try snapshot.billLine($0) }
        var resolution: ReconciliationItemView.Resolution?
        if let note = item.note, let by = item.resolvedBy, let at = item.resolvedAt {
            resolution = .init(note: note, by: by, at: at)
        }
        return ReconciliationItemView(
            id: item.id, runId: item.run, gateway: item.gateway, day: item.day,
            finding: item.finding, status: item.status, kind: item.kind,
            outTradeNo: item.outTradeNo,
            outRefundNo: OrNull(item.outRefundNo.isEmpty ? nil : item.outRefundNo),
            line: OrNull(line.map(ReconciliationItemView.Line.init)), ours: OrNull(item.ours),
            expectedFee: OrNull(item.expectedFee), difference: item.suspended,
            outcome: OrNull(item.outcome),
            subject: OrNull(try attempt.map { try paidObject($0, in: snapshot) }),
            resolution: OrNull(resolution), createdAt: item.createdAt)
    }
}

extension ReconciliationItemView.Line {
    fileprivate init(_ line: BillLine) {
        self.init(
            number: line.number, tradeNo: line.content.tradeNo, amount: line.content.amount,
            fee: line.content.fee, at: line.content.at)
    }
}
