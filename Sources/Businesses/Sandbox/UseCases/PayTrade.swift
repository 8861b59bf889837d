import Basics
import Store

extension SandboxAlipay {
    /// The payer pays; returns when the merchant has acknowledged it, or the try to tell has ended.
    ///
    /// Paying again is no second payment, unless `doublePay` makes it one.
    /// - Throws: `sandbox-trade-not-opened`, `sandbox-trade-closed`, `sandbox-payer-short`.
    func pay(_ outTradeNo: String) async throws {
        let notice = try await database.write { [self] tx -> ID<Notice>? in
            guard var trade = try tx.lockTrade(outTradeNo: outTradeNo) else {
                throw Problem.sandboxTradeNotOpened
            }
            trade.value.age(to: tx.now)
            let faults = try tx.faults(of: outTradeNo, at: .alipay)
            guard try trade.value.pay(at: tx.now, faults) else {
                guard faults.has(.doublePay) else { return nil }
                return try announce(
                    trade.value, because: nil, byHand: true, isSecond: true, in: tx)
            }
            try tx.save(trade)
            try tx.scheduleDeadline(of: trade.value)
            return try announce(trade.value, because: nil, byHand: true, in: tx)
        }
        if let notice { try await post.deliver(notice) }
    }

    /// The payer pays on the cashier page, which knows the trade by its token.
    ///
    /// - Throws: `sandbox-payer-password`, and what `pay` throws.
    func pay(token: String, password: String?) async throws {
        try SandboxPayer.check(password: password)
        let trade = try await database.read { try $0.trade(token: token) }
        guard let trade else { throw Problem.notFound }
        try await pay(trade.outTradeNo)
    }
}
