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

/// A trade with all that was told about it. Its status is the gateway's word.
struct TradeView: Codable, Sendable, Hashable {
    struct Refund: Codable, Sendable, Hashable {
        /// The merchant's number; WeChat Pay calls it `out_refund_no`.
        let outRequestNo: String
        let amount: Amount
        let status: String
        let at: Instant
    }

    struct Notify: Codable, Sendable, Hashable {
        let id: ID<Notice>
        /// `pending`, `held`, `acknowledged`, `given-up`.
        let status: String
        let tradeStatus: String
        let outRequestNo: String?
        let tries: Int
        let nextTryAt: Instant?
        let deliveries: [Delivery]
    }

    struct Delivery: Codable, Sendable, Hashable {
        /// `acknowledged`, `refused`, `failed`, `dropped`, `forbidden`, `probe-accepted`.
        let outcome: String
        let httpStatus: Int?
        let answer: String
        let at: Instant
    }

    let outTradeNo: String
    /// The gateway's number; nil where it has none before the payment.
    let tradeNo: String?
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
    func view(_ trade: SandboxTrade) throws -> TradeView {
        TradeView(
            outTradeNo: trade.outTradeNo, tradeNo: trade.tradeNo, status: trade.status.rawValue,
            channel: trade.product.rawValue, subject: trade.subject, currency: "CNY",
            amount: Amount(trade.total.fen), refunded: Amount(trade.refunded.fen),
            createdAt: trade.createdAt, expiresAt: trade.expiresAt, paidAt: trade.paidAt,
            closedAt: trade.closedAt,
            refunds: try refunds(of: trade.id).map {
                TradeView.Refund(
                    outRequestNo: $0.requestNo, amount: Amount($0.amount.fen),
                    status: "REFUND_SUCCESS", at: $0.createdAt)
            },
            notifies: try notifies(of: trade.outTradeNo, at: .alipay) { notice in
                let form = try AlipayForm(decoding: Array(notice.content.utf8))
                return (form["trade_status"] ?? "", form["out_biz_no"])
            })
    }

    func view(_ order: WeChatOrder) throws -> TradeView {
        TradeView(
            outTradeNo: order.outTradeNo,
            tradeNo: order.state == .paid ? order.transactionID : nil, status: order.status,
            channel: order.product.rawValue, subject: order.description, currency: "CNY",
            amount: Amount(order.total), refunded: Amount(order.refunded),
            createdAt: order.createdAt, expiresAt: order.expiresAt, paidAt: order.paidAt,
            closedAt: order.closedAt,
            refunds: try wechatRefunds(of: order.id).map {
                TradeView.Refund(
                    outRequestNo: $0.outRefundNo, amount: Amount($0.amount),
                    status: $0.state.word, at: $0.createdAt)
            },
            notifies: try notifies(of: order.outTradeNo, at: .wechatpay) { notice in
                let facts = try WeChatNoticeFacts(notice)
                return (facts.status, facts.refund)
            })
    }

    /// - Parameter facts: the status that a notice tells, and the refund that it is about.
    func notifies(
        of outTradeNo: String, at gateway: SandboxGateway,
        _ facts: (Notice) throws -> (status: String, refund: String?)
    ) throws -> [TradeView.Notify] {
        try notices(of: outTradeNo, at: gateway).map { notice in
            let (status, refund) = try facts(notice)
            return try view(notice, status, refund)
        }
    }

    private func view(
        _ notice: Notice, _ tradeStatus: String, _ refund: String?
    ) throws -> TradeView.Notify {
        TradeView.Notify(
            id: notice.id, status: notice.state.rawValue, tradeStatus: tradeStatus,
            outRequestNo: refund, tries: notice.tries, nextTryAt: notice.nextTryAt,
            deliveries: try deliveries(of: notice.id).map {
                TradeView.Delivery(
                    outcome: $0.outcome.rawValue, httpStatus: $0.httpStatus, answer: $0.answer,
                    at: $0.deliveredAt)
            })
    }
}

/// A trade in the dashboard's list.
struct TradeRow: Sendable {
    let gateway: String
    let outTradeNo: String
    let subject: String
    let amount: Amount
    let status: String
    let createdAt: Instant
    /// Where its payer would be.
    let page: String
    /// Of the newest notify.
    let notify: String?
    let tries: Int

    init(_ gateway: SandboxGateway, _ trade: TradeView, page: String) {
        self.gateway = gateway.rawValue
        self.page = page
        outTradeNo = trade.outTradeNo
        subject = trade.subject
        amount = trade.amount
        status = trade.status
        createdAt = trade.createdAt
        notify = trade.notifies.last?.status
        tries = trade.notifies.last?.tries ?? 0
    }
}

/// A try to tell a merchant, in the dashboard's log.
struct DeliveryRow: Sendable {
    let gateway: String
    let outTradeNo: String
    let outcome: String
    let httpStatus: Int?
    let answer: String
    let at: Instant
}

/// All that a merchant's program needs to talk to this gateway, private keys included: they are worth
/// nothing anywhere else.
struct MerchantView: Codable, Sendable {
    /// Each side has the other's public key.
    struct PublicKeys: Codable, Sendable {
        let appId: String
        let appPrivateKey: String
        let appPublicKey: String
        let alipayPublicKey: String
    }

    /// Each side has a certificate.
    struct Certificates: Codable, Sendable {
        let appId: String
        let appPrivateKey: String
        let appCertificate: String
        let alipayCertificate: String
        /// What messages are signed with now.
        let alipayCertSn: String
        let rootCertificate: String
    }

    let gatewayUrl: String
    let sellerId: String
    let publicKeys: PublicKeys
    let certificates: Certificates
}

extension SandboxAlipay {
    func merchant() async throws -> MerchantView {
        let known = try await shelf.certificates()
        let signer = known.signer.certificate
        return MerchantView(
            gatewayUrl: configuration.gatewayURL, sellerId: Self.sellerID,
            publicKeys: .init(
                appId: SandboxApp.publicKeys.rawValue,
                appPrivateKey: keys.app.pemRepresentation,
                appPublicKey: keys.app.publicKey.pemRepresentation,
                alipayPublicKey: keys.alipay.publicKey.pemRepresentation),
            certificates: .init(
                appId: SandboxApp.certificates.rawValue,
                appPrivateKey: keys.app.pemRepresentation,
                appCertificate: try known.app.pemRepresentation(),
                alipayCertificate: try signer.pemRepresentation(), alipayCertSn: signer.serial,
                rootCertificate: try known.root.pemRepresentation()))
    }
}
