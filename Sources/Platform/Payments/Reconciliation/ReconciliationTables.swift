import Basics
import Money
import Store
import Web

extension ReconciliationRun {
    fileprivate static let columns: SQL = """
        id, gateway, day, status, detail, lines, looked, unread, paid, refunded, fees, matched, \
        missing_here, missing_there, different, fee, duplicate, settled, created_at, completed_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], gateway: row[1], day: row[2], status: row[3], detail: row[4],
            lines: row[5], looked: row[6], unread: row[7], paid: row[8], refunded: row[9],
            fees: row[10],
            tally: Tally(
                matched: row[11], missingHere: row[12], missingThere: row[13], different: row[14],
                fee: row[15], duplicate: row[16], settled: row[17]), createdAt: row[18],
            completedAt: row[19])
    }
}

extension ReconciliationItem {
    fileprivate static let columns: SQL = """
        id, run_id, gateway, day, kind, finding, status, line_id, attempt_id, refund_id, \
        out_trade_no, out_refund_no, ours, expected_fee, suspended, booked_fee, outcome, note, \
        resolved_by, resolved_at, created_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], run: row[1], gateway: row[2], day: row[3], kind: row[4], finding: row[5],
            status: row[6], line: row[7], attempt: row[8], refund: row[9], outTradeNo: row[10],
            outRefundNo: row[11], ours: row[12], expectedFee: row[13], suspended: row[14],
            bookedFee: row[15], outcome: row[16], note: row[17], resolvedBy: row[18],
            resolvedAt: row[19], createdAt: row[20])
    }
}

/// Which items are wanted.
struct ItemFilter: Sendable {
    /// Those of these runs only.
    var runs: [ID<ReconciliationRun>]?
    var gateway: String?
    var finding: ReconciliationItem.Finding?
    var status: ReconciliationItem.Status?

    fileprivate var condition: SQL {
        var parts: [SQL] = []
        if let runs { parts.append("run_id IN \(list: runs)") }
        if let gateway { parts.append("gateway = \(gateway)") }
        if let finding { parts.append("finding = \(finding)") }
        // Written out, because that is what the index of open items is for.
        if status == .open { parts.append("status = 'open'") }
        if status == .resolved { parts.append("status = 'resolved'") }
        return parts.isEmpty ? "1 = 1" : SQL.joined(parts, " AND ")
    }
}

extension Snapshot {
    func reconciliationRun(_ id: ID<ReconciliationRun>) throws -> ReconciliationRun? {
        try first(
            "SELECT \(ReconciliationRun.columns) FROM reconciliation_run WHERE id = \(id)"
        ) { try ReconciliationRun(row: $0) }
    }

    func reconciliationRun(_ gateway: String, _ day: CalendarDate) throws -> ReconciliationRun? {
        try first(
            """
            SELECT \(ReconciliationRun.columns) FROM reconciliation_run
            WHERE gateway = \(gateway) AND day = \(day)
            """
        ) { try ReconciliationRun(row: $0) }
    }

    /// The days from `day` on that a gateway's runs are about.
    func reconciledDays(at gateway: String, from day: CalendarDate) throws -> Set<CalendarDate> {
        Set(
            try rows(
                """
                SELECT day FROM reconciliation_run WHERE gateway = \(gateway) AND day >= \(day)
                """
            ) { try $0[0] as CalendarDate })
    }

    /// The runs of one day, at one gateway or at all.
    func reconciliationRuns(on day: CalendarDate, at gateway: String?) throws
        -> [ID<ReconciliationRun>]
    {
        let wanted: SQL = gateway.map { "AND gateway = \($0)" } ?? ""
        return try rows("SELECT id FROM reconciliation_run WHERE day = \(day) \(wanted)") {
            try $0[0]
        }
    }

    /// The runs of one gateway or of all, from new to old.
    func reconciliationRuns(of gateway: String?, _ page: PageRequest) throws
        -> Page<ReconciliationRun>
    {
        let wanted: SQL = gateway.map { "gateway = \($0) AND" } ?? ""
        let rows = try rows(
            """
            SELECT \(ReconciliationRun.columns) FROM reconciliation_run
            WHERE \(wanted) id < \(page.after ?? Int64.max) ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try ReconciliationRun(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    func reconciliationRunCount(of gateway: String?) throws -> Int64 {
        let wanted: SQL = gateway.map { "WHERE gateway = \($0)" } ?? ""
        return try number("SELECT COUNT(*) FROM reconciliation_run \(wanted)")
    }

    func reconciliationItem(_ id: ID<ReconciliationItem>) throws -> ReconciliationItem? {
        try first(
            "SELECT \(ReconciliationItem.columns) FROM reconciliation_item WHERE id = \(id)"
        ) { try ReconciliationItem(row: $0) }
    }

    func reconciliationItem(of line: ID<BillLine>) throws -> ReconciliationItem? {
        try first(
            "SELECT \(ReconciliationItem.columns) FROM reconciliation_item WHERE line_id = \(line)"
        ) { try ReconciliationItem(row: $0) }
    }

    /// From new to old.
    func reconciliationItems(_ filter: ItemFilter, _ page: PageRequest) throws
        -> Page<ReconciliationItem>
    {
        let rows = try rows(
            """
            SELECT \(ReconciliationItem.columns) FROM reconciliation_item
            WHERE \(filter.condition) AND id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try ReconciliationItem(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    func reconciliationItemCount(_ filter: ItemFilter) throws -> Int64 {
        try number("SELECT COUNT(*) FROM reconciliation_item WHERE \(filter.condition)")
    }

    /// When the first payment came that a bill of this gateway can list.
    func firstPaid(at gateway: String) throws -> Instant? {
        try first(
            """
            SELECT paid_at FROM payment_attempt WHERE gateway = \(gateway) AND paid_at IS NOT NULL
            ORDER BY paid_at LIMIT 1
            """
        ) { try $0[0] }
    }

    /// Whether a line of a bill was found to be this refund.
    func isBilled(_ refund: ID<PaymentRefund>) throws -> Bool {
        try number(
            """
            SELECT COUNT(*) FROM reconciliation_item
            WHERE refund_id = \(refund) AND line_id IS NOT NULL
            """) > 0
    }

    /// Payments of a gateway that came in a span of time and that no bill has listed.
    func unbilledPayments(
        at gateway: String, from: Instant, until: Instant, limit: Int
    ) throws -> [(attempt: ID<PaymentAttempt>, outTradeNo: String, amount: Amount)] {
        try rows(
            """
            SELECT id, out_trade_no, COALESCE(received, amount) FROM payment_attempt
            WHERE gateway = \(gateway) AND paid_at >= \(from) AND paid_at < \(until)
                AND COALESCE(received, amount) > 0
                AND NOT EXISTS (SELECT 1 FROM reconciliation_item item
                    WHERE item.attempt_id = payment_attempt.id AND item.kind = 'payment')
            ORDER BY id LIMIT \(limit)
            """
        ) { (try $0[0], try $0[1], try $0[2]) }
    }

    /// The same for refunds that a gateway has paid.
    func unbilledRefunds(
        at gateway: String, from: Instant, until: Instant, limit: Int
    ) throws -> [ID<PaymentRefund>] {
        try rows(
            """
            SELECT refund.id FROM payment_refund refund
                JOIN payment_attempt attempt ON attempt.id = refund.attempt_id
            WHERE refund.settled_at >= \(from) AND refund.settled_at < \(until)
                AND refund.status = 'succeeded' AND attempt.gateway = \(gateway)
                AND NOT EXISTS (SELECT 1 FROM reconciliation_item item
                    WHERE item.refund_id = refund.id)
            ORDER BY refund.id LIMIT \(limit)
            """
        ) { try $0[0] }
    }
}

/// What the audit compares with the books.
extension Snapshot {
    /// What open items say is on `liability:suspense`.
    func suspendedTotal() throws -> Amount {
        Amount(
            try number(
                """
                SELECT \(SQL.sum("suspended")) FROM reconciliation_item WHERE status = 'open'
                """))
    }

    func bookedFees() throws -> Amount {
        Amount(try number("SELECT \(SQL.sum("booked_fee")) FROM reconciliation_item"))
    }

    /// Runs whose counts are not those of their rows.
    func miscountedRuns() throws -> [(gateway: String, day: CalendarDate)] {
        try rows(
            """
            SELECT gateway, day FROM reconciliation_run run
            WHERE lines <> (SELECT COUNT(*) FROM bill_line WHERE run_id = run.id)
                OR looked <> (SELECT COUNT(*) FROM reconciliation_item
                    WHERE run_id = run.id AND line_id IS NOT NULL)
                OR matched + missing_here + missing_there + different + fee + duplicate
                    <> (SELECT COUNT(*) FROM reconciliation_item WHERE run_id = run.id)
                OR (status = 'completed' AND looked <> lines)
            ORDER BY id
            """
        ) { (try $0[0], try $0[1]) }
    }
}

extension Transaction {
    /// Notes that we have learned of a payment now. The attempt must be locked.
    func notePaid(_ attempt: ID<PaymentAttempt>) throws {
        try run(
            """
            UPDATE payment_attempt SET paid_at = \(now) WHERE id = \(attempt) AND paid_at IS NULL
            """)
    }

    func lockReconciliationRun(_ id: ID<ReconciliationRun>) throws -> Locked<ReconciliationRun>? {
        try lock("SELECT \(ReconciliationRun.columns) FROM reconciliation_run WHERE id = \(id)") {
            try ReconciliationRun(row: $0)
        }
    }

    func lockReconciliationItem(_ id: ID<ReconciliationItem>) throws
        -> Locked<ReconciliationItem>?
    {
        try lock("SELECT \(ReconciliationItem.columns) FROM reconciliation_item WHERE id = \(id)") {
            try ReconciliationItem(row: $0)
        }
    }

    /// What was missing in another day's bill, and is open.
    func lockMissingThere(
        _ kind: GatewayBill.Kind, attempt: ID<PaymentAttempt>?, refund: ID<PaymentRefund>?
    ) throws -> [Locked<ReconciliationItem>] {
        let subject: SQL = refund.map { "refund_id = \($0)" } ?? "attempt_id = \(attempt)"
        return try lockAll(
            """
            SELECT \(ReconciliationItem.columns) FROM reconciliation_item
            WHERE \(subject) AND kind = \(kind) AND finding = 'missing-there' AND status = 'open'
            ORDER BY id
            """
        ) { try ReconciliationItem(row: $0) }
    }

    /// Puts one refund in the place of another, which was the same: in what bills' lines were found to
    /// be, too.
    func replace(_ refund: Locked<PaymentRefund>, by other: ID<PaymentRefund>) throws {
        try run(
            "UPDATE reconciliation_item SET refund_id = \(other) WHERE refund_id = \(refund.id)")
        try run("DELETE FROM payment_refund WHERE id = \(refund.id)")
    }

    /// - Returns: false if the gateway's day has its run.
    func insert(_ run: ReconciliationRun) throws -> Bool {
        let tally = run.tally
        return try self.run(
            """
            INSERT INTO reconciliation_run (\(ReconciliationRun.columns))
            VALUES (\(run.id), \(run.gateway), \(run.day), \(run.status), \(run.detail),
                \(run.lines), \(run.looked), \(run.unread), \(run.paid), \(run.refunded),
                \(run.fees), \(tally.matched), \(tally.missingHere), \(tally.missingThere),
                \(tally.different), \(tally.fee), \(tally.duplicate), \(tally.settled),
                \(run.createdAt), \(run.completedAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ run: Locked<ReconciliationRun>) throws {
        let tally = run.tally
        try self.run(
            """
            UPDATE reconciliation_run SET status = \(run.status), detail = \(run.detail),
                lines = \(run.lines), looked = \(run.looked), unread = \(run.unread),
                paid = \(run.paid), refunded = \(run.refunded), fees = \(run.fees),
                matched = \(tally.matched), missing_here = \(tally.missingHere),
                missing_there = \(tally.missingThere), different = \(tally.different),
                fee = \(tally.fee), duplicate = \(tally.duplicate), settled = \(tally.settled),
                completed_at = \(run.completedAt)
            WHERE id = \(run.id)
            """)
    }

    func insert(_ item: ReconciliationItem) throws {
        try run(
            """
            INSERT INTO reconciliation_item (\(ReconciliationItem.columns))
            VALUES (\(item.id), \(item.run), \(item.gateway), \(item.day), \(item.kind),
                \(item.finding), \(item.status), \(item.line), \(item.attempt), \(item.refund),
                \(item.outTradeNo), \(item.outRefundNo), \(item.ours), \(item.expectedFee),
                \(item.suspended), \(item.bookedFee), \(item.outcome), \(item.note),
                \(item.resolvedBy), \(item.resolvedAt), \(item.createdAt))
            """)
    }

    func save(_ item: Locked<ReconciliationItem>) throws {
        try run(
            """
            UPDATE reconciliation_item SET status = \(item.status), outcome = \(item.outcome),
                note = \(item.note), resolved_by = \(item.resolvedBy),
                resolved_at = \(item.resolvedAt)
            WHERE id = \(item.id)
            """)
    }
}
