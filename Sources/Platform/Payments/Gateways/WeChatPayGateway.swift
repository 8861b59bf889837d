import Basics
import Foundation
import Money
import WeChatPay

extension Gateway {
    /// WeChat Pay behind the gateway's four questions.
    ///
    /// - Parameters:
    ///   - appID: the application that sells; one of the client's.
    ///   - publicURL: where this server is reached from outside; notify and return addresses are
    ///     made from it and never from a request.
    package static func weChatPay(_ client: WeChatPayClient, appID: String, publicURL: String)
        -> Gateway
    {
        let seller = WeChatPaySeller(client: client, appID: appID, publicURL: publicURL)
        return Gateway(
            name: "wechatpay", channels: Channel.ofWeChatPay,
            action: { try await seller.action($0, $1) },
            query: { await seller.query($0) },
            close: { await seller.close($0) },
            refund: { await seller.refund($0, $1) },
            bill: { await weChatPayBill($0, client) })
    }
}

/// One application that sells through one merchant.
struct WeChatPaySeller: Sendable {
    let client: WeChatPayClient
    let appID: String
    let publicURL: String

    var notifyURL: String { "\(publicURL)/api/v1/gateways/wechatpay/notify" }

    func query(_ attempt: PaymentAttempt) async -> Gateway.TradeState {
        do {
            guard case .found(let order) = try await client.query(.outTradeNo(attempt.outTradeNo))
            else { return .notExist }
            switch order.state {
            case .notPaid, .userPaying, .payError: return .waiting
            case .closed, .revoked: return .closed
            case .success:
                return .paid(
                    tradeNo: order.transactionID ?? "", amount: Amount(ofPaid: order))
            case .refund:
                // Nobody asks about a payment that we know of. How much of this one has gone back, WeChat
                // Pay does not say here; nothing is sold for what may be all of it.
                return .unknown("refunded before we knew of it; the bill will say more")
            }
        } catch {
            return .unknown("\(error)")
        }
    }

    func close(_ attempt: PaymentAttempt) async -> Gateway.CloseResult {
        do {
            switch try await client.close(outTradeNo: attempt.outTradeNo) {
            case .closed: return .closed
            case .notExist: return .notExist
            }
        } catch .refused(let fault) where WeChatPayCode.isPaid(fault) {
            return .paid
        } catch {
            return .unknown("\(error)")
        }
    }

    // MARK: Refunds

    /// A refund that was sent before is asked about first; one that WeChat Pay does not know is sent,
    /// under its number, which refunds once however often it is sent.
    func refund(_ attempt: PaymentAttempt, _ refund: PaymentRefund) async -> Gateway.RefundResult {
        if refund.status != .requested, let known = await state(of: refund) { return known }
        let worth = attempt.received ?? attempt.amount
        do {
            let answer = try await client.refund(
                .outTradeNo(attempt.outTradeNo), amount: refund.amount.minorUnits,
                total: worth.minorUnits, outRefundNo: refund.outRequestNo,
                reason: refund.reason.cut(to: 80), notifyURL: notifyURL)
            return Gateway.RefundResult(answer)
        } catch .refused(let fault) where WeChatPayCode.isAboutRefund(fault) {
            // It says no, perhaps because an earlier try under this number was done.
            return await state(of: refund) ?? .refused(fault.code)
        } catch .invalidRequest(let parameter, let reason) {
            return .refused("\(parameter) \(reason)")
        } catch .refused(let fault) {
            // Credentials, limits and an empty account say nothing about the refund.
            return .unknown(fault.code)
        } catch {
            return .unknown("\(error)")
        }
    }

    /// - Returns: nil if WeChat Pay has never accepted it.
    private func state(of refund: PaymentRefund) async -> Gateway.RefundResult? {
        do {
            guard
                case .found(let found) = try await client.refundQuery(
                    outRefundNo: refund.outRequestNo)
            else { return nil }
            return Gateway.RefundResult(found)
        } catch {
            return .unknown("\(error)")
        }
    }
}

extension Gateway.RefundResult {
    init(_ refund: WeChatPayRefund) {
        switch refund.status {
        case .success: self = .succeeded
        case .processing: self = .processing
        case .closed: self = .refused("CLOSED")
        case .abnormal: self = .abnormal("ABNORMAL")
        }
    }
}

extension WeChatPayCode {
    static func isPaid(_ fault: WeChatPayFault) -> Bool {
        [orderPaid, "ORDER_PAID"].contains(fault.code)
    }

    static func isClosed(_ fault: WeChatPayFault) -> Bool {
        [orderClosed, "ORDERCLOSED"].contains(fault.code)
    }

    static func isTooOften(_ fault: WeChatPayFault) -> Bool {
        fault.status == 429 || [frequencyLimited, "RATELIMIT_EXCEED"].contains(fault.code)
    }

    /// Whether a refusal is about this refund, and not about who asks, how often, or whether the
    /// merchant's account can cover it today.
    static func isAboutRefund(_ fault: WeChatPayFault) -> Bool {
        let passing = [
            signError, noAuth, merchantNotExists, appIDMerchantMismatch, notEnough,
        ]
        return !passing.contains(fault.code) && !isTooOften(fault)
    }
}

extension Amount {
    /// What an order was paid with. Another currency is none of the yuan that were asked for, and is
    /// for a person to look at.
    init(ofPaid order: WeChatPayTransaction) {
        self = order.currency == "CNY" ? Amount(order.total ?? 0) : .zero
    }
}

extension String {
    /// As much of the text as fits into so many bytes of UTF-8.
    func cut(to bytes: Int) -> String {
        var text = ""
        for sign in self where text.utf8.count + String(sign).utf8.count <= bytes {
            text.append(sign)
        }
        return text
    }
}
