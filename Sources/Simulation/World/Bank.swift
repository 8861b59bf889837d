import Alipay
import Basics
import Foundation
import Money
import Payments
import Synchronization

/// The simulated gateway as Kontor sees it: through the four questions, and by signed messages.
final class Bank: Sendable {
    private struct State {
        var gateway = SimulatedGateway()
        var now = 0
        /// The number of an attempt, by the number its trade has outside.
        var attempts: [String: Int] = [:]
        /// The numbers of refunds, in the order in which the gateway heard of them first.
        var refunds: [String] = []
        var surprises: [String] = []
    }

    static let appID = "2021000000000000"
    static let sellerID = "2088000000000000"

    let keys: SimulationKeys
    private let state = Mutex(State())

    init(keys: SimulationKeys) { self.keys = keys }

    func change(_ body: (inout SimulatedGateway) -> Void) {
        state.withLock { body(&$0.gateway) }
    }

    func setTime(_ now: Int) { state.withLock { $0.now = now } }

    func learn(_ outTradeNo: String, is attempt: Int) {
        state.withLock { $0.attempts[outTradeNo] = attempt }
    }

    /// The numbers of all refunds that it has heard of.
    var refunds: [String] { state.withLock { $0.refunds } }

    /// What Kontor should not have asked, since the last time this was called.
    func takeSurprises() -> [String] {
        state.withLock { state in
            defer { state.surprises = [] }
            return state.surprises
        }
    }

    var isSame: @Sendable (SimulatedGateway) -> Bool {
        { other in self.state.withLock { $0.gateway == other } }
    }

    private func ask(
        _ attempt: PaymentAttempt,
        _ question: (inout SimulatedGateway, Int, Int) -> SimulatedGateway.Answer
    ) -> SimulatedGateway.Answer {
        state.withLock { state in
            guard let number = state.attempts[attempt.outTradeNo] else { return .unknownTrade }
            return question(&state.gateway, number, state.now)
        }
    }

    /// The number in the run of a refund: they are heard of in the order in which they were promised.
    private func number(of refund: PaymentRefund) -> Int {
        state.withLock { state in
            if let known = state.refunds.firstIndex(of: refund.outRequestNo) { return known }
            state.refunds.append(refund.outRequestNo)
            return state.refunds.count - 1
        }
    }

    var gateway: Gateway {
        Gateway(
            name: "alipay", channels: ["page", "wap"],
            action: { payment, _ in
                PaymentAction(
                    kind: .redirect, url: "https://bank/\(payment.attempt.outTradeNo)")
            },
            query: { attempt in
                switch self.ask(attempt, { $0.query($1, at: $2) }) {
                case .waiting: .waiting
                case .unknownTrade: .notExist
                case .closed: .closed
                case .paid(let fen):
                    .paid(tradeNo: "T\(attempt.outTradeNo)", amount: Amount(Int64(fen)))
                default: .unknown("no answer")
                }
            },
            close: { attempt in
                switch self.ask(attempt, { gateway, number, _ in gateway.close(number) }) {
                case .closed: .closed
                case .unknownTrade: .notExist
                case .paid: .paid
                default: .unknown("no answer")
                }
            },
            refund: { attempt, refund in
                let number = self.number(of: refund)
                let fen = Int(refund.amount.minorUnits)
                switch self.ask(
                    attempt, { gateway, trade, _ in gateway.refund(trade, number: number, fen) })
                {
                case .succeeded: return .succeeded
                case .refused, .unknownTrade: return .refused("REFUSED")
                default: return .unknown("no answer")
                }
            },
            // It writes no bills: what it did is known from its answers alone.
            bill: { _ in .notThere })
    }

    /// What Kontor verifies messages with.
    func client() throws -> AlipayClient {
        AlipayClient(
            AlipayConfiguration(
                appID: Self.appID, sellerID: Self.sellerID,
                credentials: try .publicKeys(appKey: keys.app, alipayKey: keys.gateway.publicKey)),
            transport: AlipayTransport { _, _ in throw NoNetwork() })
    }

    private struct NoNetwork: Error {}

    /// The body of a message: that a trade has been paid, or a fraud.
    func message(_ notice: Step.Notice, about outTradeNo: String) throws -> [UInt8] {
        var fen = 100
        if case .paid(let amount) = notice { fen = amount }
        let number = notice == .unknownTrade ? "KNOBODY" : outTradeNo
        let form = AlipayForm([
            ("notify_type", "trade_status_sync"), ("notify_id", "n"), ("charset", "utf-8"),
            ("version", "1.0"), ("app_id", notice == .foreign ? "2021999999999999" : Self.appID),
            ("seller_id", Self.sellerID), ("trade_no", "T\(number)"), ("out_trade_no", number),
            ("trade_status", "TRADE_SUCCESS"), ("total_amount", AlipayAmount(fen: Int64(fen)).yuan),
        ])
        let key = notice == .forged ? keys.app : keys.gateway
        return Array(try form.signedAsNotification(with: key).encoded.utf8)
    }
}
