import Alipay
import AsyncHTTPClient
import Foundation

/// What the shop itself knows of an order. Amounts come from here, never from a message.
struct ShopOrder: Sendable {
    let number: String
    let amount: AlipayAmount
    let title: String
    let expires: Date
}

/// The shop's database, as far as Alipay is concerned.
protocol ShopOrders: Sendable {
    func order(_ number: String) async throws -> ShopOrder?
    /// Marks an order paid, once, however often it is called.
    func markPaid(_ number: String, tradeNo: String) async throws
    /// Keeps what a person has to look at.
    func flag(_ number: String, _ why: String) async throws
}

struct ShopPayments: Sendable {
    let alipay: AlipayClient
    let orders: any ShopOrders
    let site = "https://shop.example"

    /// Public-key mode. Certificate mode differs in the credentials alone.
    static func make(
        appID: String, sellerID: String, appKey: String, alipayKey: String, http: HTTPClient,
        orders: any ShopOrders
    ) throws -> ShopPayments {
        let configuration = AlipayConfiguration(
            appID: appID, sellerID: sellerID,
            credentials: try .publicKeys(
                appKey: AlipayPrivateKey(appKey), alipayKey: AlipayPublicKey(alipayKey)))
        return ShopPayments(
            alipay: AlipayClient(configuration, transport: .live(http)), orders: orders)
    }

    /// Where to send the payer's browser. Store the order first: Alipay may be faster than you.
    func cashier(for order: ShopOrder, onPhone: Bool, at now: Date) throws -> String {
        let offer = AlipayOrder(
            outTradeNo: order.number, amount: order.amount, subject: order.title,
            expires: order.expires)
        let (notify, back) = ("\(site)/alipay/notify", "\(site)/alipay/return")
        return onPhone
            ? try alipay.wapURL(offer, notifyURL: notify, returnURL: back, quitURL: back, at: now)
            : try alipay.pageURL(offer, notifyURL: notify, returnURL: back, at: now)
    }

    /// `POST /alipay/notify`, with the body as it came. Answer status 200 and this text; if it
    /// throws (the database is away), any other status: Alipay sends it again.
    func notified(_ body: [UInt8]) async throws -> String {
        let notice: AlipayNotification
        do {
            notice = try await alipay.notification(downloadingCertificates: body)
        } catch {
            // For the log. Whoever forges messages is not told how far they came.
            print("refused a notification: \(error.reason)")
            return "fail"
        }
        guard let order = try await orders.order(notice.outTradeNo) else { return "fail" }
        do {
            try notice.check(
                alipay.configuration, outTradeNo: order.number, amount: order.amount)
        } catch .amount(let expected, let received) {
            // Genuine, and it will not change by being sent again.
            try await orders.flag(order.number, "\(received) came instead of \(expected)")
            return "success"
        } catch {
            return "fail"
        }
        switch notice.event {
        case .paid, .finished, .refunded:
            // Nothing is refunded that was not paid, and this may be the first that you hear of it.
            try await orders.markPaid(order.number, tradeNo: notice.tradeNo)
        case .waiting, .closedUnpaid: break
        }
        return "success"
    }

    /// `GET /alipay/return`: the browser is back. That proves nothing, so the gateway is asked. A
    /// job asks too, until the order has expired: notifications may never come.
    func isPaid(_ order: ShopOrder) async throws -> Bool {
        guard case .found(let trade) = try await alipay.query(.outTradeNo(order.number)),
            trade.status.isPaid
        else { return false }
        do {
            try trade.check(outTradeNo: order.number, amount: order.amount)
        } catch {
            try await orders.flag(order.number, "\(trade.total) came instead of \(order.amount)")
            return false
        }
        try await orders.markPaid(order.number, tradeNo: trade.tradeNo)
        return true
    }

    /// Gives money back. Call it again with the same number until it says true or throws `refused`:
    /// a new number would refund again.
    func refund(_ order: ShopOrder, _ amount: AlipayAmount, number: String) async throws -> Bool {
        let trade = AlipayTradeReference.outTradeNo(order.number)
        do {
            let answer = try await alipay.refund(trade, amount: amount, outRequestNo: number)
            if answer.fundChange { return true }
        } catch .unknown {
            // Perhaps it is done, perhaps not.
        }
        switch try await alipay.refundQuery(trade, outRequestNo: number) {
        case .succeeded: return true
        case .notSucceeded: return false
        }
    }
}
