import Basics
import Hummingbird
import Money
import Store
import Web

/// Where operators make coupons, see what came of them, and stop them.
extension PromotionsModule {
    func operatorPages(_ site: Site) {
        site.navigation("coupons.operator.title", "/operator/coupons", for: .staff)
        templateList(site)
        templateForm(site)
        templateChange(site, "pause") { try $0.pauseCouponTemplate($1) }
        templateChange(site, "resume") { try $0.resumeCouponTemplate($1) }
        templateChange(site, "revoke") { try $0.revokeCouponTemplate($1) }
    }

    private func templateList(_ site: Site) {
        let (database, scopes) = (database, scopes)
        site.get("/operator/coupons", auth: .roles(Self.operators)) { page in
            let request = page.page()
            let (templates, reports) = try await database.read { snapshot in
                let templates = try snapshot.couponTemplates(request)
                let reports = try templates.items.map { template in
                    CouponReport(
                        template: template, status: template.status(at: snapshot.now),
                        scopeTitle: try scopes.title(of: template.terms.scope, in: snapshot))
                }
                return (templates, reports)
            }
            let model = CouponDesk(
                rows: reports.map { CouponDesk.Row($0, page) }, next: page.nextPage(templates))
            return await page.render("operator-coupons", model, title: "coupons.operator.title")
        }

        // Counting what was used takes as long as there are coupons: on one page, not in the list.
        site.get("/operator/coupons/{id}", auth: .roles(Self.operators)) { page in
            let id = try page.id(ID<CouponTemplate>.self, "id")
            let (report, usage) = try await database.read { snapshot in
                guard let template = try snapshot.couponTemplate(id) else { throw Problem.notFound }
                let report = CouponReport(
                    template: template, status: template.status(at: snapshot.now),
                    scopeTitle: try scopes.title(of: template.terms.scope, in: snapshot))
                return (report, try snapshot.usage(of: id))
            }
            let model = CouponDossier(
                row: CouponDesk.Row(report, page), used: usage.used, discount: usage.discount)
            return await page.render("operator-coupon", model, title: report.template.terms.name)
        }
    }

    private func templateForm(_ site: Site) {
        let (database, scopes) = (database, scopes)
        site.get("/operator/coupons/new", auth: .roles(Self.operators)) { page in
            let today = BusinessCalendar.date(of: database.clock.now)
            return await CouponForm(today: today).render(page)
        }

        site.post("/operator/coupons/preview", auth: .roles(Self.operators)) { page in
            let form = CouponForm(page.form)
            let member = try page.member().memberID
            let template = try form.draft().template(by: member, at: database.clock.now)
            let sample = try page.form.amount("sample") ?? .zero
            return await form.render(page, preview: CouponPreview(template.terms, sample, page))
        }

        site.post("/operator/coupons", auth: .roles(Self.operators)) { page in
            let form = CouponForm(page.form)
            let member = try page.member().memberID
            let draft = try form.draft()
            let flash = Flash.good(page.text("coupons.flash.created"))
            return try await page.once(database, flash: flash) { tx in
                _ = try tx.createCouponTemplate(draft, by: member, scopes: scopes)
                return "/operator/coupons"
            }
        }
    }

    private func templateChange(
        _ site: Site, _ verb: String,
        _ change: @escaping @Sendable (Transaction, ID<CouponTemplate>) throws -> CouponTemplate
    ) {
        let database = database
        site.post("/operator/coupons/{id}/\(verb)", auth: .roles(Self.operators)) { page in
            let id = try page.id(ID<CouponTemplate>.self, "id")
            let template = try await database.write { try change($0, id) }
            let flash = Flash.good(
                page.text("coupons.flash.\(verb)", ["name": .text(template.terms.name)]))
            return page.redirect(to: "/operator/coupons", flash: flash)
        }
    }
}

/// A template as it is now.
private struct CouponReport: Sendable {
    let template: CouponTemplate
    let status: CouponTemplate.Status
    let scopeTitle: String?
}

/// The model of `operator-coupons.mustache`.
private struct CouponDesk {
    struct Row {
        let id: ID<CouponTemplate>
        let name: String
        let words: CouponWords
        let validity: String
        let claims: String
        let claimed: Int64
        let quantity: Int64
        let status: String
        let statusText: String
        let tone: String
        let canPause: Bool
        let canResume: Bool
        let canRevoke: Bool

        init(_ report: CouponReport, _ page: SiteRequest) {
            let template = report.template
            id = template.id
            name = template.terms.name
            words = CouponWords(template.terms, scopeTitle: report.scopeTitle, page)
            validity = page.text(template.validity)
            claims = page.text(template.claimWindow, "coupons.window")
            claimed = template.claimed
            quantity = template.quantity
            status = report.status.rawValue
            statusText = page.text("coupons.template.\(report.status.rawValue)")
            tone =
                switch report.status {
                case .claiming: "good"
                case .scheduled: "info"
                case .paused: "warn"
                case .revoked: "bad"
                case .ended, .exhausted: ""
                }
            canPause = template.flag == .active
            canResume = template.flag == .paused
            canRevoke = template.flag != .revoked
        }
    }

    let rows: [Row]
    let hasRows: Bool
    let next: String?

    init(rows: [Row], next: String?) {
        self.rows = rows
        hasRows = !rows.isEmpty
        self.next = next
    }
}

/// The model of `operator-coupon.mustache`.
private struct CouponDossier {
    let row: CouponDesk.Row
    let used: Int64
    /// What its used coupons took off, in all.
    let discount: Amount
}

/// What the coupon of a form would do for a sample price.
private struct CouponPreview {
    let price: Amount
    let words: CouponWords
    let discount: Amount?
    let net: Amount?
    let shortfall: Amount?

    init(_ terms: CouponTerms, _ price: Amount, _ page: SiteRequest) {
        self.price = price
        words = CouponWords(terms, scopeTitle: nil, page)
        shortfall = terms.shortfall(on: price)
        discount = shortfall == nil ? terms.discount(on: price) : nil
        net = discount.map { Amount(price.minorUnits - $0.minorUnits) }
    }
}

extension CouponForm {
    fileprivate func render(
        _ page: SiteRequest, preview: CouponPreview? = nil
    ) async -> Response {
        let model = Model(
            values: values,
            kinds: choices(CouponTerms.Kind.self, "kind", "coupons.kind", page),
            scopes: choices(CouponScope.Kind.self, "scopeKind", "coupons.scopeKind", page),
            bases: choices(CouponTerms.ThresholdBase.self, "thresholdBase", "coupons.base", page),
            preview: preview)
        return await page.render(
            "operator-coupon-new", model, title: "coupons.operator.new",
            keepsTyped: preview != nil)
    }

    private struct Model {
        let values: [String: String]
        let kinds: [Choice]
        let scopes: [Choice]
        let bases: [Choice]
        let preview: CouponPreview?
    }

    private struct Choice {
        let value: String
        let label: String
        let isChosen: Bool
    }

    private func choices<Option: CaseIterable & RawRepresentable<String>>(
        _ options: Option.Type, _ field: String, _ key: String, _ page: SiteRequest
    ) -> [Choice] {
        options.allCases.map {
            Choice(
                value: $0.rawValue, label: page.text("\(key).\($0.rawValue)"),
                isChosen: values[field] == $0.rawValue)
        }
    }
}
