import Alipay
import Basics
import Store

extension SandboxAlipay {
    /// The merchant gives money back at Alipay's own console; the notice is all the shop hears of it.
    ///
    /// - Parameter fen: nil for all that is left.
    /// - Throws: `sandbox-trade-not-opened`, `sandbox-refund-refused`.
    func refundAtConsole(_ outTradeNo: String, fen: Int64?) async throws {
        try await database.write { [self] tx in
            guard var trade = try tx.lockTrade(outTradeNo: outTradeNo) else {
                throw Problem.sandboxTradeNotOpened
            }
            trade.value.age(to: tx.now)
            let left = trade.total.fen - trade.refunded.fen
            do {
                let made = try trade.value.refund(
                    AlipayAmount(fen: fen ?? left),
                    requestNo: "CONSOLE\(try numbers.id(ID<Notice>.self, in: tx).rawValue)",
                    reason: nil,
                    earlier: try tx.refunds(of: trade.id), at: tx.now)
                guard let made else { return }
                try tx.insert(made)
                try tx.save(trade)
                try tx.scheduleDeadline(of: trade.value)
                _ = try announce(trade.value, because: made, in: tx)
            } catch let refusal as GatewayRefusal {
                throw Problem.sandboxRefund(refusal.subCode)
            }
        }
    }
}
