import Basics
import Checkout
import Promotions
import Store

/// An order was made: its courses leave the member's cart, however they were chosen
/// (commerce defect 21).
struct TakeFromCart: Sendable {
    let order: Order

    func run(in tx: Transaction) throws {
        for item in try tx.lockCartItems(order.courses, of: order.member) {
            try tx.move(item, toOrder: order.id.rawValue)
        }
    }
}

/// The order ended unpaid: what it took from the cart comes back.
struct ReturnToCart: Sendable {
    let order: Order

    func run(in tx: Transaction) throws {
        for item in try tx.lockOrderedItems(order.id.rawValue) { try tx.putBack(item) }
        try tx.forgetOrderedItems(order.id.rawValue)
    }
}

extension Order {
    /// The courses it is for.
    var courses: [ID<Course>] { lines.compactMap(\.course) }
}

extension OrderLine {
    /// nil if the line is for something else.
    var course: ID<Course>? {
        product.kind == Course.productKind ? ID(rawValue: product.id) : nil
    }
}
