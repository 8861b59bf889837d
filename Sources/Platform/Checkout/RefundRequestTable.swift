import Basics
import Money
import Store
import Web

extension RefundRequest {
    fileprivate static let columns: SQL = """
        id, order_id, lines, amount, total, reason, requested_by, created_at, decided_by, \
        decided_at, decision_reason, order_refund_id
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], order: row[1], demand: RefundDemand(lines: row[2], amount: row[3]),
            total: row[4], reason: row[5], requestedBy: row[6], createdAt: row[7],
            decision: Decision(by: row[8], at: row[9], reason: row[10], refund: row[11]))
    }
}

extension RefundRequest.Decision {
    fileprivate init?(by: ID<Member>?, at: Instant?, reason: String?, refund: ID<OrderRefund>?) {
        guard let by, let at else { return nil }
        let outcome = refund.map { Outcome.approved($0) } ?? .rejected(reason: reason ?? "")
        self.init(by: by, at: at, outcome: outcome)
    }
}

extension RefundDemand {
    /// Lines are kept as they are named outside, with commas between.
    fileprivate init(lines: String?, amount: Amount?) throws {
        if let amount {
            self = .amount(amount)
            return
        }
        self = .lines(
            try (lines ?? "").split(separator: ",").map {
                guard let line = ID<OrderLine>(String($0)) else {
                    throw StoreError.unreadableColumn(index: 2, wanted: "lines of an order")
                }
                return line
            })
    }

    fileprivate var lineText: String? {
        guard case .lines(let lines) = self else { return nil }
        return lines.map(\.description).joined(separator: ",")
    }

    fileprivate var sum: Amount? {
        guard case .amount(let amount) = self else { return nil }
        return amount
    }
}

extension Snapshot {
    package func refundRequest(_ id: ID<RefundRequest>) throws -> RefundRequest? {
        try first("SELECT \(RefundRequest.columns) FROM refund_request WHERE id = \(id)") {
            try RefundRequest(row: $0)
        }
    }

    /// The one of an order that waits; there is one at most.
    func pendingRefundRequest(of order: ID<Order>) throws -> RefundRequest? {
        try first(
            """
            SELECT \(RefundRequest.columns) FROM refund_request
            WHERE order_id = \(order) AND status = 'pending'
            """
        ) { try RefundRequest(row: $0) }
    }

    /// Those in one state or in any, from new to old.
    func refundRequests(in status: RefundRequest.Status?, page: PageRequest) throws
        -> Page<RefundRequest>
    {
        let wanted: SQL = status.map { "status = \($0) AND" } ?? ""
        let rows = try rows(
            """
            SELECT \(RefundRequest.columns) FROM refund_request
            WHERE \(wanted) id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try RefundRequest(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    func refundRequestCount(in status: RefundRequest.Status?) throws -> Int64 {
        let wanted: SQL = status.map { "WHERE status = \($0)" } ?? ""
        return try number("SELECT COUNT(*) FROM refund_request \(wanted)")
    }

    /// Requests that were approved and whose refund is another than was asked for; none, unless
    /// something is broken.
    func inconsistentRefundRequests() throws -> [ID<RefundRequest>] {
        try rows(
            """
            SELECT r.id FROM refund_request r
            LEFT JOIN order_refund f ON f.id = r.order_refund_id
            WHERE r.status = 'approved' AND (f.id IS NULL OR f.order_id <> r.order_id
                OR f.wallet + f.gateway > r.total OR f.actor <> r.requested_by)
            ORDER BY r.id LIMIT 10
            """
        ) { try $0[0] }
    }
}

extension Transaction {
    /// - Returns: false if the order has one that waits.
    func insert(_ request: RefundRequest) throws -> Bool {
        try run(
            """
            INSERT INTO refund_request
              (id, order_id, status, lines, amount, total, reason, requested_by, created_at)
            VALUES (\(request.id), \(request.order), \(request.status),
              \(request.demand.lineText), \(request.demand.sum), \(request.total),
              \(request.reason), \(request.requestedBy), \(request.createdAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// Saves what was decided. Requests are changed only under the lock of their order.
    func save(_ request: RefundRequest, of order: Locked<Order>) throws {
        var refund: ID<OrderRefund>?
        var reason: String?
        switch request.decision?.outcome {
        case .approved(let made): refund = made
        case .rejected(let why): reason = why
        case nil: break
        }
        try run(
            """
            UPDATE refund_request SET status = \(request.status),
              decided_by = \(request.decision?.by), decided_at = \(request.decision?.at),
              decision_reason = \(reason), order_refund_id = \(refund)
            WHERE id = \(request.id)
            """)
    }
}
