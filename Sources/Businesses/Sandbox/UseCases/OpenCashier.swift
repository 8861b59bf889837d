import Alipay
import Basics
import Scheduling
import Store

extension SandboxAlipay {
    /// A payer's browser arrives with a signed address. Only now does the trade come into being.
    func openCashier(
        _ request: GatewayRequest, _ product: SandboxTrade.Product, _ app: SandboxApp
    ) async throws -> GatewayReply {
        try await database.write { [targets, numbers] tx in
            do {
                let offer = try TradeOffer(request, product, app, targets: targets)
                let trade = try tx.openTrade(offer, numbers)
                try tx.log(request, ["code": "10000", "msg": trade.status.rawValue])
                return .cashier(token: trade.token)
            } catch let refusal as GatewayRefusal {
                return .refused(try tx.log(request, refusal.members))
            }
        }
    }
}

extension Transaction {
    /// The trade of this offer: a new one, or the one that an earlier visit made.
    fileprivate func openTrade(_ offer: TradeOffer, _ numbers: SandboxNumbers) throws
        -> SandboxTrade
    {
        if let known = try lockTrade(outTradeNo: offer.outTradeNo) {
            guard offer.isSame(as: known.value) else { throw GatewayRefusal.contextInconsistent }
            return known.value.aged(to: now)
        }
        guard now < offer.expiresAt else { throw GatewayRefusal.orderExpired }
        let trade = offer.trade(
            try numbers.id(in: self), token: try numbers.token(.trade, in: self), at: now)
        guard try insert(trade) else {
            // Another visit was quicker; its trade is the one.
            return try openTrade(offer, numbers)
        }
        try scheduleDeadline(of: trade)
        return trade
    }

    /// The job that lets time have its effect, or none.
    func scheduleDeadline(of trade: SandboxTrade) throws {
        if let deadline = trade.deadline {
            try schedule(SandboxAlipay.deadlineJob, trade.outTradeNo, at: deadline)
        } else {
            try unschedule(SandboxAlipay.deadlineJob, trade.outTradeNo)
        }
    }
}
