import Basics
import Store

extension Notice {
    fileprivate static let columns: SQL =
        "id, trade_id, url, form, state, tries, next_try_at, created_at"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], tradeID: row[1], url: row[2], form: row[3], state: row[4], tries: row[5],
            nextTryAt: row[6], createdAt: row[7])
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
    func notices(of trade: ID<SandboxTrade>) throws -> [Notice] {
        try rows(
            """
            SELECT \(Notice.columns) FROM sandbox_notice WHERE trade_id = \(trade) ORDER BY id
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
}

extension Transaction {
    func lockNotice(_ id: ID<Notice>) throws -> Locked<Notice>? {
        try lock(
            "SELECT \(Notice.columns) FROM sandbox_notice WHERE id = \(id)", Notice.init)
    }

    func insert(_ notice: Notice) throws {
        try run(
            """
            INSERT INTO sandbox_notice (\(Notice.columns))
            VALUES (\(notice.id), \(notice.tradeID), \(notice.url), \(notice.form),
              \(notice.state), \(notice.tries), \(notice.nextTryAt), \(notice.createdAt))
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
