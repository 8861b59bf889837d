import Basics
import Hummingbird
import Identity
import Money
import Store
import Web

/// The days that were compared with gateways' bills.
private struct ReconciliationPage {
    struct Row {
        let view: ReconciliationRunView
        let gateway: String
        let status: String
        let tone: String
        let hasOpen: Bool
        let differences: [Difference]
    }

    /// How many lines of a day were found different in one way.
    struct Difference {
        let label: String
        let count: Int64
    }

    struct Choice {
        let name: String
        let label: String
    }

    let rows: [Row]
    let hasRows: Bool
    let next: String?
    let total: Int64
    let gateways: [Choice]
    let canRun: Bool
    let yesterday: CalendarDate
}

/// The items of one day.
private struct ReconciliationDayPage {
    struct Tab {
        let label: String
        let count: Int64
        let href: String
        let isHere: Bool
    }

    struct Row {
        let view: ReconciliationItemView
        let what: String?
        let href: String?
        let kind: String
        let finding: String
        let tone: String
        let hasDifference: Bool
        let isOpen: Bool
        let outcome: String?
        let resolver: String?
    }

    let run: ReconciliationRunView
    let gateway: String
    let status: String
    let tone: String
    let tabs: [Tab]
    let rows: [Row]
    let hasRows: Bool
    let next: String?
    let canResolve: Bool
    let hasUnread: Bool
}

extension PaymentsModule {
    func reconciliationPages(_ site: Site) {
        let staff = Access.roles([.operator, .finance])
        site.navigation("nav.reconciliation", "/operator/reconciliation", for: .staff)
        site.get("/operator/reconciliation", auth: staff) { try await reconciliationDays($0) }
        site.get("/operator/reconciliation/:id", auth: staff) { try await reconciliationDay($0) }
        site.post("/operator/reconciliation/runs", auth: .role(.finance)) { page in
            try await runReconciliation(page)
        }
        site.post("/operator/reconciliation/items/:id/resolution", auth: .role(.finance)) {
            try await resolveReconciliationItem($0)
        }
    }

    private func reconciliationDays(_ page: SiteRequest) async throws -> Response {
        let request = page.page()
        let (runs, total) = try await payments.database.read { snapshot in
            (
                try snapshot.reconciliationRuns(of: nil, request)
                    .map { try snapshot.view(of: $0) },
                try snapshot.reconciliationRunCount(of: nil)
            )
        }
        let today = BusinessCalendar.date(of: payments.database.clock.now)
        let model = ReconciliationPage(
            rows: runs.items.map { .init($0, page) }, hasRows: !runs.items.isEmpty,
            next: page.nextPage(runs), total: total,
            gateways: payments.gatewayNames.map {
                .init(name: $0, label: page.text("gateway.\($0)"))
            }, canRun: try page.member().has(.finance) && !payments.gatewayNames.isEmpty,
            yesterday: CalendarDate(dayNumber: today.dayNumber - 1))
        return await page.render(
            "operator-reconciliation", model, title: "reconciliation.title")
    }

    /// What waits for a person comes first; the other findings have a tab each.
    private func reconciliationDay(_ page: SiteRequest) async throws -> Response {
        let id = try page.id(ID<ReconciliationRun>.self, "id")
        let finding = page.query("finding").flatMap(ReconciliationItem.Finding.init(rawValue:))
        let request = page.page()
        let payments = payments
        let (run, items, people) = try await payments.database.read { snapshot in
            guard let run = try snapshot.reconciliationRun(id) else { throw Problem.notFound }
            let filter = ItemFilter(
                runs: [id], finding: finding, status: finding == nil ? .open : nil)
            let items = try snapshot.reconciliationItems(filter, request).map {
                try payments.view(of: $0, in: snapshot)
            }
            let resolvers = Set(items.items.compactMap(\.resolution.value?.by))
            return (
                try snapshot.view(of: run), items, try snapshot.profiles(of: Array(resolvers))
            )
        }
        let rows = items.items.map { item in
            ReconciliationDayPage.Row(
                item, page,
                resolver: item.resolution.value.flatMap { people[$0.by]?.username },
                href: item.subject.value.flatMap(orderPage))
        }
        let model = ReconciliationDayPage(
            run: run, gateway: page.text("gateway.\(run.gateway)"),
            status: page.text("reconciliation.status.\(run.status.rawValue)"), tone: run.tone,
            tabs: tabs(of: run, finding, page), rows: rows, hasRows: !rows.isEmpty,
            next: page.nextPage(items), canResolve: try page.member().has(.finance),
            hasUnread: run.unreadLines > 0)
        return await page.render(
            "operator-reconciliation-day", model, title: "reconciliation.title")
    }

    private func tabs(
        of run: ReconciliationRunView, _ here: ReconciliationItem.Finding?, _ page: SiteRequest
    ) -> [ReconciliationDayPage.Tab] {
        let path = "/operator/reconciliation/\(run.id)"
        let open = ReconciliationDayPage.Tab(
            label: page.text("reconciliation.open"), count: run.open, href: path,
            isHere: here == nil)
        return [open]
            + ReconciliationItem.Finding.allCases.map { finding in
                ReconciliationDayPage.Tab(
                    label: page.text("reconciliation.finding.\(finding.rawValue)"),
                    count: run.found[finding], href: "\(path)?finding=\(finding.rawValue)",
                    isHere: here == finding)
            }
    }

    private func runReconciliation(_ page: SiteRequest) async throws -> Response {
        let gateway = try page.form.required("gateway")
        guard let day = try page.form.date("day") else { throw Problem.billNotDue.at("/day") }
        let payments = payments
        return try await page.once(
            payments.database, flash: .good(page.text("reconciliation.started"))
        ) { tx in
            let run = try payments.startReconciliation(gateway, day, in: tx)
            return "/operator/reconciliation/\(run.id)"
        }
    }

    private func resolveReconciliationItem(_ page: SiteRequest) async throws -> Response {
        let id = try page.id(ID<ReconciliationItem>.self, "id")
        let actor = try page.member().memberID
        let note = try page.form.text("note") ?? ""
        let payments = payments
        return try await page.once(
            payments.database, flash: .good(page.text("reconciliation.resolved"))
        ) { tx in
            let item = try payments.resolveItem(id, note: note, by: actor, in: tx)
            return "/operator/reconciliation/\(item.run)"
        }
    }
}

extension ReconciliationPage.Row {
    fileprivate init(_ run: ReconciliationRunView, _ page: SiteRequest) {
        view = run
        gateway = page.text("gateway.\(run.gateway)")
        status = page.text("reconciliation.status.\(run.status.rawValue)")
        tone = run.tone
        hasOpen = run.open > 0
        differences = ReconciliationItem.Finding.allCases.compactMap { finding in
            guard finding != .matched, run.found[finding] > 0 else { return nil }
            return .init(
                label: page.text("reconciliation.finding.\(finding.rawValue)"),
                count: run.found[finding])
        }
    }
}

extension ReconciliationDayPage.Row {
    fileprivate init(
        _ item: ReconciliationItemView, _ page: SiteRequest, resolver: String?, href: String?
    ) {
        view = item
        what = item.subject.value?.title
        self.href = href
        kind = page.text("reconciliation.kind.\(item.kind.rawValue)")
        finding = page.text("reconciliation.finding.\(item.finding.rawValue)")
        tone = item.status == .open ? "warn" : "good"
        hasDifference = !item.difference.isZero
        isOpen = item.status == .open
        outcome = item.outcome.value.map {
            page.text("reconciliation.outcome.\($0.rawValue)")
        }
        self.resolver = resolver
    }
}

extension ReconciliationRunView {
    /// The colour of its state.
    fileprivate var tone: String {
        switch status {
        case .completed: open == 0 && unreadLines == 0 ? "good" : "warn"
        case .waiting, .matching: "info"
        }
    }
}

extension ReconciliationRunView.Counts {
    fileprivate subscript(finding: ReconciliationItem.Finding) -> Int64 {
        switch finding {
        case .matched: matched
        case .missingHere: missingHere
        case .missingThere: missingThere
        case .different: different
        case .fee: fee
        case .duplicate: duplicate
        }
    }
}
