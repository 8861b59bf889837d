import Alipay
import Basics
import Foundation
import Money

extension Gateway {
    /// Alipay behind the gateway's four questions.
    ///
    /// - Parameters:
    ///   - publicURL: where this server is reached from outside; notify and return addresses are
    ///     made from it and never from a request.
    package static func alipay(_ client: AlipayClient, publicURL: String) -> Gateway {
        Gateway(
            name: "alipay", channels: Channel.ofAlipay,
            action: { payment, _ in try await alipayAction(payment, client, publicURL) },
            query: { await alipayQuery($0, client) },
            close: { await alipayClose($0, client) },
            refund: { await alipayRefund($0, $1, client) },
            bill: { await alipayBill($0, client) })
    }
}

private func alipayQuery(_ attempt: PaymentAttempt, _ client: AlipayClient) async
    -> Gateway.TradeState
{
    do {
        switch try await client.query(.outTradeNo(attempt.outTradeNo)) {
        case .notExist: return .notExist
        case .found(let trade):
            switch trade.status {
            case .waitBuyerPay: return .waiting
            case .closed: return .closed
            case .success, .finished:
                return .paid(tradeNo: trade.tradeNo, amount: Amount(trade.total.fen))
            }
        }
    } catch {
        return .unknown("\(error)")
    }
}

private func alipayClose(_ attempt: PaymentAttempt, _ client: AlipayClient) async
    -> Gateway.CloseResult
{
    do {
        switch try await client.close(.outTradeNo(attempt.outTradeNo)) {
        case .closed: return .closed
        case .notExist: return .notExist
        }
    } catch .refused(let fault)
        where [
            AlipaySubCode.tradeHasSuccess, AlipaySubCode.tradeHasFinished,
            AlipaySubCode.tradeStatusError,
        ].contains(fault.subCode)
    {
        return .paid
    } catch .refused(let fault) where fault.subCode == AlipaySubCode.tradeHasClose {
        return .closed
    } catch {
        return .unknown("\(error)")
    }
}

private func alipayRefund(
    _ attempt: PaymentAttempt, _ refund: PaymentRefund, _ client: AlipayClient
) async -> Gateway.RefundResult {
    let trade = AlipayTradeReference.outTradeNo(attempt.outTradeNo)
    let number = refund.outRequestNo
    do {
        let answer = try await client.refund(
            trade, amount: AlipayAmount(fen: refund.amount.minorUnits), outRequestNo: number,
            reason: refund.reason)
        if answer.fundChange { return .succeeded }
        // Accepted, or done before under this number: only the refund query tells.
        return await alipayRefundState(attempt, refund, client) ?? .unknown("not done yet")
    } catch .refused(let fault)
        where fault.code == "40004" && fault.subCode != AlipaySubCode.sellerBalanceNotEnough
    {
        // The trade itself says no, perhaps because an earlier try under this number was done.
        return await alipayRefundState(attempt, refund, client)
            ?? .refused(fault.subCode ?? fault.code)
    } catch .invalidRequest(let parameter, let reason) {
        return .refused("\(parameter) \(reason)")
    } catch .refused(let fault) {
        // An empty account, credentials and limits say nothing about the refund: it is asked again.
        return .unknown(fault.subCode ?? fault.code)
    } catch {
        return .unknown("\(error)")
    }
}

/// - Returns: nil if the refund has certainly not been made.
private func alipayRefundState(
    _ attempt: PaymentAttempt, _ refund: PaymentRefund, _ client: AlipayClient
) async -> Gateway.RefundResult? {
    do {
        switch try await client.refundQuery(
            .outTradeNo(attempt.outTradeNo), outRequestNo: refund.outRequestNo)
        {
        case .succeeded: return .succeeded
        case .notSucceeded: return nil
        }
    } catch {
        return .unknown("\(error)")
    }
}

extension Date {
    init(_ instant: Instant) { self.init(timeIntervalSince1970: Double(instant.secondsSinceEpoch)) }
}

extension Instant {
    init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970)) }
}
