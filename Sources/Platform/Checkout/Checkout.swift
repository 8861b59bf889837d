import Basics
import Ledger
import Money
import Payments
import Promotions
import Scheduling
import Store
import Web

/// From what a member wants to what it costs, to an order, to money in the right account.
///
/// Businesses register as `Seller`s; Checkout computes every amount itself, and a client's numbers
/// are only ever compared with its own.
package struct Checkout: Sendable {
    package let database: Database
    package let payments: Payments
    let sellers: [any Seller]
    package let settings: Settings

    package struct Settings: Sendable {
        /// How long a quote can be ordered.
        package var quotePeriod = Duration.minutes(15)
        /// How long a course order waits for its payment (commerce D9).
        package var orderPeriod = Duration.minutes(30)
        /// Fen; a wallet part above it asks for the payment password.
        package var passwordAbove = Amount(500_000)
        /// Fen; a refund that brings what its order has given back above it takes a second person. nil:
        /// none does.
        package var refundApprovalAbove: Amount?
        package init() {}
    }

    package init(
        database: Database, payments: Payments, sellers: [any Seller],
        settings: Settings = Settings()
    ) {
        self.database = database
        self.payments = payments
        self.sellers = sellers
        self.settings = settings
    }

    func seller(of product: ProductRef) throws(Problem) -> any Seller {
        guard let seller = sellers.first(where: { $0.productKinds.values.contains(product.kind) })
        else { throw .notForSale }
        return seller
    }

    func seller(of order: Order) throws -> any Seller {
        guard let seller = sellers.first(where: { $0.business == order.business }) else {
            throw StoreError.unavailable("no business is running for \(order.business)")
        }
        return seller
    }

    /// Reads a product's id as it is written outside: `crs_…`.
    package func product(_ text: String) -> ProductRef? {
        guard let cut = text.lastIndex(of: "_"),
            let number = Base32.decode(text[text.index(after: cut)...])
        else { return nil }
        let prefix = String(text[..<cut])
        return sellers.compactMap { $0.productKinds[prefix] }.first.map {
            ProductRef(kind: $0, id: number)
        }
    }

    /// Writes a product's id as outside.
    func text(_ product: ProductRef) -> String {
        let prefix = sellers.lazy.flatMap(\.productKinds).first { $0.value == product.kind }?.key
        return "\(prefix ?? product.kind)_\(Base32.encode(product.id))"
    }
}

/// How a price policy is named outside, whichever business it is of.
struct PolicyName: Entity { static let prefix = "pol" }
