import Store
import Web

/// Coupons: what they promise, who may have them, and what became of them. Table of contents.
///
/// Checkout and the businesses use `snapshot.coupon(_:of:)`, `couponsToChoose(of:)`, and in their
/// transactions `lockCoupons`, `reserve`, `use`, `giveBack`.
package struct PromotionsModule: Module {
    package let name = "promotions"
    package let migrations = promotionsMigrations
    package let templates = EmbeddedFiles(Embedded.files)
    let database: Database
    let scopes: CouponScopes

    /// - Parameter scopes: what the businesses know of the things coupons can be for.
    package init(database: Database, scopes: CouponScopes = .init()) {
        self.database = database
        self.scopes = scopes
    }

    package func api(_ api: API) {
        offerRoutes(api)
        templateRoutes(api)
    }

    package func pages(_ site: Site) {
        memberPages(site)
        operatorPages(site)
    }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        try snapshot.templatesWithWrongCounts().map {
            "coupon template \($0): its count of claims is not the number of its coupons"
        }
    }
}
