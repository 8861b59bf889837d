import Alipay
import Basics
import Store

extension SandboxTrade {
    fileprivate static let columns: SQL = """
        id, out_trade_no, token, app_id, product, subject, total, notify_url, return_url, \
        quit_url, passback, state, refunded, created_at, expires_at, paid_at, refunded_at, \
        closed_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], outTradeNo: row[1], token: row[2], app: row[3], product: row[4],
            subject: row[5], total: AlipayAmount(fen: row[6]), notifyURL: row[7],
            returnURL: row[8], quitURL: row[9], passback: row[10], state: row[11],
            refunded: AlipayAmount(fen: row[12]), createdAt: row[13], expiresAt: row[14],
            paidAt: row[15], refundedAt: row[16], closedAt: row[17])
    }

    fileprivate static func find(_ condition: SQL) -> SQL {
        "SELECT \(columns) FROM sandbox_trade WHERE \(condition)"
    }
}

extension Snapshot {
    /// By the merchant's number, as it stands at this moment.
    func trade(outTradeNo: String) throws -> SandboxTrade? {
        try trade("out_trade_no = \(outTradeNo)")
    }

    func trade(token: String) throws -> SandboxTrade? { try trade("token = \(token)") }

    func trade(_ id: ID<SandboxTrade>) throws -> SandboxTrade? { try trade("id = \(id)") }

    private func trade(_ condition: SQL) throws -> SandboxTrade? {
        let now = now
        return try first(SandboxTrade.find(condition)) { try SandboxTrade(row: $0).aged(to: now) }
    }

    /// From new to old.
    func trades(limit: Int) throws -> [SandboxTrade] {
        let now = now
        return try rows(
            "SELECT \(SandboxTrade.columns) FROM sandbox_trade ORDER BY id DESC LIMIT \(limit)"
        ) { try SandboxTrade(row: $0).aged(to: now) }
    }

    /// In the order in which they were paid.
    func trades(paidWithin period: Range<Instant>) throws -> [SandboxTrade] {
        let now = now
        return try rows(
            """
            SELECT \(SandboxTrade.columns) FROM sandbox_trade
            WHERE paid_at >= \(period.lowerBound) AND paid_at < \(period.upperBound)
            ORDER BY paid_at, id
            """
        ) { try SandboxTrade(row: $0).aged(to: now) }
    }

    /// From old to new.
    func refunds(of trade: ID<SandboxTrade>) throws -> [SandboxRefund] {
        try rows(
            """
            SELECT trade_id, request_no, amount, reason, created_at FROM sandbox_refund
            WHERE trade_id = \(trade) ORDER BY created_at, request_no
            """
        ) { row in
            SandboxRefund(
                tradeID: try row[0], requestNo: try row[1], amount: AlipayAmount(fen: try row[2]),
                reason: try row[3], createdAt: try row[4])
        }
    }

    /// Trades whose refunds do not add up to what they say was refunded: for the audit.
    func tradesWithUnbookedRefunds() throws -> [String] {
        try rows(
            """
            SELECT out_trade_no FROM sandbox_trade WHERE refunded <>
                (SELECT \(SQL.sum("amount")) FROM sandbox_refund
                 WHERE trade_id = sandbox_trade.id)
            ORDER BY id LIMIT 10
            """
        ) { try $0[0] }
    }
}

extension Transaction {
    /// The stored state: whoever changes it lets it age first.
    func lockTrade(outTradeNo: String) throws -> Locked<SandboxTrade>? {
        try lock(SandboxTrade.find("out_trade_no = \(outTradeNo)")) { try SandboxTrade(row: $0) }
    }

    func lockTrade(_ id: ID<SandboxTrade>) throws -> Locked<SandboxTrade>? {
        try lock(SandboxTrade.find("id = \(id)")) { try SandboxTrade(row: $0) }
    }

    /// - Returns: false if there is a trade of this number already.
    func insert(_ trade: SandboxTrade) throws -> Bool {
        try run(
            """
            INSERT INTO sandbox_trade (\(SandboxTrade.columns))
            VALUES (\(trade.id), \(trade.outTradeNo), \(trade.token), \(trade.app),
              \(trade.product), \(trade.subject), \(trade.total.fen), \(trade.notifyURL),
              \(trade.returnURL), \(trade.quitURL), \(trade.passback), \(trade.state), \(trade.refunded.fen),
              \(trade.createdAt), \(trade.expiresAt), \(trade.paidAt), \(trade.refundedAt),
              \(trade.closedAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ trade: Locked<SandboxTrade>) throws {
        try run(
            """
            UPDATE sandbox_trade SET state = \(trade.state), refunded = \(trade.refunded.fen),
              paid_at = \(trade.paidAt), refunded_at = \(trade.refundedAt),
              closed_at = \(trade.closedAt)
            WHERE id = \(trade.id)
            """)
    }

    func insert(_ refund: SandboxRefund) throws {
        try run(
            """
            INSERT INTO sandbox_refund (trade_id, request_no, amount, reason, created_at)
            VALUES (\(refund.tradeID), \(refund.requestNo), \(refund.amount.fen),
              \(refund.reason), \(refund.createdAt))
            """)
    }
}
