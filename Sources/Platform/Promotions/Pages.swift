import Basics
import Money
import Store
import Web

/// The coupon centre and a member's coupons.
extension PromotionsModule {
    func memberPages(_ site: Site) {
        let (database, scopes) = (database, scopes)
        site.navigation("coupons.title", "/coupons")
        site.navigation("coupons.mine", "/me/coupons", for: .member)

        site.get("/coupons") { page in
            let request = page.page()
            let member = page.session?.memberID
            let (templates, offers) = try await database.read { snapshot in
                let templates = try snapshot.claimableTemplates(request)
                let ids = templates.items.map(\.id)
                let mine = try member.map { try snapshot.claims(of: ids, by: $0) } ?? [:]
                let offers = try templates.items.map { template in
                    CouponOffer(
                        template: template, claimed: mine[template.id] ?? 0,
                        scopeTitle: try scopes.title(of: template.terms.scope, in: snapshot))
                }
                return (templates, offers)
            }
            let model = CouponCentre(
                offers: offers.map { CouponCentre.Row($0, page) }, next: page.nextPage(templates))
            return await page.render("coupons", model, title: "coupons.title")
        }

        site.post("/coupons/{id}/claim", auth: .member) { page in
            let id = try page.id(ID<CouponTemplate>.self, "id")
            let member = try page.member().memberID
            let flash = Flash.good(page.text("coupons.flash.claimed"))
            return try await page.once(database, flash: flash) { tx in
                _ = try tx.claimCoupon(of: id, for: member)
                return "/coupons"
            }
        }

        site.get("/me/coupons", auth: .member) { page in
            let request = page.page()
            let member = try page.member().memberID
            let status = page.query("status").flatMap(Coupon.Status.init) ?? .unused
            let (coupons, rows) = try await database.read { snapshot in
                let coupons = try snapshot.coupons(of: member, status, request)
                let titles = try coupons.items.map {
                    try scopes.title(of: $0.terms.scope, in: snapshot)
                }
                return (coupons, Array(zip(coupons.items, titles)))
            }
            let model = MyCoupons(
                tabs: Coupon.Status.allCases.map { MyCoupons.Tab($0, status, page) },
                coupons: rows.map { MyCoupons.Row($0, scopeTitle: $1, status, page) },
                next: page.nextPage(coupons))
            return await page.render("my-coupons", model, title: "coupons.mine")
        }
    }
}

/// A template and what the visitor has of it.
private struct CouponOffer: Sendable {
    let template: CouponTemplate
    let claimed: Int64
    let scopeTitle: String?
}

/// The model of `coupons.mustache`.
private struct CouponCentre {
    struct Row {
        let id: ID<CouponTemplate>
        let name: String
        let words: CouponWords
        let validity: String
        let claimUntil: String
        let claimed: Int64
        let quantity: Int64
        let remaining: Int64
        let remainingText: String
        /// nil while the visitor has none.
        let mine: String?
        let canClaim: Bool

        init(_ offer: CouponOffer, _ page: SiteRequest) {
            let template = offer.template
            id = template.id
            name = template.terms.name
            words = CouponWords(template.terms, scopeTitle: offer.scopeTitle, page)
            validity = page.text(template.validity)
            claimUntil = page.text(
                "coupons.claimUntil", ["until": .text(page.lastText(template.claimsEnd))])
            claimed = template.claimed
            quantity = template.quantity
            remaining = template.remaining
            remainingText = page.text(
                "coupons.remaining", ["count": .number(template.remaining)])
            mine =
                offer.claimed > 0
                ? page.text("coupons.claimed", ["count": .number(offer.claimed)]) : nil
            canClaim = offer.claimed < template.perMember
        }
    }

    let offers: [Row]
    let next: String?
}

/// The model of `my-coupons.mustache`.
private struct MyCoupons {
    struct Tab {
        let label: String
        let path: String
        let isHere: Bool

        init(_ status: Coupon.Status, _ chosen: Coupon.Status, _ page: SiteRequest) {
            label = page.text("coupons.status.\(status.rawValue)")
            path = "/me/coupons?status=\(status.rawValue)"
            isHere = status == chosen
        }
    }

    struct Row {
        let id: ID<Coupon>
        let name: String
        let words: CouponWords
        let validity: String
        let order: String?
        let discount: String?
        let isOff: Bool

        init(
            _ coupon: Coupon, scopeTitle: String?, _ status: Coupon.Status, _ page: SiteRequest
        ) {
            id = coupon.id
            name = coupon.terms.name
            words = CouponWords(coupon.terms, scopeTitle: scopeTitle, page)
            validity = page.text(coupon.window)
            order = coupon.order
            discount = coupon.discount.map {
                page.text("coupons.took", ["sum": .money($0.minorUnits)])
            }
            isOff = status != .unused
        }
    }

    let tabs: [Tab]
    let coupons: [Row]
    let next: String?
}
