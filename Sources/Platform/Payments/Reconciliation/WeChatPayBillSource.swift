import Basics
import Foundation
import Money
import WeChatPay

extension Gateway {
    /// WeChat Pay's trade bill of one day.
    static func weChatPayBill(_ day: CalendarDate, _ client: WeChatPayClient) async -> BillResult {
        do {
            return .bill(try GatewayBill(try await client.tradeBill("\(day)")))
        } catch WeChatPayBillError.call(.refused(let fault))
            where fault.code == WeChatPayCode.noStatementExist
        {
            return .notThere
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension GatewayBill {
    init(_ bill: WeChatPayTradeBill) throws {
        let lines = bill.rows.compactMap(Line.init)
        let told = Totals(
            payments: Amount(bill.totals.settled), refunds: Amount(bill.totals.refund),
            fees: Amount(bill.totals.fee))
        try self.init(
            lines: lines,
            unread: bill.unreadableLines.count + bill.rows.count - lines.count, told: told)
    }
}

extension GatewayBill.Line {
    /// nil for what is neither payment nor refund, or not in yuan.
    fileprivate init?(_ row: WeChatPayTradeBill.Row) {
        guard row.currency == "CNY" else { return nil }
        let at = Instant(seconds: Int64(row.at.timeIntervalSince1970))
        switch row.state {
        case "SUCCESS":
            self.init(
                kind: .payment, outTradeNo: row.outTradeNo, tradeNo: row.transactionID,
                amount: Amount(row.settled), fee: Amount(row.fee), at: at)
        case "REFUND":
            let state: State =
                switch row.refundStatus {
                case "SUCCESS": .settled
                case "FAIL": .failed
                // Under way, or waiting for another way to its payer.
                default: .pending
                }
            self.init(
                kind: .refund, state: state, outTradeNo: row.outTradeNo,
                outRefundNo: row.outRefundNo ?? "", tradeNo: row.transactionID,
                amount: Amount(row.refund), fee: Amount(row.fee), at: at)
        default: return nil
        }
    }
}
