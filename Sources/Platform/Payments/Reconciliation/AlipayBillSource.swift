import Alipay
import Basics
import Foundation
import Money

extension Gateway {
    /// Alipay's trade bill of one day.
    static func alipayBill(_ day: CalendarDate, _ client: AlipayClient) async -> BillResult {
        let moment = Date(BusinessCalendar.start(of: day))
        do {
            switch try await client.bill(.trades, AlipayBillDate(day: moment)) {
            case .trades(let trades): return .bill(try GatewayBill(trades))
            case .account: return .unknown("an account bill was sent")
            }
        } catch AlipayBillError.gateway(.refused(let fault)) where fault.meansNoBill {
            return .notThere
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension AlipayFault {
    /// `BILL_NOT_EXIST`, which comes with prefixes and in either case.
    fileprivate var meansNoBill: Bool {
        let code = (subCode ?? "").uppercased().replacing("-", with: "_")
        return code.hasSuffix("BILL_NOT_EXIST")
    }
}

extension GatewayBill {
    /// Amounts of refunds, and fees that are taken, are below zero in Alipay's bill.
    init(_ trades: [AlipayBillTrade]) throws {
        let lines = trades.compactMap(Line.init)
        try self.init(lines: lines, unread: trades.count - lines.count)
    }
}

extension GatewayBill.Line {
    /// nil for what is neither payment nor refund.
    fileprivate init?(_ trade: AlipayBillTrade) {
        let kind: GatewayBill.Kind
        switch trade.kind {
        case .payment: kind = .payment
        case .refund: kind = .refund
        case .other: return nil
        }
        let sign: Int64 = kind == .payment ? 1 : -1
        guard let at = trade.completedAt ?? trade.createdAt, trade.received.fen * sign >= 0 else {
            return nil
        }
        self.init(
            kind: kind,
            // Trades of other tills may have no number of the merchant's own.
            outTradeNo: trade.outTradeNo.isEmpty ? trade.tradeNo : trade.outTradeNo,
            outRefundNo: kind == .refund ? trade.outRequestNo ?? "" : "", tradeNo: trade.tradeNo,
            amount: Amount(trade.received.fen * sign), fee: Amount(-trade.fee.fen),
            at: Instant(seconds: Int64(at.timeIntervalSince1970)))
    }
}
