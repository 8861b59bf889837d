import AsyncHTTPClient
import Foundation
import WeChatPay

/// What the shop itself knows of a sale. Amounts are fen, and come from here, never from a message.
struct Sale: Sendable {
    let number: String
    let total: Int64
    let title: String
    let expires: Date
}

/// The shop's database, as far as WeChat Pay is concerned.
protocol Sales: Sendable {
    func sale(_ number: String) async throws -> Sale?
    /// Marks a sale paid, once, however often it is called.
    func markPaid(_ number: String, transactionID: String?) async throws
    /// Keeps what a person has to look at.
    func flag(_ number: String, _ why: String) async throws
}

struct Till: Sendable {
    let wechat: WeChatPayClient
    let sales: any Sales
    let appID = "wx8888888888888888"

    /// Keys come from files that only this process can read.
    static func make(keys: URL, http: HTTPClient, sales: any Sales) throws -> Till {
        func text(_ name: String) throws -> String {
            try String(contentsOf: keys.appendingPathComponent(name), encoding: .utf8)
        }
        let credentials = try WeChatPayCredentials(
            merchantKey: WeChatPayPrivateKey(text("apiclient_key.pem")),
            merchantCertificate: WeChatPayCertificate(text("apiclient_cert.pem")),
            apiV3Key: WeChatPayAPIv3Key(text("apiv3.key")),
            publicKeys: [
                .init(
                    id: "PUB_KEY_ID_0119000001092025010100388200000001",
                    key: WeChatPayPublicKey(text("pub_key.pem")))
            ],
            // Until WeChat Pay signs everything with the public key.
            fetchesCertificates: true)
        let configuration = WeChatPayConfiguration(
            mchID: "1900000109", appIDs: ["wx8888888888888888"], credentials: credentials)
        return Till(wechat: WeChatPayClient(configuration, transport: .live(http)), sales: sales)
    }

    /// The text of a QR code. Store the sale first: WeChat Pay may be faster than you.
    func code(for sale: Sale) async throws -> String {
        try await wechat.nativePrepay(order(sale))
    }

    /// What a mini program hands to `wx.requestPayment`.
    func miniProgram(
        for sale: Sale, payer: WeChatPayOpenID
    ) async throws -> WeChatPayJSAPIParameters {
        let prepayID = try await wechat.jsapiPrepay(order(sale), openID: payer)
        return try wechat.miniProgramParameters(prepayID: prepayID, appID: appID)
    }

    private func order(_ sale: Sale) -> WeChatPayOrder {
        WeChatPayOrder(
            appID: appID, outTradeNo: sale.number, total: sale.total, description: sale.title,
            expires: sale.expires, notifyURL: "https://shop.example/wechatpay/notify")
    }

    /// `POST /wechatpay/notify`, with the body as it came. WeChat Pay waits five seconds.
    func notified(_ body: [UInt8], _ headers: WeChatPayHeaders) async -> WeChatPayReply {
        do {
            switch try await wechat.notification(body, headers).event {
            case .paid(let payment):
                guard let sale = try await sales.sale(payment.outTradeNo) else { return .failure() }
                _ = try await settle(payment, sale)
            case .refund(let refund) where refund.status == .abnormal:
                try await sales.flag(refund.outTradeNo, "refund \(refund.outRefundNo) went wrong")
            case .refund, .other: break
            }
            return .success
        } catch let error as WeChatPayVerificationError {
            // For the log. Whoever forges messages is not told how far they came.
            print("refused a notification: \(error.reason)")
            return .failure(status: 401)
        } catch {
            // The database is away, for instance. It is sent again.
            return .failure()
        }
    }

    /// For the page the payer comes back to, and for a job that asks until the sale has expired:
    /// notifications may be late, and they may never come.
    func isPaid(_ sale: Sale) async throws -> Bool {
        guard case .found(let payment) = try await wechat.query(.outTradeNo(sale.number)),
            payment.state.isPaid
        else { return false }
        return try await settle(payment, sale)
    }

    private func settle(_ payment: WeChatPayTransaction, _ sale: Sale) async throws -> Bool {
        do {
            try payment.check(
                wechat.configuration, outTradeNo: sale.number, total: sale.total)
        } catch {
            // Genuine, and it will not change by being sent again.
            try await sales.flag(sale.number, "\(error)")
            return false
        }
        try await sales.markPaid(sale.number, transactionID: payment.transactionID)
        return true
    }

    /// Gives money back. Call it again with the same number until it says `success` or throws
    /// `refused`: a new number would refund again. nil if WeChat Pay has not heard of it.
    func refund(
        _ sale: Sale, _ amount: Int64, number: String
    ) async throws -> WeChatPayRefundStatus? {
        do {
            return try await wechat.refund(
                .outTradeNo(sale.number), amount: amount, total: sale.total, outRefundNo: number
            ).status
        } catch .unknown {
            // Perhaps it is done, perhaps not.
        }
        switch try await wechat.refundQuery(outRefundNo: number) {
        case .found(let refund): return refund.status
        case .notExist: return nil
        }
    }
}
