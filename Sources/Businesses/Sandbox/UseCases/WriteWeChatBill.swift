import Basics
import Store

extension Snapshot {
    /// The file of a day's trades.
    /// - Throws: `NO_STATEMENT_EXIST` if there were none.
    func wechatBill(_ ticket: WeChatBillTicket) throws -> [UInt8] {
        let start = BusinessCalendar.start(of: ticket.date)
        let end = BusinessCalendar.end(of: ticket.date)
        var bill = WeChatBill()
        if ticket.kind != .refund {
            for order in try wechatOrders(paidFrom: start, to: end) {
                if let paidAt = order.paidAt { bill.add(order, paidAt: paidAt) }
            }
        }
        if ticket.kind != .success {
            for refund in try wechatRefunds(doneFrom: start, to: end) {
                if let order = try wechatOrder(refund.orderID) { bill.add(refund, of: order) }
            }
        }
        guard !bill.isEmpty else { throw WeChatRefusal.noStatement }
        return bill.file
    }
}
