import Alipay
import Basics
import Store

extension SandboxAlipay {
    /// The merchant does not know how a trade ended, and undoes it: closes it if it is unpaid, gives
    /// everything back if it is paid. Again is no matter.
    func cancel(
        _ trade: Locked<SandboxTrade>, _ faults: FaultSettings, in tx: Transaction
    ) throws -> [String: String] {
        if try tx.take(.retryCancel, faults) { return trade.value.cancelAnswer(nil, retry: true) }
        var trade = trade
        switch trade.state {
        case .finished: throw GatewayRefusal.tradeHasFinished
        case .closed:
            // What the first cancel did, or time, or the merchant.
            return trade.value.cancelAnswer(trade.paidAt == nil ? .close : .refund)
        case .waiting:
            try trade.value.close(at: tx.now)
            try tx.save(trade)
            try tx.scheduleDeadline(of: trade.value)
            _ = try announce(trade.value, because: nil, in: tx)
            return trade.value.cancelAnswer(.close)
        case .paid:
            if try tx.take(.emptySeller, faults) { throw GatewayRefusal.sellerBalanceNotEnough }
            let left = AlipayAmount(fen: trade.total.fen - trade.refunded.fen)
            let made = try trade.value.refund(
                left, requestNo: trade.value.tradeNo, reason: nil,
                earlier: try tx.refunds(of: trade.id), at: tx.now)
            guard let made else { throw GatewayRefusal.systemError }
            try tx.insert(made)
            try tx.save(trade)
            try tx.scheduleDeadline(of: trade.value)
            _ = try announce(trade.value, because: made, in: tx)
            return trade.value.cancelAnswer(.refund)
        }
    }
}
