import Alipay
import Basics
import Money
import Store

/// Where the clock stands.
struct ClockView: Codable, Sendable, Hashable {
    let now: Instant
    /// How far it is ahead of the machine's.
    let offsetSeconds: Int64
}

/// A list without pages: the newest are enough.
struct RecentView<Item: Codable & Sendable>: Codable, Sendable {
    let items: [Item]
}

/// A message as the telephone shows it.
struct SMSView: Codable, Sendable, Hashable {
    let phone: String
    let purpose: String
    let code: String
    let text: String
    let at: Instant

    init(_ message: ReceivedSMS) {
        phone = message.phone
        purpose = message.purpose
        code = message.code
        text = message.text
        at = message.sentAt
    }
}

/// A request that the gateway answered.
struct CallView: Codable, Sendable, Hashable {
    let method: String
    let outTradeNo: String
    let code: String
    let subCode: String?
    let message: String
    let at: Instant

    init(_ call: GatewayCall) {
        method = call.method
        outTradeNo = call.outTradeNo
        code = call.code
        subCode = call.subCode
        message = call.message
        at = call.calledAt
    }
}

/// A trade with all that was told about it. Its status is Alipay's word.
struct TradeView: Codable, Sendable, Hashable {
    struct Refund: Codable, Sendable, Hashable {
        let outRequestNo: String
        let amount: Amount
        let at: Instant
    }

    struct Notify: Codable, Sendable, Hashable {
        let id: ID<Notice>
        /// `pending`, `acknowledged`, `given-up`.
        let status: String
        let tradeStatus: String
        let outRequestNo: String?
        let tries: Int
        let nextTryAt: Instant?
        let deliveries: [Delivery]
    }

    struct Delivery: Codable, Sendable, Hashable {
        /// `acknowledged`, `refused`, `failed`, `dropped`, `forbidden`.
        let outcome: String
        let httpStatus: Int?
        let answer: String
        let at: Instant
    }

    let outTradeNo: String
    let tradeNo: String
    let status: String
    let channel: String
    let subject: String
    let currency: String
    let amount: Amount
    let refunded: Amount
    let createdAt: Instant
    let expiresAt: Instant
    let paidAt: Instant?
    let closedAt: Instant?
    let refunds: [Refund]
    let notifies: [Notify]
}

extension Snapshot {
    /// nil until a payer has opened the cashier.
    func tradeView(outTradeNo: String) throws -> TradeView? {
        try trade(outTradeNo: outTradeNo).map(view)
    }

    func view(_ trade: SandboxTrade) throws -> TradeView {
        TradeView(
            outTradeNo: trade.outTradeNo, tradeNo: trade.tradeNo, status: trade.status.rawValue,
            channel: trade.product.rawValue, subject: trade.subject, currency: "CNY",
            amount: Amount(trade.total.fen), refunded: Amount(trade.refunded.fen),
            createdAt: trade.createdAt, expiresAt: trade.expiresAt, paidAt: trade.paidAt,
            closedAt: trade.closedAt,
            refunds: try refunds(of: trade.id).map {
                TradeView.Refund(
                    outRequestNo: $0.requestNo, amount: Amount($0.amount.fen), at: $0.createdAt)
            },
            notifies: try notices(of: trade.id).map(view))
    }

    private func view(_ notice: Notice) throws -> TradeView.Notify {
        let form = try AlipayForm(decoding: Array(notice.form.utf8))
        return TradeView.Notify(
            id: notice.id, status: notice.state.rawValue, tradeStatus: form["trade_status"] ?? "",
            outRequestNo: form["out_biz_no"], tries: notice.tries, nextTryAt: notice.nextTryAt,
            deliveries: try deliveries(of: notice.id).map {
                TradeView.Delivery(
                    outcome: $0.outcome.rawValue, httpStatus: $0.httpStatus, answer: $0.answer,
                    at: $0.deliveredAt)
            })
    }
}
