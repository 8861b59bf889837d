import Basics
import Foundation
import Store
import WeChatPay

/// WeChat Pay as far as a merchant can see it: API v3, what a payer's phone shows, encrypted notices,
/// bills, and the log-in of a mini program.
///
/// It knows nothing of Kontor's payments. What ties the two is the protocol, with real signatures,
/// through exactly the client and the verifier that talk to the real gateway.
package struct SandboxWeChatPay: PlayedGateway {
    package static let mchID = "1900000001"
    /// The mini program, official account and app in one.
    package static let appID = "wx0000000000000001"
    /// Where the gateway stands below the server's address.
    static let folder = "/sandbox/wechatpay"
    /// The one payer there is.
    static let openID = "oSandbox0000000000000000payer"

    /// How Kontor's own client has to be set up to talk to this gateway: with the public key, and
    /// with leave to fetch the platform certificate, as a merchant who migrates.
    package let configuration: WeChatPayConfiguration
    let gateway = SandboxGateway.wechatpay
    let database: Database
    let keys: SandboxWeChatKeys
    let apiV3Key: WeChatPayAPIv3Key
    let publicURL: String
    let post: PostOffice
    var targets: NotifyTargets { post.targets }
    var numbers: SandboxNumbers { post.numbers }

    /// - Parameters:
    ///   - publicURL: where this server is reached, without a slash at the end.
    ///   - post: what carries notices to the merchant.
    init(
        database: Database, keys: SandboxWeChatKeys, publicURL: String, post: PostOffice
    ) throws {
        self.database = database
        self.keys = keys
        self.publicURL = publicURL
        self.post = post
        apiV3Key = try WeChatPayAPIv3Key(keys.apiV3Key)
        configuration = WeChatPayConfiguration(
            mchID: Self.mchID, appIDs: [Self.appID],
            credentials: try WeChatPayCredentials(
                merchantKey: keys.merchant, merchantSerial: keys.merchantSerial,
                apiV3Key: apiV3Key,
                publicKeys: [.init(id: keys.publicKeyID, key: keys.signing.publicKey)],
                fetchesCertificates: true),
            baseURLs: [publicURL + Self.folder])
    }

    /// The mini program whose users log in here.
    package func miniProgram(_ transport: WeChatPayTransport) -> WeChatMiniProgram {
        WeChatMiniProgram(
            appID: Self.appID, secret: keys.appSecret, baseURL: publicURL + Self.folder,
            transport: transport)
    }

    /// What a merchant's own client needs to be told, for clients that are not Kontor's.
    var merchant: WeChatMerchantView {
        WeChatMerchantView(
            baseUrl: publicURL + Self.folder, mchId: Self.mchID, appId: Self.appID,
            appSecret: keys.appSecret, apiV3Key: keys.apiV3Key, serialNo: keys.merchantSerial,
            privateKey: keys.merchant.pemRepresentation, certificate: keys.merchantCertificate,
            publicKeyId: keys.publicKeyID, publicKey: keys.signing.publicKey.pemRepresentation,
            platformCertificate: keys.platformCertificate, platformSerialNo: keys.platformSerial)
    }

    func view(of outTradeNo: String, in snapshot: Snapshot) throws -> TradeView? {
        try snapshot.wechatOrder(outTradeNo: outTradeNo).map(snapshot.view)
    }

    func recentTrades(limit: Int, in snapshot: Snapshot) throws -> [TradeRow] {
        try snapshot.wechatOrders(limit: limit).map { order in
            TradeRow(.wechatpay, try snapshot.view(order), page: order.page)
        }
    }
}

/// The merchant's keys, as a merchant finds them in WeChat Pay's console.
struct WeChatMerchantView: Codable, Sendable, Hashable {
    let baseUrl: String
    let mchId: String
    let appId: String
    let appSecret: String
    let apiV3Key: String
    /// Of the merchant's certificate.
    let serialNo: String
    let privateKey: String
    let certificate: String
    let publicKeyId: String
    let publicKey: String
    let platformCertificate: String
    let platformSerialNo: String
}
