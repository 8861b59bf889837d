import Basics
import Ledger
import Money
import Promotions
import Store
import Web

extension Order {
    fileprivate static let columns: SQL = """
        id, member_id, business, status, list_total, line_discount, order_discount, total, \
        wallet_amount, gateway_amount, refunded, order_coupon_id, hold_id, created_at, \
        expires_at, paid_at
        """

    /// Without its lines, which are read for many orders at once.
    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], member: row[1], business: row[2], status: row[3], listTotal: row[4],
            lineDiscount: row[5], orderDiscount: row[6], total: row[7], walletAmount: row[8],
            gatewayAmount: row[9], refunded: row[10], orderCouponID: row[11], holdID: row[12],
            createdAt: row[13], expiresAt: row[14], paidAt: row[15], lines: [])
    }
}

extension OrderLine {
    fileprivate static let columns: SQL = """
        id, product_kind, product_id, policy_id, title, days, list_price, line_discount, \
        order_discount, net, wallet, gateway, coupon_id, refunded_wallet, refunded_gateway, \
        refunded_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], product: ProductRef(kind: row[1], id: row[2] as Int64), policyID: row[3],
            title: row[4], days: row[5], listPrice: row[6], lineDiscount: row[7],
            orderDiscount: row[8], net: row[9], wallet: row[10], gateway: row[11],
            couponID: row[12], refundedWallet: row[13], refundedGateway: row[14],
            refundedAt: row[15])
    }
}

/// A refund as operators and members see it.
package struct OrderRefund: Entity, Sendable {
    package static let prefix = "rfd"
    package var id: ID<OrderRefund>
    package var wallet: Amount
    package var gateway: Amount
    package var reason: String
    package var paymentRefundID: Int64?
    package var createdAt: Instant
}

/// One line of an order's timeline.
package struct OrderEvent: Sendable {
    package var kind: String
    package var actor: String
    package var at: Instant
}

extension Snapshot {
    package func order(_ id: ID<Order>) throws -> Order? {
        try first("SELECT \(Order.columns) FROM purchase_order WHERE id = \(id)") {
            try Order(row: $0)
        }.map { try withLines([$0])[0] }
    }

    /// Orders of one member, or of all, in some states or any, from new to old.
    package func orders(
        of member: ID<Member>?, in statuses: [Order.Status], page: PageRequest
    ) throws -> Page<Order> {
        var conditions: [SQL] = ["id < \(page.after ?? Int64.max)"]
        if let member { conditions.append("member_id = \(member)") }
        if !statuses.isEmpty { conditions.append("status IN \(list: statuses)") }
        let rows = try rows(
            """
            SELECT \(Order.columns) FROM purchase_order WHERE \(SQL.joined(conditions, " AND "))
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try Order(row: $0) }
        return try Page(rows: withLines(rows), request: page) { $0.id.rawValue }
    }

    /// How many orders a member has in each state.
    package func orderCounts(of member: ID<Member>) throws -> [Order.Status: Int64] {
        Dictionary(
            uniqueKeysWithValues: try rows(
                """
                SELECT status, COUNT(*) FROM purchase_order WHERE member_id = \(member)
                GROUP BY status
                """
            ) { (try $0[0], try $0[1]) })
    }

    package func orderCount(in statuses: [Order.Status]) throws -> Int64 {
        let condition: SQL = statuses.isEmpty ? "" : "WHERE status IN \(list: statuses)"
        return try number("SELECT COUNT(*) FROM purchase_order \(condition)")
    }

    package func refunds(of order: ID<Order>) throws -> [OrderRefund] {
        try rows(
            """
            SELECT id, wallet, gateway, reason, payment_refund_id, created_at
            FROM order_refund WHERE order_id = \(order) ORDER BY id
            """
        ) { row in
            try OrderRefund(
                id: row[0], wallet: row[1], gateway: row[2], reason: row[3],
                paymentRefundID: row[4], createdAt: row[5])
        }
    }

    package func events(of order: ID<Order>) throws -> [OrderEvent] {
        try rows("SELECT kind, actor, at FROM order_event WHERE order_id = \(order) ORDER BY id") {
            try OrderEvent(kind: $0[0], actor: $0[1], at: $0[2])
        }
    }

    /// Orders whose books and state contradict each other; none, unless something is broken.
    func inconsistentOrders() throws -> [ID<Order>] {
        try rows(
            """
            SELECT o.id FROM purchase_order o
            JOIN (SELECT order_id, \(SQL.sum("net")) AS net, \(SQL.sum("wallet")) AS wallet,
                  \(SQL.sum("refunded_wallet + refunded_gateway")) AS refunded
                  FROM order_line GROUP BY order_id) l ON l.order_id = o.id
            WHERE l.net <> o.total OR l.wallet <> o.wallet_amount OR l.refunded <> o.refunded
            ORDER BY o.id LIMIT 10
            """
        ) { try $0[0] }
    }

    private func withLines(_ orders: [Order]) throws -> [Order] {
        guard !orders.isEmpty else { return [] }
        let lines = try rows(
            """
            SELECT \(OrderLine.columns), order_id FROM order_line
            WHERE order_id IN \(list: orders.map(\.id)) ORDER BY order_id, number
            """
        ) { row -> (ID<Order>, OrderLine) in (try row[16], try OrderLine(row: row)) }
        let grouped = Dictionary(grouping: lines, by: \.0)
        return orders.map { order in
            var order = order
            order.lines = grouped[order.id, default: []].map(\.1)
            return order
        }
    }
}

extension Transaction {
    /// Locks the order's row; its lines are changed only under that lock.
    package func lockOrder(_ id: ID<Order>) throws -> Locked<Order>? {
        guard
            var order = try lock(
                "SELECT \(Order.columns) FROM purchase_order WHERE id = \(id)",
                { try Order(row: $0) })
        else { return nil }
        order.lines = try rows(
            "SELECT \(OrderLine.columns) FROM order_line WHERE order_id = \(id) ORDER BY number"
        ) { try OrderLine(row: $0) }
        return order
    }

    func insert(_ order: Order) throws {
        try run(
            """
            INSERT INTO purchase_order (\(Order.columns))
            VALUES (\(order.id), \(order.member), \(order.business), \(order.status),
              \(order.listTotal), \(order.lineDiscount), \(order.orderDiscount), \(order.total),
              \(order.walletAmount), \(order.gatewayAmount), \(order.refunded),
              \(order.orderCouponID), \(order.holdID), \(order.createdAt), \(order.expiresAt),
              \(order.paidAt))
            """)
        for (number, line) in order.lines.enumerated() {
            try run(
                """
                INSERT INTO order_line (\(OrderLine.columns), order_id, number)
                VALUES (\(line.id), \(line.product.kind), \(line.product.id), \(line.policyID),
                  \(line.title), \(line.days), \(line.listPrice), \(line.lineDiscount),
                  \(line.orderDiscount), \(line.net), \(line.wallet), \(line.gateway),
                  \(line.couponID), \(line.refundedWallet), \(line.refundedGateway),
                  \(line.refundedAt), \(order.id), \(number))
                """)
        }
    }

    /// Saves what can change: states and what was given back. Prices and tenders never do.
    func save(_ order: Locked<Order>) throws {
        // What is made in this very transaction nobody has seen.
        if order.createdAt < now { announce(order.id) }
        try run(
            """
            UPDATE purchase_order SET status = \(order.status), refunded = \(order.refunded),
              hold_id = \(order.holdID), paid_at = \(order.paidAt)
            WHERE id = \(order.id)
            """)
    }

    func save(_ line: OrderLine, of order: Locked<Order>) throws {
        try run(
            """
            UPDATE order_line SET refunded_wallet = \(line.refundedWallet),
              refunded_gateway = \(line.refundedGateway), refunded_at = \(line.refundedAt)
            WHERE id = \(line.id)
            """)
    }

    func insert(_ refund: OrderRefund, of order: ID<Order>, actor: ID<Member>) throws {
        try run(
            """
            INSERT INTO order_refund
              (id, order_id, wallet, gateway, reason, actor, payment_refund_id, created_at)
            VALUES (\(refund.id), \(order), \(refund.wallet), \(refund.gateway), \(refund.reason),
              \(actor), \(refund.paymentRefundID), \(refund.createdAt))
            """)
    }

    /// Writes a line of the order's timeline.
    func note(_ kind: String, _ order: ID<Order>, by actor: String) throws {
        try run(
            """
            INSERT INTO order_event (id, order_id, kind, actor, at)
            VALUES (\(IDGenerator.shared.next()), \(order), \(kind), \(actor), \(now))
            """)
    }
}
