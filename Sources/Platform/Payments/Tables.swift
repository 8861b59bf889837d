import Basics
import Money
import Store
import Web

extension PaymentIntent {
    fileprivate static let columns: SQL =
        "id, purpose, subject, member_id, title, amount, status, created_at, expires_at"

    fileprivate init(row: Row, from start: Int = 0) throws {
        try self.init(
            id: row[start], purpose: row[start + 1], subject: row[start + 2],
            member: row[start + 3], title: row[start + 4], amount: row[start + 5],
            status: row[start + 6], createdAt: row[start + 7], expiresAt: row[start + 8])
    }
}

extension PaymentAttempt {
    fileprivate static let columns: SQL = """
        id, intent_id, gateway, channel, amount, out_trade_no, status, disposition, trade_no, \
        received, created_at, time_expire, payer_address, payer_account, action, detail, \
        refunded_total
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], intentID: row[1], gateway: row[2], channel: row[3], amount: row[4],
            outTradeNo: row[5], status: row[6], disposition: row[7], tradeNo: row[8],
            received: row[9], createdAt: row[10], timeExpire: row[11],
            payer: PayerContext(address: row[12], account: row[13]),
            action: try Self.action(row[14]), detail: row[15], refundedTotal: row[16])
    }

    private static func action(_ text: String?) throws -> PaymentAction? {
        try text.map { try JSONBytes.decode(PaymentAction.self, from: Array($0.utf8)) }
    }

    fileprivate var actionText: String? {
        get throws {
            try action.map { String(decoding: try JSONBytes.encode($0), as: UTF8.self) }
        }
    }
}

extension PaymentRefund {
    fileprivate static let columns: SQL =
        """
        id, attempt_id, amount, reason, origin, status, detail, created_at, settled_at, \
        foreign_number
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], attemptID: row[1], amount: row[2], reason: row[3], origin: row[4],
            status: row[5], detail: row[6], createdAt: row[7], settledAt: row[8],
            foreignNumber: row[9])
    }
}

extension Snapshot {
    package func intent(_ id: ID<PaymentIntent>) throws -> PaymentIntent? {
        try first("SELECT \(PaymentIntent.columns) FROM payment_intent WHERE id = \(id)") {
            try PaymentIntent(row: $0)
        }
    }

    package func intent(purpose: String, subject: Int64) throws -> PaymentIntent? {
        try first(
            """
            SELECT \(PaymentIntent.columns) FROM payment_intent
            WHERE purpose = \(purpose) AND subject = \(subject)
            """
        ) { try PaymentIntent(row: $0) }
    }

    /// Whether anybody has ever begun to pay.
    func hasAttempts() throws -> Bool {
        try first("SELECT 1 FROM payment_attempt LIMIT 1") { _ in true } ?? false
    }

    func attempt(_ id: ID<PaymentAttempt>) throws -> PaymentAttempt? {
        try first("SELECT \(PaymentAttempt.columns) FROM payment_attempt WHERE id = \(id)") {
            try PaymentAttempt(row: $0)
        }
    }

    func attempt(gateway: String, outTradeNo: String) throws -> PaymentAttempt? {
        try first(
            """
            SELECT \(PaymentAttempt.columns) FROM payment_attempt
            WHERE gateway = \(gateway) AND out_trade_no = \(outTradeNo)
            """
        ) { try PaymentAttempt(row: $0) }
    }

    /// An attempt with its intent.
    func payment(_ id: ID<PaymentAttempt>) throws -> Payment? {
        guard let attempt = try attempt(id), let intent = try intent(attempt.intentID) else {
            return nil
        }
        return Payment(intent: intent, attempt: attempt)
    }

    /// All tries of an intent, from old to new.
    package func attempts(of intent: ID<PaymentIntent>) throws -> [PaymentAttempt] {
        try rows(
            """
            SELECT \(PaymentAttempt.columns) FROM payment_attempt
            WHERE intent_id = \(intent) ORDER BY id
            """
        ) { try PaymentAttempt(row: $0) }
    }

    func refund(_ id: ID<PaymentRefund>) throws -> PaymentRefund? {
        try first("SELECT \(PaymentRefund.columns) FROM payment_refund WHERE id = \(id)") {
            try PaymentRefund(row: $0)
        }
    }

    package func refunds(of attempt: ID<PaymentAttempt>) throws -> [PaymentRefund] {
        try rows(
            """
            SELECT \(PaymentRefund.columns) FROM payment_refund
            WHERE attempt_id = \(attempt) ORDER BY id
            """
        ) { try PaymentRefund(row: $0) }
    }

    /// A member's intents of one purpose, from new to old.
    func intents(of member: ID<Member>, purpose: String, page: PageRequest) throws
        -> Page<PaymentIntent>
    {
        let rows = try rows(
            """
            SELECT \(PaymentIntent.columns) FROM payment_intent
            WHERE member_id = \(member) AND purpose = \(purpose)
              AND id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try PaymentIntent(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    /// Refunds that have not reached their payer: for the audit.
    func openRefundTotals() throws -> [PaymentRefund.Origin: Amount] {
        Dictionary(
            uniqueKeysWithValues: try rows(
                """
                SELECT origin, \(SQL.sum("amount")) FROM payment_refund
                WHERE status IN ('requested', 'submitted', 'unknown', 'failed', 'abnormal')
                GROUP BY origin
                """
            ) { (try $0[0], try $0[1]) })
    }
}

extension Snapshot {
    /// How many tries to pay are open, by gateway.
    func openAttemptCounts() throws -> [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: try rows(
                """
                SELECT gateway, COUNT(*) FROM payment_attempt
                WHERE status IN \(list: PaymentAttempt.Status.unsettled) GROUP BY gateway
                """
            ) { (try $0[0], try $0[1]) })
    }

    /// How many refunds are under way, by gateway.
    func openRefundCounts() throws -> [String: Int64] {
        Dictionary(
            uniqueKeysWithValues: try rows(
                """
                SELECT a.gateway, COUNT(*) FROM payment_refund r
                JOIN payment_attempt a ON a.id = r.attempt_id
                WHERE r.status IN \(list: PaymentRefund.Status.underWay) GROUP BY a.gateway
                """
            ) { (try $0[0], try $0[1]) })
    }

    /// Money of the wrong amount that nobody has decided about: for the audit.
    func undecidedTotal() throws -> Amount {
        Amount(
            try number(
                """
                SELECT \(SQL.sum("received")) FROM payment_attempt
                WHERE status = 'needs-review' AND disposition IS NULL
                """))
    }

    /// Payments of the wrong amount that nobody has decided about, from new to old.
    func undecidedAttempts(_ page: PageRequest) throws -> [PaymentAttempt] {
        try rows(
            """
            SELECT \(PaymentAttempt.columns) FROM payment_attempt
            WHERE status = 'needs-review' AND disposition IS NULL
            ORDER BY id DESC LIMIT \(page.limit)
            """
        ) { try PaymentAttempt(row: $0) }
    }

    /// Attempts of everybody, from new to old.
    /// - Parameters:
    ///   - statuses: nil for all.
    ///   - gateways: nil for all.
    func attempts(
        in statuses: [PaymentAttempt.Status]? = nil, at gateways: [String]? = nil,
        page: PageRequest
    ) throws -> Page<PaymentAttempt> {
        let state: SQL = statuses.map { "status IN \(list: $0) AND" } ?? ""
        let place: SQL = gateways.map { "gateway IN \(list: $0) AND" } ?? ""
        let rows = try rows(
            """
            SELECT \(PaymentAttempt.columns) FROM payment_attempt
            WHERE \(state) \(place) id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try PaymentAttempt(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    /// Refunds to everybody, from new to old; nil is all.
    func refunds(
        in statuses: [PaymentRefund.Status]? = nil, from origin: PaymentRefund.Origin? = nil,
        at gateways: [String]? = nil, page: PageRequest
    ) throws -> Page<PaymentRefund> {
        let state: SQL = statuses.map { "status IN \(list: $0) AND" } ?? ""
        let source: SQL = origin.map { "origin = \($0) AND" } ?? ""
        let place: SQL =
            gateways.map { gateways in
                """
                (SELECT a.gateway FROM payment_attempt a WHERE a.id = attempt_id)
                  IN \(list: gateways) AND
                """
            } ?? ""
        let rows = try rows(
            """
            SELECT \(PaymentRefund.columns) FROM payment_refund
            WHERE \(state) \(source) \(place) id < \(page.after ?? Int64.max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try PaymentRefund(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }
}

extension Transaction {
    func lockIntent(_ id: ID<PaymentIntent>) throws -> Locked<PaymentIntent>? {
        try lock("SELECT \(PaymentIntent.columns) FROM payment_intent WHERE id = \(id)") {
            try PaymentIntent(row: $0)
        }
    }

    func lockAttempt(_ id: ID<PaymentAttempt>) throws -> Locked<PaymentAttempt>? {
        try lock("SELECT \(PaymentAttempt.columns) FROM payment_attempt WHERE id = \(id)") {
            try PaymentAttempt(row: $0)
        }
    }

    func lockRefund(_ id: ID<PaymentRefund>) throws -> Locked<PaymentRefund>? {
        try lock("SELECT \(PaymentRefund.columns) FROM payment_refund WHERE id = \(id)") {
            try PaymentRefund(row: $0)
        }
    }

    func insert(_ intent: PaymentIntent) throws {
        try run(
            """
            INSERT INTO payment_intent (\(PaymentIntent.columns))
            VALUES (\(intent.id), \(intent.purpose), \(intent.subject), \(intent.member),
              \(intent.title), \(intent.amount), \(intent.status), \(intent.createdAt),
              \(intent.expiresAt))
            """)
    }

    func save(_ intent: Locked<PaymentIntent>) throws {
        announce(intent.id)
        try run(
            """
            UPDATE payment_intent SET status = \(intent.status), expires_at = \(intent.expiresAt)
            WHERE id = \(intent.id)
            """)
    }

    func insert(_ attempt: PaymentAttempt) throws {
        announce(attempt.intentID)
        let action = try attempt.actionText
        try run(
            """
            INSERT INTO payment_attempt (\(PaymentAttempt.columns))
            VALUES (\(attempt.id), \(attempt.intentID), \(attempt.gateway), \(attempt.channel),
              \(attempt.amount), \(attempt.outTradeNo), \(attempt.status), \(attempt.disposition),
              \(attempt.tradeNo), \(attempt.received), \(attempt.createdAt),
              \(attempt.timeExpire), \(attempt.payer.address), \(attempt.payer.account),
              \(action), \(attempt.detail), \(attempt.refundedTotal))
            """)
    }

    func save(_ attempt: Locked<PaymentAttempt>) throws {
        announce(attempt.intentID)
        let action = try attempt.value.actionText
        try run(
            """
            UPDATE payment_attempt SET status = \(attempt.status),
              disposition = \(attempt.disposition), trade_no = \(attempt.tradeNo),
              received = \(attempt.received), action = \(action),
              detail = \(attempt.detail), refunded_total = \(attempt.refundedTotal)
            WHERE id = \(attempt.id)
            """)
    }

    func insert(_ refund: PaymentRefund) throws {
        try run(
            """
            INSERT INTO payment_refund (\(PaymentRefund.columns))
            VALUES (\(refund.id), \(refund.attemptID), \(refund.amount), \(refund.reason),
              \(refund.origin), \(refund.status), \(refund.detail), \(refund.createdAt),
              \(refund.settledAt), \(refund.foreignNumber))
            """)
    }

    func save(_ refund: Locked<PaymentRefund>) throws {
        try run(
            """
            UPDATE payment_refund SET amount = \(refund.amount), status = \(refund.status),
              detail = \(refund.detail), settled_at = \(refund.settledAt),
              foreign_number = \(refund.foreignNumber)
            WHERE id = \(refund.id)
            """)
    }

    /// Keeps what a gateway told.
    /// - Returns: false if it has told the same before.
    func insertEvent(gateway: String, dedupKey: String, raw: [UInt8], outcome: String) throws
        -> Bool
    {
        try run(
            """
            INSERT INTO gateway_event (id, gateway, dedup_key, raw, outcome, received_at)
            VALUES (\(IDGenerator.shared.next()), \(gateway), \(dedupKey), \(raw), \(outcome),
              \(now))
            ON CONFLICT DO NOTHING
            """) == 1
    }
}
