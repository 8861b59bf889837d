/// One application at one gateway.
public struct AlipayConfiguration: Sendable {
    /// Alipay's gateway for real money.
    public static let productionGateway = "https://openapi.alipay.com/gateway.do"
    /// Alipay's own sandbox.
    public static let sandboxGateway = "https://openapi-sandbox.dl.alipaydev.com/gateway.do"

    /// The application's id.
    public let appID: String
    /// The seller's Alipay user id (2088…), compared with what notifications say.
    public let sellerID: String?
    /// The gateway's address, without a query.
    public let gatewayURL: String
    /// The keys.
    public let credentials: AlipayCredentials

    /// A configuration.
    public init(
        appID: String, sellerID: String? = nil, gatewayURL: String = productionGateway,
        credentials: AlipayCredentials
    ) {
        self.appID = appID
        self.sellerID = sellerID
        self.gatewayURL = gatewayURL
        self.credentials = credentials
    }
}
