import Basics
import Store
import Web

extension CartItem {
    fileprivate static let columns: SQL = "member_id, course_id, policy_id, price, added_at"

    fileprivate init(row: Row) throws {
        try self.init(
            member: row[0], courseID: row[1], policyID: row[2], price: row[3], addedAt: row[4])
    }

    fileprivate var values: SQL {
        "\(member), \(courseID), \(policyID), \(price), \(addedAt)"
    }
}

extension Snapshot {
    /// Newest first.
    func cartItems(of member: ID<Member>) throws -> [CartItem] {
        try rows(
            """
            SELECT \(CartItem.columns) FROM cart_item
            WHERE member_id = \(member) ORDER BY added_at DESC, course_id DESC
            """
        ) { try CartItem(row: $0) }
    }
}

extension Transaction {
    /// Puts a course into a cart, or changes the policy it lies there with. One statement: another
    /// device's course is another row (commerce defects 13, 14).
    func put(_ item: CartItem) throws {
        try run(
            """
            INSERT INTO cart_item (\(CartItem.columns)) VALUES (\(item.values))
            ON CONFLICT (member_id, course_id) DO UPDATE
            SET policy_id = excluded.policy_id, price = excluded.price
            """)
    }

    func removeCartItem(_ course: ID<Course>, of member: ID<Member>) throws {
        try run(
            "DELETE FROM cart_item WHERE member_id = \(member) AND course_id = \(course)")
    }

    /// The items of these courses, in the order of the lock rule: two orders of one member that share
    /// courses cannot wait for each other.
    func lockCartItems(_ courses: [ID<Course>], of member: ID<Member>) throws
        -> [Locked<CartItem>]
    {
        try lockAll(
            """
            SELECT \(CartItem.columns) FROM cart_item
            WHERE member_id = \(member) AND course_id IN \(list: courses) ORDER BY course_id
            """
        ) { try CartItem(row: $0) }
    }

    func move(_ item: Locked<CartItem>, toOrder order: Int64) throws {
        try run(
            """
            INSERT INTO ordered_cart_item (order_id, \(CartItem.columns))
            VALUES (\(order), \(item.value.values))
            """)
        try removeCartItem(item.courseID, of: item.member)
    }

    /// What an order took from a cart.
    func lockOrderedItems(_ order: Int64) throws -> [Locked<CartItem>] {
        try lockAll(
            """
            SELECT \(CartItem.columns) FROM ordered_cart_item
            WHERE order_id = \(order) ORDER BY course_id
            """
        ) { try CartItem(row: $0) }
    }

    /// Puts an item back as it was, unless the member has put that course there anew.
    func putBack(_ item: Locked<CartItem>) throws {
        try run(
            """
            INSERT INTO cart_item (\(CartItem.columns)) VALUES (\(item.value.values))
            ON CONFLICT DO NOTHING
            """)
    }

    func forgetOrderedItems(_ order: Int64) throws {
        try run("DELETE FROM ordered_cart_item WHERE order_id = \(order)")
    }
}
