import Basics
import Store

extension WeChatOrder {
    fileprivate static let columns: SQL = """
        id, out_trade_no, token, product, description, attach, total, notify_url, open_id, terms, \
        state, refunded, created_at, expires_at, prepared_at, paid_at, closed_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], outTradeNo: row[1], token: row[2], product: row[3], description: row[4],
            attach: row[5], total: row[6], notifyURL: row[7], openID: row[8], terms: row[9],
            state: row[10], refunded: row[11], createdAt: row[12], expiresAt: row[13],
            preparedAt: row[14], paidAt: row[15], closedAt: row[16])
    }

    fileprivate static func find(_ condition: SQL) -> SQL {
        "SELECT \(columns) FROM sandbox_wechat_order WHERE \(condition)"
    }
}

extension WeChatRefund {
    fileprivate static let columns: SQL = """
        id, order_id, out_refund_no, amount, reason, notify_url, created_at, outcome, due_at, state
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], orderID: row[1], outRefundNo: row[2], amount: row[3], reason: row[4],
            notifyURL: row[5], createdAt: row[6], outcome: row[7], dueAt: row[8], state: row[9])
    }

    fileprivate static func find(_ condition: SQL) -> SQL {
        "SELECT \(columns) FROM sandbox_wechat_refund WHERE \(condition)"
    }
}

extension Snapshot {
    /// By the merchant's number, as it stands at this moment.
    func wechatOrder(outTradeNo: String) throws -> WeChatOrder? {
        try wechatOrder("out_trade_no = \(outTradeNo)")
    }

    func wechatOrder(token: String) throws -> WeChatOrder? {
        try wechatOrder("token = \(token)")
    }

    func wechatOrder(_ id: ID<WeChatOrder>) throws -> WeChatOrder? {
        try wechatOrder("id = \(id)")
    }

    private func wechatOrder(_ condition: SQL) throws -> WeChatOrder? {
        let now = now
        return try first(WeChatOrder.find(condition)) { try WeChatOrder(row: $0).aged(to: now) }
    }

    /// From new to old.
    func wechatOrders(limit: Int) throws -> [WeChatOrder] {
        let now = now
        return try rows(
            """
            SELECT \(WeChatOrder.columns) FROM sandbox_wechat_order ORDER BY id DESC LIMIT \(limit)
            """
        ) { try WeChatOrder(row: $0).aged(to: now) }
    }

    func wechatRefund(outRefundNo: String) throws -> WeChatRefund? {
        let now = now
        return try first(WeChatRefund.find("out_refund_no = \(outRefundNo)")) {
            try WeChatRefund(row: $0).aged(to: now)
        }
    }

    /// From old to new.
    func wechatRefunds(of order: ID<WeChatOrder>) throws -> [WeChatRefund] {
        let now = now
        return try rows(WeChatRefund.find("order_id = \(order)") + " ORDER BY id") {
            try WeChatRefund(row: $0).aged(to: now)
        }
    }

    /// What was paid from `start` to before `end`, from old to new.
    func wechatOrders(paidFrom start: Instant, to end: Instant) throws -> [WeChatOrder] {
        try rows(
            WeChatOrder.find("paid_at >= \(start) AND paid_at < \(end)")
                + " ORDER BY paid_at, id", WeChatOrder.init)
    }

    /// What was given back from `start` to before `end`, from old to new.
    func wechatRefunds(doneFrom start: Instant, to end: Instant) throws -> [WeChatRefund] {
        try rows(
            WeChatRefund.find(
                """
                due_at >= \(start) AND due_at < \(end) AND state = \(WeChatRefund.State.success)
                """) + " ORDER BY due_at, id", WeChatRefund.init)
    }

    /// Orders whose refunds do not add up to what they say was refunded: for the audit.
    func wechatOrdersWithUnbookedRefunds() throws -> [String] {
        try rows(
            """
            SELECT out_trade_no FROM sandbox_wechat_order WHERE refunded <>
                (SELECT \(SQL.sum("amount")) FROM sandbox_wechat_refund
                 WHERE order_id = sandbox_wechat_order.id
                   AND state <> \(WeChatRefund.State.closed))
            ORDER BY id LIMIT 10
            """
        ) { try $0[0] }
    }
}

extension Transaction {
    /// As it stands at this moment; saved, that is what is stored.
    func lockWeChatOrder(outTradeNo: String) throws -> Locked<WeChatOrder>? {
        try lockWeChatOrder("out_trade_no = \(outTradeNo)")
    }

    func lockWeChatOrder(_ id: ID<WeChatOrder>) throws -> Locked<WeChatOrder>? {
        try lockWeChatOrder("id = \(id)")
    }

    private func lockWeChatOrder(_ condition: SQL) throws -> Locked<WeChatOrder>? {
        guard var order = try lock(WeChatOrder.find(condition), WeChatOrder.init) else {
            return nil
        }
        // After the lock, so that the time is not one from before the wait for it.
        order.value = order.value.aged(to: now)
        return order
    }

    func lockWeChatRefund(_ id: ID<WeChatRefund>) throws -> Locked<WeChatRefund>? {
        try lock(WeChatRefund.find("id = \(id)"), WeChatRefund.init)
    }

    /// - Returns: false if there is an order of this number already.
    func insert(_ order: WeChatOrder) throws -> Bool {
        try run(
            """
            INSERT INTO sandbox_wechat_order (\(WeChatOrder.columns))
            VALUES (\(order.id), \(order.outTradeNo), \(order.token), \(order.product),
              \(order.description), \(order.attach), \(order.total), \(order.notifyURL),
              \(order.openID), \(order.terms), \(order.state), \(order.refunded),
              \(order.createdAt), \(order.expiresAt), \(order.preparedAt), \(order.paidAt),
              \(order.closedAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ order: Locked<WeChatOrder>) throws {
        try run(
            """
            UPDATE sandbox_wechat_order SET state = \(order.state), refunded = \(order.refunded),
              prepared_at = \(order.preparedAt), paid_at = \(order.paidAt),
              closed_at = \(order.closedAt)
            WHERE id = \(order.id)
            """)
    }

    /// - Returns: false if there is a refund of this number already.
    func insert(_ refund: WeChatRefund) throws -> Bool {
        try run(
            """
            INSERT INTO sandbox_wechat_refund (\(WeChatRefund.columns))
            VALUES (\(refund.id), \(refund.orderID), \(refund.outRefundNo), \(refund.amount),
              \(refund.reason), \(refund.notifyURL), \(refund.createdAt), \(refund.outcome),
              \(refund.dueAt), \(refund.state))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ refund: Locked<WeChatRefund>) throws {
        try run(
            "UPDATE sandbox_wechat_refund SET state = \(refund.state) WHERE id = \(refund.id)")
    }

    // MARK: Log-in codes of the mini program

    func insert(_ code: WeChatLoginCode) throws {
        try run(
            """
            INSERT INTO sandbox_wechat_code (code, open_id, created_at)
            VALUES (\(code.code), \(code.openID), \(code.createdAt))
            """)
    }

    /// Uses a code up.
    /// - Returns: the code, and whether it was this call that used it; nil if it is none.
    func useWeChatCode(_ text: String) throws -> (code: WeChatLoginCode, isFirst: Bool)? {
        let found = try first(
            "SELECT code, open_id, created_at FROM sandbox_wechat_code WHERE code = \(text)"
        ) { try WeChatLoginCode(code: $0[0], openID: $0[1], createdAt: $0[2]) }
        guard let found else { return nil }
        let count = try run(
            """
            UPDATE sandbox_wechat_code SET used_at = \(now)
            WHERE code = \(text) AND used_at IS NULL
            """)
        return (found, count == 1)
    }
}
