import Alipay
import Basics
import Store

/// Alipay as far as a merchant can see it: a gateway, a cashier, and notices over HTTP.
///
/// It knows nothing of Kontor's payments. What ties the two is the protocol, with real signatures,
/// through exactly the client and the verifier that talk to the real gateway.
package struct SandboxAlipay: Sendable {
    package static let appID = "2021000000000000"
    package static let sellerID = "2088000000000000"

    /// How Kontor's own client has to be set up to talk to this gateway.
    package let configuration: AlipayConfiguration
    let database: Database
    let keys: SandboxKeys
    let targets: NotifyTargets
    let transport: AlipayTransport

    /// - Parameters:
    ///   - publicURL: where this server is reached, without a slash at the end.
    ///   - transport: what carries notices to the merchant.
    init(
        database: Database, keys: SandboxKeys, publicURL: String, transport: AlipayTransport
    ) throws {
        self.database = database
        self.keys = keys
        self.transport = transport
        targets = NotifyTargets(publicURL: publicURL)
        configuration = AlipayConfiguration(
            appID: Self.appID, sellerID: Self.sellerID,
            gatewayURL: "\(publicURL)/sandbox/alipay/gateway.do",
            credentials: try .publicKeys(appKey: keys.app, alipayKey: keys.alipay.publicKey))
    }
}
