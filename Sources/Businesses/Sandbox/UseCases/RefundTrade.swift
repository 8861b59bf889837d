import Alipay
import Basics
import Store

extension SandboxAlipay {
    private static let pause = Duration.seconds(3)

    /// The merchant gives money back, all or part of it.
    func refund(
        _ trade: Locked<SandboxTrade>, _ request: GatewayRequest, _ faults: FaultSettings,
        in tx: Transaction
    ) throws -> [String: String] {
        var trade = trade
        let amount = try request.amount("refund_amount")
        let number = try requestNumber(request, amount, trade.value)
        let earlier = try tx.refunds(of: trade.id)
        // What was given back before is only told once more.
        if !earlier.contains(where: { $0.requestNo == number }) {
            if try tx.take(.refuseRefunds, faults) { throw GatewayRefusal.refundNotAllowed }
            if try tx.take(.emptySeller, faults) { throw GatewayRefusal.sellerBalanceNotEnough }
        }
        let made = try trade.value.refund(
            amount, requestNo: number, reason: request.content["refund_reason"],
            earlier: earlier, at: tx.now)
        guard let made else {
            guard let same = earlier.first(where: { $0.requestNo == number }) else {
                throw GatewayRefusal.systemError
            }
            return trade.value.refundAnswer(same, changed: false)
        }
        if faults.has(.strictRefunds), let last = earlier.map(\.createdAt).max(),
            tx.now < last + Self.pause
        {
            throw GatewayRefusal.systemError
        }
        try tx.insert(made)
        try tx.save(trade)
        try tx.scheduleDeadline(of: trade.value)
        _ = try announce(trade.value, because: made, in: tx)
        return trade.value.refundAnswer(made, changed: true)
    }

    /// Only a refund of the whole may come without a number.
    private func requestNumber(
        _ request: GatewayRequest, _ amount: AlipayAmount, _ trade: SandboxTrade
    ) throws(GatewayRefusal) -> String {
        if let number = request.content["out_request_no"], !number.isEmpty {
            guard number.utf8.count <= 64 else { throw .invalidParameter("out_request_no") }
            return number
        }
        guard amount == trade.total else { throw .invalidParameter("out_request_no") }
        return trade.outTradeNo
    }
}
