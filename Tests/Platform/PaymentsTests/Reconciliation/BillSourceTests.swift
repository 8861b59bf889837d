import Alipay
import Basics
import Money
import Testing

@testable import Payments

/// Gateways' bills in words that are the same for all.
@Suite struct BillSourceTests {
    /// A line of Alipay's bill: kind, amount, fee, refund number, completion.
    private func alipay(_ rows: [String]) throws -> GatewayBill {
        let names = [
            "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "订单金额（元）",
            "商家实收（元）", "服务费（元）", "退款批次号/请求号",
        ].joined(separator: ",")
        let text = (["#账务明细", names] + rows + ["#业务明细列表结束"]).joined(separator: "\n")
        guard case .trades(let trades) = try AlipayBill(.trades, csv: Array(text.utf8)) else {
            return .empty
        }
        return try GatewayBill(trades)
    }

    @Test func `payments and refunds of Alipay's bill have the signs of our books`() throws {
        let bill = try alipay([
            "T1,K1,交易,课程,2026-09-21 22:13:20,2026-09-21 22:14:00,4112.00,4112.00,-24.67,",
            "T1,K1,退款,课程,2026-09-21 22:13:20,2026-09-21 23:00:00,-100.00,-100.00,0.60,R1",
            "T2,,交易,门店,2026-09-21 22:13:20,,5.00,4.50,-0.03,",
        ])
        #expect(bill.unread == 0)
        let (payment, refund, till) = (bill.lines[0], bill.lines[1], bill.lines[2])
        let at = try #require(Instant("2026-09-21T14:14:00Z"))
        #expect(
            payment
                == GatewayBill.Line(
                    kind: .payment, outTradeNo: "K1", tradeNo: "T1", amount: Amount(411_200),
                    fee: Amount(2_467), at: at))
        #expect(refund.kind == .refund && refund.state == .settled && refund.outRefundNo == "R1")
        #expect(refund.amount == Amount(10_000) && refund.fee == Amount(-60))
        // What is settled counts, and a trade has some number.
        #expect(till.outTradeNo == "T2" && till.amount == Amount(450))
        #expect(bill.totals.payments == Amount(411_650))
        #expect(bill.totals.refunds == Amount(10_000) && bill.totals.fees == Amount(2_410))
    }

    @Test func `what is neither is counted`() throws {
        let bill = try alipay([
            "T1,K1,转账,课程,2026-09-21 22:13:20,2026-09-21 22:14:00,1.00,1.00,0.00,",
            "T2,K2,交易,课程,,,1.00,1.00,0.00,",
            "T3,K3,退款,课程,2026-09-21 22:13:20,,1.00,1.00,0.00,R3",
            "T4,K4,交易,课程,2026-09-21 22:13:20,,1.00,1.00,0.00,",
        ])
        #expect(bill.unread == 3 && bill.lines.map(\.outTradeNo) == ["K4"])
    }

    @Test func `a day on which nothing happened has an empty bill`() throws {
        #expect(try alipay([]) == .empty)
    }
}
