import Basics
import Foundation
import WeChatPay
import Web

/// What WeChat Pay tells about an order: to a query, and encrypted in notices.
extension WeChatOrder {
    private static let words = [
        "NOTPAY": "订单未支付", "CLOSED": "订单已关闭", "SUCCESS": "支付成功", "REFUND": "转入退款",
    ]

    /// - Parameter transactionID: nil for the order's own.
    func transaction(transactionID other: String? = nil) -> JSONValue {
        var members: [String: JSONValue] = [
            "mchid": .string(SandboxWeChatPay.mchID), "appid": .string(SandboxWeChatPay.appID),
            "out_trade_no": .string(outTradeNo), "trade_state": .string(status),
            "trade_state_desc": .string(Self.words[status] ?? status),
            "attach": .string(attach ?? ""),
        ]
        var amount: [String: JSONValue] = ["total": fen(total), "currency": "CNY"]
        if let paidAt {
            members["transaction_id"] = .string(other ?? transactionID)
            members["trade_type"] = .string(product.tradeType)
            members["bank_type"] = "OTHERS"
            members["success_time"] = .string(WeChatPayTime.text(paidAt.date))
            members["payer"] = .object(["openid": .string(openID)])
            amount["payer_total"] = fen(total)
            amount["payer_currency"] = "CNY"
        }
        members["amount"] = .object(amount)
        return .object(members)
    }

    /// The answer to a refund or a query about it.
    func answer(_ refund: WeChatRefund) -> JSONValue {
        var members = facts(refund)
        members["status"] = .string(refund.state.word)
        members["create_time"] = .string(WeChatPayTime.text(refund.createdAt.date))
        members["channel"] = "ORIGINAL"
        members["funds_account"] = "AVAILABLE"
        members["promotion_detail"] = .array([])
        members["amount"] = .object([
            "total": fen(total), "refund": fen(refund.amount), "payer_total": fen(total),
            "payer_refund": fen(refund.amount), "settlement_refund": fen(refund.amount),
            "settlement_total": fen(total), "discount_refund": 0, "currency": "CNY",
            "from": .array([]), "refund_fee": 0,
        ])
        return .object(members)
    }

    /// What a notice tells of a refund: less than an answer, and the status under another name.
    func notice(_ refund: WeChatRefund) -> JSONValue {
        var members = facts(refund)
        members["mchid"] = .string(SandboxWeChatPay.mchID)
        members["refund_status"] = .string(refund.state.word)
        members["amount"] = .object([
            "total": fen(total), "refund": fen(refund.amount), "payer_total": fen(total),
            "payer_refund": fen(refund.amount),
        ])
        return .object(members)
    }

    private func facts(_ refund: WeChatRefund) -> [String: JSONValue] {
        var members: [String: JSONValue] = [
            "refund_id": .string(refund.refundID), "out_refund_no": .string(refund.outRefundNo),
            "transaction_id": .string(transactionID), "out_trade_no": .string(outTradeNo),
            "user_received_account": "支付用户零钱",
        ]
        if refund.state == .success, let endedAt = refund.endedAt {
            members["success_time"] = .string(WeChatPayTime.text(endedAt.date))
        }
        return members
    }

    private func fen(_ amount: Int64) -> JSONValue { .number(String(amount)) }
}

extension Instant {
    /// To the second, as the protocols of gateways write it.
    var date: Date { Date(timeIntervalSince1970: Double(secondsSinceEpoch)) }
}
