import Basics
import Identity
import Scheduling
import Store
import Web

/// Quotes, orders and refunds: the table of contents.
package struct CheckoutModule: Module {
    package let name = "checkout"
    package let checkout: Checkout
    let paymentPasswords: PaymentPasswords

    package init(checkout: Checkout, paymentPasswords: PaymentPasswords) {
        self.checkout = checkout
        self.paymentPasswords = paymentPasswords
    }

    package var migrations: [Migration] { checkoutMigrations }
    package var templates: EmbeddedFiles { EmbeddedFiles(Embedded.files) }
    package var jobs: [JobHandler] { checkout.jobs }

    package func pages(_ site: Site) {
        checkoutPages(site)
        orderPages(site)
        operatorPages(site)
        refundPages(site)
    }

    package func audit(_ snapshot: Snapshot) throws -> [String] {
        try snapshot.inconsistentOrders().map { "\($0): its lines do not add up to it" }
            + snapshot.inconsistentRefundRequests().map {
                "\($0): what was refunded is not what was approved"
            }
    }
}
