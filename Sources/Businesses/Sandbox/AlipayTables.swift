import Alipay
import Basics
import Foundation
import Store

// Codes to be scanned, certificates and bills.

extension PaymentCode {
    fileprivate static let columns: SQL = """
        out_trade_no, token, app_id, subject, total, notify_url, passback, expires_at, \
        scannable_until
        """

    fileprivate init(row: Row) throws {
        try self.init(
            outTradeNo: row[0], token: row[1], app: row[2], subject: row[3],
            total: AlipayAmount(fen: row[4]), notifyURL: row[5], passback: row[6],
            expiresAt: row[7], scannableUntil: row[8])
    }
}

extension Snapshot {
    func code(token: String) throws -> PaymentCode? {
        try first(
            "SELECT \(PaymentCode.columns) FROM sandbox_code WHERE token = \(token)",
            PaymentCode.init)
    }

    /// Codes that shops show at this moment and nobody has scanned, from new to old.
    func openCodes(limit: Int) throws -> [PaymentCode] {
        try rows(
            """
            SELECT \(PaymentCode.columns) FROM sandbox_code
            WHERE scannable_until > \(now) AND NOT EXISTS (
              SELECT 1 FROM sandbox_trade t WHERE t.out_trade_no = sandbox_code.out_trade_no)
            ORDER BY scannable_until DESC, out_trade_no LIMIT \(limit)
            """, PaymentCode.init)
    }

    /// From old to new.
    func certificates() throws -> [CertificateRecord] {
        try rows(
            "SELECT owner, number, certificate, pem FROM sandbox_certificate ORDER BY owner, number"
        ) { row in
            try CertificateRecord(
                owner: row[0], number: row[1], certificate: row[2], key: row[3])
        }
    }

    func billLink(_ token: String) throws -> BillLink? {
        try first(
            "SELECT token, bill_date, expires_at FROM sandbox_bill_link WHERE token = \(token)"
        ) { try BillLink(token: $0[0], date: $0[1], expiresAt: $0[2]) }
    }

    /// Payments and refunds of a time, in its order.
    func billLines(_ period: Range<Instant>) throws -> [AlipayBillTrade] {
        let lines = try paidLines(period) + refundLines(period)
        return lines.sorted { ($0.completedAt ?? .distantPast) < ($1.completedAt ?? .distantPast) }
    }

    private func paidLines(_ period: Range<Instant>) throws -> [AlipayBillTrade] {
        try trades(paidWithin: period).compactMap { trade in
            trade.paidAt.map { paidAt in
                trade.billLine(
                    .payment, trade.total.fen, fee: -AlipayFee.fen(of: trade.total.fen), at: paidAt)
            }
        }
    }

    private func refundLines(_ period: Range<Instant>) throws -> [AlipayBillTrade] {
        let refunds = try rows(
            """
            SELECT r.trade_id, r.request_no, r.amount, r.created_at,
              (SELECT \(SQL.sum("e.amount")) FROM sandbox_refund e
               WHERE e.trade_id = r.trade_id AND (e.created_at < r.created_at
                 OR (e.created_at = r.created_at AND e.request_no < r.request_no)))
            FROM sandbox_refund r
            WHERE r.created_at >= \(period.lowerBound) AND r.created_at < \(period.upperBound)
            ORDER BY r.created_at, r.request_no
            """
        ) { row in
            (
                trade: try row[0] as ID<SandboxTrade>, number: try row[1] as String,
                fen: try row[2] as Int64, at: try row[3] as Instant, earlier: try row[4] as Int64
            )
        }
        return try refunds.compactMap { refund in
            try trade(refund.trade)?.billLine(
                .refund, -refund.fen, number: refund.number,
                fee: AlipayFee.fen(ofRefund: refund.fen, after: refund.earlier), at: refund.at)
        }
    }
}

extension SandboxTrade {
    fileprivate func billLine(
        _ kind: AlipayBillTrade.Kind, _ fen: Int64, number: String? = nil, fee: Int64,
        at moment: Instant
    ) -> AlipayBillTrade {
        AlipayBillTrade(
            kind, tradeNo: tradeNo, outTradeNo: outTradeNo, outRequestNo: number, subject: subject,
            createdAt: createdAt.date, completedAt: moment.date, payer: Self.buyerLogon,
            amount: AlipayAmount(fen: fen), fee: AlipayAmount(fen: fee))
    }
}

extension Transaction {
    func lockCode(outTradeNo: String) throws -> Locked<PaymentCode>? {
        try lock(
            "SELECT \(PaymentCode.columns) FROM sandbox_code WHERE out_trade_no = \(outTradeNo)",
            PaymentCode.init)
    }

    /// - Returns: false if there is a code for this number already.
    func insert(_ code: PaymentCode) throws -> Bool {
        try run(
            """
            INSERT INTO sandbox_code (\(PaymentCode.columns))
            VALUES (\(code.outTradeNo), \(code.token), \(code.app), \(code.subject),
              \(code.total.fen), \(code.notifyURL), \(code.passback), \(code.expiresAt),
              \(code.scannableUntil))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ code: Locked<PaymentCode>) throws {
        try run(
            """
            UPDATE sandbox_code SET token = \(code.token), expires_at = \(code.expiresAt),
              scannable_until = \(code.scannableUntil)
            WHERE out_trade_no = \(code.outTradeNo)
            """)
    }

    /// - Returns: false if another node has made one of this number.
    func insert(_ record: CertificateRecord) throws -> Bool {
        try run(
            """
            INSERT INTO sandbox_certificate (owner, number, certificate, pem)
            VALUES (\(record.owner), \(record.number), \(record.certificate), \(record.key))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// Takes those along that are too old.
    func insert(_ link: BillLink) throws {
        try run("DELETE FROM sandbox_bill_link WHERE expires_at < \(now)")
        try run(
            """
            INSERT INTO sandbox_bill_link (token, bill_date, expires_at)
            VALUES (\(link.token), \(link.date), \(link.expiresAt))
            """)
    }
}
