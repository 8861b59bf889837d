import Alipay
import Basics
import Foundation
import Ledger
import Money
import Store

/// What the gateway is answered.
package enum NotifyAnswer: Sendable, Hashable {
    /// It need not tell us again.
    case success
    /// It should tell us again later.
    case again
    /// The message is not the gateway's. What check it failed is for the log only.
    case forged(String)
}

extension Payments {
    /// Takes a notify as it came in: verifies the signature over the raw bytes, keeps the message,
    /// and applies it in the same transaction. `success` is answered only after the commit.
    ///
    /// Once the signature is good, the message binds to one attempt of this gateway and to the
    /// configured application and seller; the amount is compared where the attempt is locked.
    package func receiveAlipayNotify(_ body: [UInt8], client: AlipayClient) async throws
        -> NotifyAnswer
    {
        let notification: AlipayNotification
        do {
            notification = try await client.notification(downloadingCertificates: body)
        } catch {
            return .forged(error.reason)
        }
        let configuration = client.configuration
        guard notification.appID == configuration.appID else { return .forged("other_app") }
        guard configuration.sellerID == nil || notification.sellerID == configuration.sellerID
        else { return .forged("other_seller") }

        return try await database.write { [self] tx in
            let outcome = try apply(notification, in: tx)
            // A message about a trade that is not ours yet is kept too, apart from what it will be when
            // it comes again and is understood.
            let isUnknown = outcome == ReceiptOutcome.unknownTrade.rawValue
            let key = dedupKey(notification) + (isUnknown ? "|unknown" : "")
            _ = try tx.insertEvent(gateway: "alipay", dedupKey: key, raw: body, outcome: outcome)
            return isUnknown ? .again : .success
        }
    }

    private func apply(_ notification: AlipayNotification, in tx: Transaction) throws -> String {
        let receipt = Receipt(
            gateway: "alipay", outTradeNo: notification.outTradeNo, tradeNo: notification.tradeNo,
            amount: Amount(notification.total.fen))
        switch notification.event {
        case .paid, .finished: return try receive(receipt, in: tx).rawValue
        case .refunded(let total):
            let news = RefundTotal(
                receipt: receipt, refunded: Amount(total.fen), number: notification.outRequestNo)
            return try receive(news, in: tx).rawValue
        case .waiting, .closedUnpaid:
            // An attempt is ended by our own question; the message is kept.
            let known = try tx.attempt(gateway: "alipay", outTradeNo: notification.outTradeNo)
            return known == nil ? ReceiptOutcome.unknownTrade.rawValue : "\(notification.status)"
        }
    }

    /// What makes two messages the same one: a partial refund reuses the status of the payment.
    private func dedupKey(_ notification: AlipayNotification) -> String {
        [
            notification.tradeNo, notification.outTradeNo, notification.status.rawValue,
            notification.total.yuan, notification.outRequestNo ?? "",
            notification.refundedTotal?.yuan ?? "",
        ].joined(separator: "|")
    }
}
