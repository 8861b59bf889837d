import Basics
import Hummingbird
import Store
import Web

/// What members see and claim.
extension PromotionsModule {
    func offerRoutes(_ api: API) {
        let (database, scopes) = (database, scopes)

        api.get(
            "/coupons", summary: "Coupons that can be claimed now", auth: .optional,
            returns: ListView<CouponTemplateView>.self
        ) { request in
            let page = try request.page()
            let member = request.context.session?.memberID
            return try await database.read { snapshot in
                let templates = try snapshot.claimableTemplates(page)
                let mine = try member.map {
                    try snapshot.claims(of: templates.items.map(\.id), by: $0)
                }
                return try ListView(templates) { template in
                    let claimed = mine.map { $0[template.id] ?? 0 }
                    return try CouponTemplateView(
                        template, claimedByMe: claimed, scopes, in: snapshot)
                }
            }
        }

        api.post(
            "/coupons/{templateId}/claims", summary: "Claim a coupon", auth: .member,
            returns: CouponView.self, status: .created,
            problems: [
                .refusal(.notFound), .refusal(.couponExhausted),
                .status(
                    409, "coupon-limit-reached", "coupon-not-yet-claimable",
                    "coupon-claims-ended", "coupon-paused", "coupon-revoked"),
            ]
        ) { request -> Reply<CouponView> in
            let id = try request.id(ID<CouponTemplate>.self, "templateId")
            let member = try request.memberID
            return try await request.perform(database) { tx in
                try CouponView(try tx.claimCoupon(of: id, for: member), scopes, in: tx)
            }
        }

        api.get(
            "/me/coupons", summary: "My coupons", auth: .member,
            query: [QueryParameter("status", Coupon.Status.self, "Only those in this state.")],
            returns: ListView<CouponView>.self
        ) { request in
            let page = try request.page()
            let member = try request.memberID
            let status = try request.query("status", as: Coupon.Status.self)
            return try await database.read { snapshot in
                try ListView(try snapshot.coupons(of: member, status, page)) {
                    try CouponView($0, scopes, in: snapshot)
                }
            }
        }
    }
}

/// What operators make and change.
extension PromotionsModule {
    static let operators: [Role] = [.operator, .admin]

    func templateRoutes(_ api: API) {
        let (database, scopes) = (database, scopes)

        api.get(
            "/admin/coupons", summary: "All coupon templates", auth: .roles(Self.operators),
            returns: ListView<CouponTemplateView>.self
        ) { request in
            let page = try request.page()
            return try await database.survey { snapshot in
                try ListView(
                    try snapshot.couponTemplates(page), total: try snapshot.couponTemplateCount()
                ) { try CouponTemplateView($0, scopes, in: snapshot) }
            }
        }

        api.get(
            "/admin/coupons/{id}", summary: "A coupon template and what came of it",
            auth: .roles(Self.operators), returns: CouponReportView.self,
            problems: [.refusal(.notFound)]
        ) { request in
            let id = try request.id(ID<CouponTemplate>.self)
            return try await database.read { snapshot in
                guard let template = try snapshot.couponTemplate(id) else { throw Problem.notFound }
                let usage = try snapshot.usage(of: id)
                return CouponReportView(
                    template: try CouponTemplateView(template, scopes, in: snapshot),
                    used: usage.used, discount: usage.discount)
            }
        }

        api.post(
            "/admin/coupons", summary: "Make a coupon template", auth: .roles(Self.operators),
            body: CouponDraft.self, returns: CouponTemplateView.self, status: .created,
            problems: [.status(422, "coupon-rules", "coupon-scope-unknown")]
        ) { request, draft in
            let member = try request.memberID
            return try await database.write { tx in
                let template = try tx.createCouponTemplate(draft, by: member, scopes: scopes)
                return try CouponTemplateView(template, scopes, in: tx)
            }
        }

        change(api, "pause", "No more claims for now") { try $0.pauseCouponTemplate($1) }
        change(api, "resume", "Claims again") { try $0.resumeCouponTemplate($1) }
        change(api, "revoke", "No more claims, and unused coupons are void") {
            try $0.revokeCouponTemplate($1)
        }
    }

    private func change(
        _ api: API, _ verb: String, _ summary: String,
        _ change: @escaping @Sendable (Transaction, ID<CouponTemplate>) throws -> CouponTemplate
    ) {
        let (database, scopes) = (database, scopes)
        api.post(
            "/admin/coupons/{id}/\(verb)", summary: summary, auth: .roles(Self.operators),
            returns: CouponTemplateView.self,
            problems: [.refusal(.notFound), .refusal(.couponRevoked)]
        ) { request -> CouponTemplateView in
            let id = try request.id(ID<CouponTemplate>.self)
            return try await database.write { tx in
                try CouponTemplateView(try change(tx, id), scopes, in: tx)
            }
        }
    }
}
