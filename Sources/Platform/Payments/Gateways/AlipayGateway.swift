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
            name: "alipay", channels: ["page", "wap"],
            action: { try alipayAction($0, client, publicURL) },
            query: { await alipayQuery($0, client) },
            close: { await alipayClose($0, client) },
            refund: { await alipayRefund($0, $1, client) },
            bill: { await alipayBill($0, client) })
    }
}

private func alipayAction(_ payment: Payment, _ client: AlipayClient, _ publicURL: String) throws
    -> PaymentAction
{
    let attempt = payment.attempt
    let order = AlipayOrder(
        outTradeNo: attempt.outTradeNo, amount: AlipayAmount(fen: attempt.amount.minorUnits),
        subject: payment.intent.title, expires: Date(attempt.timeExpire))
    let notifyURL = "\(publicURL)/api/v1/gateways/alipay/notify"
    let returnURL = "\(publicURL)/payments/alipay/return"
    // Signed at the attempt's own time: a repeated request gets the same address to the letter.
    let time = Date(attempt.createdAt)
    let url =
        attempt.channel == "wap"
        ? try client.wapURL(
            order, notifyURL: notifyURL, returnURL: returnURL, quitURL: returnURL, at: time)
        : try client.pageURL(order, notifyURL: notifyURL, returnURL: returnURL, at: time)
    return PaymentAction(kind: .redirect, url: url)
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
    } catch {
        // Wrong credentials, limits and time-outs say nothing about the refund: it is asked again.
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
