import Basics
import Store

extension Notice {
    fileprivate static let columns: SQL =
        "id, gateway, out_trade_no, url, content, state, tries, next_try_at, created_at"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], gateway: row[1], outTradeNo: row[2], url: row[3], content: row[4],
            state: row[5], tries: row[6], nextTryAt: row[7], createdAt: row[8])
    }
}

extension Delivery {
    fileprivate static let columns: SQL =
        "id, notice_id, outcome, http_status, answer, delivered_at"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], noticeID: row[1], outcome: row[2], httpStatus: row[3], answer: row[4],
            deliveredAt: row[5])
    }
}

extension Snapshot {
    /// From old to new.
    func notices(of outTradeNo: String, at gateway: SandboxGateway) throws -> [Notice] {
        try rows(
            """
            SELECT \(Notice.columns) FROM sandbox_notice
            WHERE gateway = \(gateway) AND out_trade_no = \(outTradeNo) ORDER BY id
            """, Notice.init)
    }

    /// From old to new.
    func deliveries(of notice: ID<Notice>) throws -> [Delivery] {
        try rows(
            """
            SELECT \(Delivery.columns) FROM sandbox_delivery
            WHERE notice_id = \(notice) ORDER BY id
            """, Delivery.init)
    }

    /// How merchants answered, of all trades, from new to old.
    func recentDeliveries(limit: Int) throws -> [DeliveryRow] {
        try rows(
            """
            SELECT n.gateway, n.out_trade_no, d.outcome, d.http_status, d.answer, d.delivered_at
            FROM sandbox_delivery d JOIN sandbox_notice n ON n.id = d.notice_id
            ORDER BY d.id DESC LIMIT \(limit)
            """
        ) { row in
            try DeliveryRow(
                gateway: row[0], outTradeNo: row[1], outcome: row[2], httpStatus: row[3],
                answer: row[4], at: row[5])
        }
    }
}

extension Transaction {
    func lockNotice(_ id: ID<Notice>) throws -> Locked<Notice>? {
        try lock(
            "SELECT \(Notice.columns) FROM sandbox_notice WHERE id = \(id)", Notice.init)
    }

    /// Notices about the same trade that wait for this one to be sent before them.
    func heldNotices(before notice: Notice) throws -> [ID<Notice>] {
        try rows(
            """
            SELECT id FROM sandbox_notice
            WHERE gateway = \(notice.gateway) AND out_trade_no = \(notice.outTradeNo)
              AND state = \(Notice.State.held) AND id < \(notice.id) ORDER BY id DESC
            """
        ) { try $0[0] }
    }

    func insert(_ notice: Notice) throws {
        try run(
            """
            INSERT INTO sandbox_notice (\(Notice.columns))
            VALUES (\(notice.id), \(notice.gateway), \(notice.outTradeNo), \(notice.url),
              \(notice.content), \(notice.state), \(notice.tries), \(notice.nextTryAt),
              \(notice.createdAt))
            """)
    }

    func save(_ notice: Locked<Notice>) throws {
        try run(
            """
            UPDATE sandbox_notice SET state = \(notice.state), tries = \(notice.tries),
              next_try_at = \(notice.nextTryAt)
            WHERE id = \(notice.id)
            """)
    }

    func insert(_ delivery: Delivery) throws {
        try run(
            """
            INSERT INTO sandbox_delivery (\(Delivery.columns))
            VALUES (\(delivery.id), \(delivery.noticeID), \(delivery.outcome),
              \(delivery.httpStatus), \(delivery.answer), \(delivery.deliveredAt))
            """)
    }
}
