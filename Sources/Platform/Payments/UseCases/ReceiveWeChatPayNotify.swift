import Basics
import Money
import Store
import WeChatPay

extension Payments {
    /// Takes a notify as it came in: verifies the signature over the raw bytes, and only then decrypts
    /// it; keeps the message, and applies it in the same transaction. `success` is answered only
    /// after the commit.
    ///
    /// Once the signature is good, the message binds to the configured merchant and application and
    /// to one attempt of this gateway; the amount is compared where the attempt is locked.
    package func receiveWeChatPayNotify(
        _ body: [UInt8], _ headers: WeChatPayHeaders, client: WeChatPayClient
    ) async throws -> NotifyAnswer {
        let notification: WeChatPayNotification
        do {
            notification = try await client.notification(body, headers)
        } catch {
            return .forged(error.reason)
        }
        if let fault = notification.mismatch(with: client.configuration) { return .forged(fault) }

        let raw = headers.signedLines + body
        return try await database.write { [self] tx in
            let outcome = try apply(notification, in: tx)
            // A message about a trade that is not ours yet is kept too, apart from what it will be when
            // it comes again and is understood.
            let isUnknown = outcome == ReceiptOutcome.unknownTrade.rawValue
            let key = notification.dedupKey + (isUnknown ? "|unknown" : "")
            _ = try tx.insertEvent(gateway: "wechatpay", dedupKey: key, raw: raw, outcome: outcome)
            return isUnknown ? .again : .success
        }
    }

    private func apply(_ notification: WeChatPayNotification, in tx: Transaction) throws -> String {
        switch notification.event {
        case .paid(let order):
            return try receive(Receipt(order), in: tx).rawValue
        case .refund(let refund):
            guard let news = RefundNews(refund) else { return "ignored" }
            return try receive(news, in: tx).rawValue
        case .other: return "ignored"
        }
    }
}

extension WeChatPayNotification {
    /// What is not ours although WeChat Pay wrote it; nil if it is about our merchant.
    fileprivate func mismatch(with configuration: WeChatPayConfiguration) -> String? {
        switch event {
        case .paid(let order):
            if order.mchID != configuration.mchID { return "other_merchant" }
            if !configuration.appIDs.contains(order.appID) { return "other_app" }
            return order.state.isPaid ? nil : "not_paid"
        case .refund(let refund):
            return refund.mchID == configuration.mchID ? nil : "other_merchant"
        case .other: return nil
        }
    }

    /// What makes two messages the same one.
    fileprivate var dedupKey: String {
        switch event {
        case .paid(let order):
            return [
                order.transactionID ?? "", order.outTradeNo, eventType,
                order.total.map(String.init) ?? "", order.currency ?? "",
            ].joined(separator: "|")
        case .refund(let refund):
            return [
                refund.refundID, refund.outTradeNo, refund.outRefundNo, eventType,
                String(refund.refund),
            ].joined(separator: "|")
        case .other: return id
        }
    }
}

extension Receipt {
    fileprivate init(_ order: WeChatPayTransaction) {
        self.init(
            gateway: "wechatpay", outTradeNo: order.outTradeNo,
            tradeNo: order.transactionID ?? "", amount: Amount(ofPaid: order))
    }
}

extension RefundNews {
    /// nil while nothing has come of it yet.
    fileprivate init?(_ refund: WeChatPayRefund) {
        let state: State
        switch refund.status {
        case .success: state = .succeeded
        case .closed: state = .closed
        case .abnormal: state = .abnormal
        case .processing: return nil
        }
        self.init(
            receipt: Receipt(
                gateway: "wechatpay", outTradeNo: refund.outTradeNo,
                tradeNo: refund.transactionID, amount: Amount(refund.total)),
            number: refund.outRefundNo, amount: Amount(refund.refund), state: state)
    }
}

extension WeChatPayHeaders {
    /// What the signature rests on besides the body: kept with it, so that it can be verified again.
    fileprivate var signedLines: [UInt8] {
        let names = ["Timestamp", "Nonce", "Serial", "Signature"].map { "Wechatpay-\($0)" }
        let lines = names.flatMap { name in values(name).map { "\(name): \($0)\n" } }
        return Array((lines.joined() + "\n").utf8)
    }
}
