import Basics
import Money
import Store

extension BillLine {
    fileprivate static let columns: SQL = """
        id, run_id, number, kind, state, out_trade_no, out_refund_no, trade_no, amount, fee, at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], run: row[1], number: row[2],
            content: GatewayBill.Line(
                kind: row[3], state: row[4], outTradeNo: row[5], outRefundNo: row[6],
                tradeNo: row[7], amount: row[8], fee: row[9], at: row[10]))
    }
}

extension Snapshot {
    /// Stored lines of a run that come after `number`, in their order.
    func billLines(of run: ID<ReconciliationRun>, after number: Int64, limit: Int) throws
        -> [BillLine]
    {
        try rows(
            """
            SELECT \(BillLine.columns) FROM bill_line
            WHERE run_id = \(run) AND number > \(number) ORDER BY number LIMIT \(limit)
            """
        ) { try BillLine(row: $0) }
    }

    func billLine(_ id: ID<BillLine>) throws -> BillLine? {
        try first("SELECT \(BillLine.columns) FROM bill_line WHERE id = \(id)") {
            try BillLine(row: $0)
        }
    }

    /// The number of a refund in the same bill by which all that this payment brought has gone back.
    func billedReturn(of line: BillLine, gateway: String) throws -> String? {
        let content = line.content
        return try first(
            """
            SELECT out_refund_no FROM bill_line
            WHERE gateway = \(gateway) AND kind = 'refund'
                AND out_trade_no = \(content.outTradeNo) AND run_id = \(line.run)
                AND amount = \(content.amount) AND state <> 'failed'
            ORDER BY number LIMIT 1
            """
        ) { try $0[0] }
    }

    /// Whether a later line of the same bill tells of a refund of this amount from the same trade.
    func hasLater(than line: BillLine, amount: Amount) throws -> Bool {
        try number(
            """
            SELECT COUNT(*) FROM bill_line
            WHERE \(refunds(beside: line)) AND number > \(line.number) AND amount = \(amount)
            """) > 0
    }

    /// What the same bill says went back of the same trade under a number.
    func billedAmount(of number: String, beside line: BillLine) throws -> Amount? {
        try first(
            """
            SELECT amount FROM bill_line
            WHERE \(refunds(beside: line)) AND out_refund_no = \(number) AND state = 'settled'
            ORDER BY number LIMIT 1
            """
        ) { try $0[0] }
    }

    /// Refunds of the same trade in the same bill, by the index of lines' numbers.
    private func refunds(beside line: BillLine) -> SQL {
        """
        gateway = (SELECT gateway FROM reconciliation_run WHERE id = \(line.run))
            AND kind = 'refund' AND out_trade_no = \(line.content.outTradeNo)
            AND run_id = \(line.run)
        """
    }

    /// Whether a line with the numbers of this one has been judged before, in any bill of its
    /// gateway, and was taken for the first.
    func hasTwin(_ line: BillLine, gateway: String) throws -> Bool {
        let content = line.content
        return try number(
            """
            SELECT COUNT(*) FROM bill_line twin
                JOIN reconciliation_item item ON item.line_id = twin.id
            WHERE twin.gateway = \(gateway) AND twin.kind = \(content.kind)
                AND twin.out_trade_no = \(content.outTradeNo)
                AND twin.out_refund_no = \(content.outRefundNo)
                AND twin.id <> \(line.id) AND item.finding <> 'duplicate'
            """) > 0
    }
}

extension Transaction {
    /// Stores a line unless its run has it.
    /// - Parameter occurrence: how many lines of the same numbers stand before it in the bill.
    /// - Returns: false if it was there.
    func insert(_ line: BillLine, occurrence: Int, gateway: String) throws -> Bool {
        let content = line.content
        return try run(
            """
            INSERT INTO bill_line (\(BillLine.columns), gateway, occurrence)
            VALUES (\(line.id), \(line.run), \(line.number), \(content.kind), \(content.state),
                \(content.outTradeNo), \(content.outRefundNo), \(content.tradeNo),
                \(content.amount), \(content.fee), \(content.at), \(gateway), \(occurrence))
            ON CONFLICT DO NOTHING
            """) == 1
    }
}
