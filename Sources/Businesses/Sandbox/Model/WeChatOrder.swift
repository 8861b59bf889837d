import Basics
import Store

/// An order as WeChat Pay keeps it, from the moment the merchant places it.
struct WeChatOrder: Entity, Hashable, Sendable {
    static let prefix = "swo"
    /// How long a paid order can be refunded.
    static let refundable = Duration.days(365)
    /// How long an order without an end of its own can be paid.
    static let longest = Duration.days(7)
    static let mostRefunds = 50
    /// The least between two refunds where `strictRefunds` is on.
    static let pause = Duration.minutes(1)

    /// Where the payer is.
    enum Product: String, SQLText, CaseIterable {
        case jsapi, app, h5, native

        /// WeChat Pay's word.
        var tradeType: String { self == .h5 ? "MWEB" : rawValue.uppercased() }

        /// How long what leads the payer to the order can be used.
        var validity: Duration { self == .h5 ? .minutes(5) : .hours(2) }
    }

    enum State: String, SQLText {
        case waiting, paid, closed
    }

    let id: ID<WeChatOrder>
    let outTradeNo: String
    /// Unguessable: it is in `prepay_id`, `code_url` and `h5_url`, and all a payer needs to pay.
    let token: String
    let product: Product
    let description: String
    let attach: String?
    /// In fen.
    let total: Int64
    let notifyURL: String
    let openID: String
    /// The request in canonical JSON: an order placed again must be the same to the letter.
    let terms: String
    var state: State
    /// In fen; what is under way counts.
    var refunded: Int64
    let createdAt: Instant
    let expiresAt: Instant
    /// When it was last placed: what leads the payer here is valid from then on.
    var preparedAt: Instant
    var paidAt: Instant?
    var closedAt: Instant?
}

extension WeChatOrder {
    var prepayID: String { "wx\(token)" }
    /// How the text of a code begins.
    static let codePrefix = "weixin://wxpay/bizpayurl?pr="
    var codeURL: String { Self.codePrefix + token }
    /// What the payer's phone shows, as a path.
    var page: String { "\(SandboxWeChatPay.folder)/cashier/\(token)" }

    /// WeChat Pay's number, 32 digits.
    var transactionID: String { transactionID(of: id.rawValue) }

    func transactionID(of number: Int64) -> String { WeChatNumber.text("4200", createdAt, number) }

    /// Whether what was handed out when it was last placed still leads here.
    func isReachable(at now: Instant) -> Bool { now < preparedAt + product.validity }

    /// WeChat Pay's word.
    var status: String {
        switch state {
        case .waiting: "NOTPAY"
        case .closed: "CLOSED"
        case .paid: refunded > 0 ? "REFUND" : "SUCCESS"
        }
    }

    /// As it stands at `now`: time alone closes what was not paid.
    func aged(to now: Instant) -> WeChatOrder {
        guard state == .waiting, now >= expiresAt else { return self }
        var copy = self
        copy.state = .closed
        copy.closedAt = expiresAt
        return copy
    }

    /// - Parameter faults: whether a closed order takes money, and whether the payer has it.
    /// - Returns: false if it was paid before.
    mutating func pay(at now: Instant, _ faults: FaultSettings) throws(Problem) -> Bool {
        guard state != .paid else { return false }
        guard state == .waiting || faults.has(.payAfterClose) else { throw .sandboxTradeClosed }
        guard !faults.has(.poorPayer) else { throw .sandboxPayerShort }
        state = .paid
        paidAt = now
        closedAt = nil
        return true
    }

    /// Closing a closed order changes nothing.
    mutating func close(at now: Instant) throws(WeChatRefusal) {
        switch state {
        case .waiting:
            state = .closed
            closedAt = now
        case .paid: throw .orderPaid
        case .closed: break
        }
    }

    /// Takes a refund on, which will be done later. One number refunds once: who asks again is to be
    /// told of the refund there is.
    ///
    /// - Parameter earlier: all refunds of this order.
    mutating func refund(
        _ wish: WeChatRefundWish, earlier: [WeChatRefund], at now: Instant
    ) throws(WeChatRefusal) {
        guard state == .paid, let paidAt else { throw .notPaid }
        guard now < paidAt + Self.refundable else { throw .refundTooLate }
        guard wish.total == total else { throw .otherTotal }
        guard earlier.count < Self.mostRefunds else { throw .tooManyRefunds }
        guard wish.fen <= total - refunded else { throw .refundTooMuch }
        refunded += wish.fen
    }
}

/// What a merchant wants to give back.
struct WeChatRefundWish: Sendable {
    let number: String
    /// In fen.
    let fen: Int64
    /// What the order was worth, in fen.
    let total: Int64
    let reason: String?
    let notifyURL: String?
}

/// Money on its way back to the payer.
struct WeChatRefund: Entity, Hashable, Sendable {
    static let prefix = "swr"
    /// How long it is under way.
    static let duration = Duration.seconds(5)

    enum State: String, SQLText {
        case processing, success, closed, abnormal

        /// WeChat Pay's word.
        var word: String { rawValue.uppercased() }
    }

    let id: ID<WeChatRefund>
    let orderID: ID<WeChatOrder>
    let outRefundNo: String
    /// In fen.
    let amount: Int64
    let reason: String?
    let notifyURL: String?
    let createdAt: Instant
    /// What it will come to, and when.
    let outcome: State
    let dueAt: Instant
    var state: State

    var refundID: String { WeChatNumber.text("5030", createdAt, id.rawValue) }

    /// nil while it is under way.
    var endedAt: Instant? { state == .processing ? nil : dueAt }

    /// As it stands at `now`.
    func aged(to now: Instant) -> WeChatRefund {
        guard state == .processing, now >= dueAt else { return self }
        var copy = self
        copy.state = outcome
        return copy
    }
}

/// WeChat Pay's numbers: four digits that say what it is, the day, then 20 digits.
enum WeChatNumber {
    static func text(_ kind: String, _ moment: Instant, _ number: Int64) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 20 - digits.count))
        return kind + BusinessCalendar.date(of: moment).description.filter { $0 != "-" } + zeros
            + digits
    }

    /// The digits at the end.
    static func number(_ text: String) -> Int64? { Int64(text.suffix(20)) }
}
