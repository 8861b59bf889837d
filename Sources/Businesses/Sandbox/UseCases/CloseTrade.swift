import Basics
import Scheduling
import Store

extension SandboxAlipay {
    /// The merchant closes an unpaid trade.
    func close(
        _ trade: Locked<SandboxTrade>, _ faults: FaultSettings, in tx: Transaction
    ) throws -> [String: String] {
        if try tx.take(.closeFails, faults) { throw GatewayRefusal.systemError }
        var trade = trade
        try trade.value.close(at: tx.now)
        try tx.save(trade)
        try tx.scheduleDeadline(of: trade.value)
        _ = try announce(trade.value, because: nil, in: tx)
        return trade.value.closeAnswer
    }

    /// Time closes an unpaid trade, or ends the time in which a paid one can be refunded.
    func meetDeadline(_ job: JobContext, in tx: Transaction) throws {
        guard var trade = try tx.lockTrade(outTradeNo: job.key), trade.value.age(to: tx.now)
        else { return }
        try tx.save(trade)
        _ = try announce(trade.value, because: nil, in: tx)
    }
}
