import Basics
import Ledger
import Money
import Promotions
import Store
import Web

/// What a business gives to Checkout so that its products can be sold: prices going in, fulfilment
/// coming out. All of it runs inside Checkout's transactions; control goes down by import and comes
/// back by value.
package protocol Seller: Sendable {
    /// The business's name, as in coupon scopes and order lists: `courses`.
    var business: String { get }
    /// What it sells: the prefix of the product's id outside, and the `kind` of its `ProductRef`:
    /// `["crs": "course"]`.
    var productKinds: [String: String] { get }
    /// Where the price of a paid order goes.
    var revenueAccount: AccountAddress { get }

    /// Prices what a member asks for, in the order asked.
    /// - Throws: a problem with the pointer `/lines/<n>/…` for what is not for sale to this member.
    func offers(_ requests: [OfferRequest], to member: ID<Member>, in snapshot: Snapshot) throws
        -> [Offer]

    /// The order now holds these products: they leave the member's cart.
    func reserve(_ order: Order, in tx: Transaction) throws
    /// The order ended unpaid: they come back.
    func release(_ order: Order, in tx: Transaction) throws
    /// The order is paid; what it bought is given in this very transaction.
    func fulfil(_ order: Order, in tx: Transaction) throws
    /// Lines were refunded in full: what they gave ends.
    func revoke(_ lines: [OrderLine], of order: Order, in tx: Transaction) throws
}

/// One thing a member wants to buy.
package struct OfferRequest: Hashable, Sendable {
    package var product: ProductRef
    /// The price policy chosen; nil takes the one chosen in the cart.
    package var policyID: Int64?

    package init(product: ProductRef, policyID: Int64?) {
        self.product = product
        self.policyID = policyID
    }
}

/// One thing at its present price.
package struct Offer: Hashable, Sendable {
    package var product: ProductRef
    package var policyID: Int64
    package var title: String
    /// How long it lasts, in days; nil if it does not end.
    package var days: Int64?
    package var listPrice: Amount
    /// The category of the product and those above it: coupons may be for one.
    package var categories: [Int64]

    package init(
        product: ProductRef, policyID: Int64, title: String, days: Int64?, listPrice: Amount,
        categories: [Int64]
    ) {
        self.product = product
        self.policyID = policyID
        self.title = title
        self.days = days
        self.listPrice = listPrice
        self.categories = categories
    }
}
