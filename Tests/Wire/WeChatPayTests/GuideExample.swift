// The example of docs/guides/wechatpay.md. GuideTests compares the two and runs it.

import AsyncHTTPClient
import Foundation
import WeChatPay

/// What the shop keeps about a sale. Amounts are fen.
struct Sale: Sendable {
    var number: String
    var total: Int64
    var isPaid = false
}

actor Till {
    private let client: WeChatPayClient
    private var sales: [String: Sale] = [:]

    init(_ client: WeChatPayClient) {
        self.client = client
    }

    /// Keys come from files that only this process can read.
    static func client(_ http: HTTPClient, keys: URL) throws -> WeChatPayClient {
        func text(_ name: String) throws -> String {
            try String(contentsOf: keys.appendingPathComponent(name), encoding: .utf8)
        }
        let certificate = try WeChatPayCertificate(text("apiclient_cert.pem"))
        let credentials = try WeChatPayCredentials(
            merchantKey: WeChatPayPrivateKey(text("apiclient_key.pem")),
            merchantSerial: certificate.serial,
            apiV3Key: WeChatPayAPIv3Key(text("apiv3.key")),
            publicKeys: [
                .init(
                    id: "PUB_KEY_ID_0119000001092025010100388200000001",
                    key: WeChatPayPublicKey(text("pub_key.pem")))
            ],
            // Until WeChat Pay signs everything with the public key.
            fetchesCertificates: true)
        return WeChatPayClient(
            WeChatPayConfiguration(
                mchID: "1900000109", appIDs: ["wx8888888888888888"], credentials: credentials),
            transport: .live(http))
    }

    /// Stores the sale first, then orders, and gives the text of a QR code.
    func sell(_ sale: Sale) async throws -> String {
        sales[sale.number] = sale
        return try await client.nativePrepay(
            WeChatPayOrder(
                appID: "wx8888888888888888", outTradeNo: sale.number, total: sale.total,
                description: "Swift course", expires: Date(timeIntervalSinceNow: 1800),
                notifyURL: "https://shop.example/wechatpay/notify"))
    }

    /// The route behind `notifyURL`: the body as received, before anybody decodes it.
    func receive(_ body: [UInt8], _ headers: WeChatPayHeaders) async -> WeChatPayReply {
        do {
            switch try await client.notification(body, headers).event {
            case .paid(let payment): try settle(payment)
            case .refund, .other: break
            }
            return .success
        } catch is WeChatPayVerificationError {
            return .failure(status: 401)
        } catch {
            // A genuine message that does not fit: for a person. It would come again in vain.
            return .success
        }
    }

    /// The same for the page the payer comes back to, and for a job that runs until it is known:
    /// notifications may be late, and they may never come.
    func ask(_ number: String) async throws {
        if case .found(let payment) = try await client.query(.outTradeNo(number)),
            payment.state.isPaid
        {
            try settle(payment)
        }
    }

    /// Once, however often it is told.
    private func settle(_ payment: WeChatPayTransaction) throws {
        guard var sale = sales[payment.outTradeNo] else { return }
        try payment.check(
            client.configuration, outTradeNo: sale.number, total: sale.total)
        sale.isPaid = true
        sales[sale.number] = sale
    }

    /// The number of the refund is the sale's: however often this is called, it refunds once.
    func refund(_ number: String) async throws -> WeChatPayRefundStatus? {
        guard let sale = sales[number] else { return nil }
        do {
            return try await client.refund(
                .outTradeNo(number), amount: sale.total, total: sale.total,
                outRefundNo: "\(number)-1", reason: "returned"
            ).status
        } catch WeChatPayError.unknown {
            // It may have happened. Ask under the same number; never send another one.
            guard
                case .found(let refund) = try await client.refundQuery(
                    outRefundNo: "\(number)-1")
            else { return nil }
            return refund.status
        }
    }

    /// What a sale looks like now.
    func sale(_ number: String) -> Sale? { sales[number] }
}
