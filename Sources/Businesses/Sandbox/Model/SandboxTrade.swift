import Alipay
import Basics
import Store

/// A trade as Alipay keeps it. It exists from the moment a payer opens the cashier, not before.
struct SandboxTrade: Entity, Hashable, Sendable {
    static let prefix = "sbt"
    /// The one payer there is.
    static let buyerID = "2088000000000001"
    static let buyerLogon = "san***@example.com"
    /// How long a paid trade can be refunded.
    static let refundable = Duration.days(365)

    /// Which cashier the payer came through; it decides what the merchant is told.
    enum Product: String, SQLText, CaseIterable {
        case page, wap, app
        /// A code that the payer scans.
        case precreate

        var method: String {
            self == .precreate ? "alipay.trade.precreate" : "alipay.trade.\(rawValue).pay"
        }

        /// What `product_code` has to be.
        var code: String {
            switch self {
            case .page: "FAST_INSTANT_TRADE_PAY"
            case .wap: "QUICK_WAP_WAY"
            case .app: "QUICK_MSECURITY_PAY"
            case .precreate: "FACE_TO_FACE_PAYMENT"
            }
        }

        /// Whether the request itself travels with the payer, instead of being answered.
        var isCashier: Bool { self != .precreate }
    }

    enum State: String, SQLText {
        case waiting, paid
        /// Paid, and beyond refund.
        case finished
        /// Closed unpaid, or refunded in full.
        case closed
    }

    let id: ID<SandboxTrade>
    let outTradeNo: String
    /// Unguessable: the cashier's address is all a payer needs to pay.
    let token: String
    /// Whose trade it is, and so how the merchant is told.
    let app: SandboxApp
    let product: Product
    let subject: String
    let total: AlipayAmount
    let notifyURL: String?
    let returnURL: String?
    let quitURL: String?
    let passback: String?
    var state: State
    var refunded: AlipayAmount
    let createdAt: Instant
    let expiresAt: Instant
    var paidAt: Instant?
    var refundedAt: Instant?
    var closedAt: Instant?
}

extension SandboxTrade {
    /// Alipay's number.
    var tradeNo: String { tradeNo(of: id.rawValue) }

    /// The day, then 20 digits.
    func tradeNo(of number: Int64) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: max(0, 20 - digits.count))
        return BusinessCalendar.date(of: createdAt).description.filter { $0 != "-" }
            + zeros + digits
    }

    var status: AlipayTradeStatus {
        switch state {
        case .waiting: .waitBuyerPay
        case .paid: .success
        case .finished: .finished
        case .closed: .closed
        }
    }

    /// When time alone will change it next.
    var deadline: Instant? {
        switch state {
        case .waiting: expiresAt
        case .paid: paidAt.map { $0 + Self.refundable }
        case .finished, .closed: nil
        }
    }

    /// Does what time alone has done by `now`.
    /// - Returns: whether anything changed.
    @discardableResult
    mutating func age(to now: Instant) -> Bool {
        guard let deadline, now >= deadline else { return false }
        if state == .waiting {
            state = .closed
            closedAt = deadline
        } else {
            state = .finished
        }
        return true
    }

    func aged(to now: Instant) -> SandboxTrade {
        var copy = self
        copy.age(to: now)
        return copy
    }

    /// - Parameter faults: whether a closed trade takes money, and whether the payer has it.
    /// - Returns: false if it was paid before.
    mutating func pay(at now: Instant, _ faults: FaultSettings) throws(Problem) -> Bool {
        guard paidAt == nil else { return false }
        guard state == .waiting || faults.has(.payAfterClose) else { throw .sandboxTradeClosed }
        guard !faults.has(.poorPayer) else { throw .sandboxPayerShort }
        state = .paid
        paidAt = now
        closedAt = nil
        return true
    }

    mutating func close(at now: Instant) throws(GatewayRefusal) {
        switch state {
        case .waiting:
            state = .closed
            closedAt = now
        case .paid, .finished: throw .tradeStatusError
        case .closed: throw .tradeHasClose
        }
    }

    /// Gives money back, once per request number.
    /// - Returns: nil if this very refund was made before.
    mutating func refund(
        _ amount: AlipayAmount, requestNo: String, reason: String?, earlier: [SandboxRefund],
        at now: Instant
    ) throws(GatewayRefusal) -> SandboxRefund? {
        if let same = earlier.first(where: { $0.requestNo == requestNo }) {
            guard same.amount == amount else { throw .refundNumberReused }
            return nil
        }
        switch state {
        case .waiting: throw .tradeStatusError
        case .finished: throw .tradeHasFinished
        case .closed: throw .tradeHasClose
        case .paid: break
        }
        guard amount.fen > 0 else { throw .refundAmount }
        guard amount.fen <= total.fen - refunded.fen else { throw .refundTooMuch }
        refunded = AlipayAmount(fen: refunded.fen + amount.fen)
        refundedAt = now
        if refunded == total {
            state = .closed
            closedAt = now
        }
        return SandboxRefund(
            tradeID: id, requestNo: requestNo, amount: amount, reason: reason, createdAt: now)
    }
}

/// Money that went back to the payer.
struct SandboxRefund: Hashable, Sendable {
    let tradeID: ID<SandboxTrade>
    let requestNo: String
    let amount: AlipayAmount
    let reason: String?
    let createdAt: Instant
}
