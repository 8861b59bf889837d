import Basics
import Store
import Web

extension Transaction {
    /// Puts a new kind of coupon on offer.
    package func createCouponTemplate(
        _ draft: CouponDraft, by operator: ID<Member>, scopes: CouponScopes = .init()
    ) throws -> CouponTemplate {
        let template = try draft.template(by: `operator`, at: now)
        guard try scopes.exists(template.terms.scope, in: self) else {
            throw Problem.couponScopeUnknown
        }
        try insert(template)
        return template
    }

    /// No more claims until it is resumed; coupons that members hold stay good.
    package func pauseCouponTemplate(_ id: ID<CouponTemplate>) throws -> CouponTemplate {
        try changeCouponTemplate(id) { try $0.pause() }
    }

    package func resumeCouponTemplate(_ id: ID<CouponTemplate>) throws -> CouponTemplate {
        try changeCouponTemplate(id) { try $0.resume() }
    }

    /// No more claims, and what members hold unused is void, for good.
    package func revokeCouponTemplate(_ id: ID<CouponTemplate>) throws -> CouponTemplate {
        try changeCouponTemplate(id) { $0.revoke() }
    }

    private func changeCouponTemplate(
        _ id: ID<CouponTemplate>, _ change: (inout CouponTemplate) throws -> Void
    ) throws -> CouponTemplate {
        guard var template = try lockCouponTemplate(id) else { throw Problem.notFound }
        try change(&template.value)
        try save(template)
        return template.value
    }
}

/// What the businesses know of the things that coupons name: whether a scope's id is one, and what
/// it is called. Kinds of which nobody knows anything are taken as they come.
package struct CouponScopes: Sendable {
    /// The title of what a scope names; nil if there is no such thing.
    package typealias Title = @Sendable (CouponScope, Snapshot) throws -> String?

    private let titles: [CouponScope.Kind: Title]

    package init(_ titles: [CouponScope.Kind: Title] = [:]) { self.titles = titles }

    func exists(_ scope: CouponScope, in snapshot: Snapshot) throws -> Bool {
        guard let title = titles[scope.kind] else { return true }
        return try title(scope, snapshot) != nil
    }

    package func title(of scope: CouponScope, in snapshot: Snapshot) throws -> String? {
        try titles[scope.kind]?(scope, snapshot)
    }
}
