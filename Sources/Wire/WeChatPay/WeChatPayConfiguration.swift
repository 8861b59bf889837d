import WireKit

/// One merchant at WeChat Pay.
public struct WeChatPayConfiguration: Sendable {
    /// WeChat Pay's addresses for real money, the second as backup. There is no sandbox: WeChat
    /// Pay has no test environment.
    public static let productionURLs = [
        "https://api.mch.weixin.qq.com", "https://api2.mch.weixin.qq.com",
    ]

    /// The merchant's number (`mchid`).
    public let mchID: String
    /// The applications that sell for this merchant: mini program, official account, app.
    public let appIDs: [String]
    /// Where requests go: the first, and if that gives no answer the next. No slash at the end.
    public let baseURLs: [String]
    /// The keys.
    public let credentials: WeChatPayCredentials

    /// A configuration.
    ///
    /// - Parameter baseURLs: at least one address, or no call is sent.
    public init(
        mchID: String, appIDs: [String], credentials: WeChatPayCredentials,
        baseURLs: [String] = productionURLs
    ) {
        self.mchID = mchID
        self.appIDs = appIDs
        self.credentials = credentials
        self.baseURLs = baseURLs
    }
}

/// The key the merchant signs with, and what it trusts to be WeChat Pay's.
///
/// Merchants from late 2024 on have a *public key* of WeChat Pay, with an id; older ones have
/// *platform certificates*, which are renewed every few years; who migrates receives messages
/// signed by either. All of them are kept, and every message is verified by the one it names.
public struct WeChatPayCredentials: Sendable {
    /// One public key of WeChat Pay.
    public struct PublicKey: Sendable {
        /// `PUB_KEY_ID_…`, as the console shows it.
        public let id: String
        /// The key.
        public let key: WeChatPayPublicKey

        /// - Throws: ``WeChatPayKeyError/invalidPublicKeyID``.
        public init(id: String, key: WeChatPayPublicKey) throws(WeChatPayKeyError) {
            guard id.utf8.starts(with: WeChatPayCredentials.idPrefix), id.utf8.count <= 128,
                id.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
            else { throw .invalidPublicKeyID }
            self.id = id
            self.key = key
        }
    }

    static let idPrefix = Array("PUB_KEY_ID_".utf8)

    let merchantKey: WeChatPayPrivateKey
    let merchantSerial: String
    let apiV3Key: WeChatPayAPIv3Key
    let publicKeys: [PublicKey]
    let certificates: [WeChatPayCertificate]
    let fetchesCertificates: Bool

    /// Credentials.
    ///
    /// - Parameters:
    ///   - merchantKey: the private key of the merchant's API certificate (`apiclient_key.pem`).
    ///   - merchantSerial: the serial number of that certificate, in hexadecimal digits.
    ///   - apiV3Key: the 32 characters set in the console.
    ///   - publicKeys: WeChat Pay's public keys; answers are asked to be signed by the first.
    ///   - certificates: platform certificates known beforehand.
    ///   - fetchesCertificates: whether platform certificates are fetched and renewed by the
    ///     client; needed unless the merchant has migrated to a public key altogether.
    /// - Throws: ``WeChatPayKeyError`` for a mistake that would otherwise make every verification
    ///   fail, unexplained.
    public init(
        merchantKey: WeChatPayPrivateKey, merchantSerial: String, apiV3Key: WeChatPayAPIv3Key,
        publicKeys: [PublicKey] = [], certificates: [WeChatPayCertificate] = [],
        fetchesCertificates: Bool = false
    ) throws(WeChatPayKeyError) {
        let own = merchantKey.publicKey
        guard !publicKeys.contains(where: { $0.key == own }),
            !certificates.contains(where: { $0.publicKey == own })
        else { throw .ownKeyGivenAsWeChatPays }
        guard !publicKeys.isEmpty || !certificates.isEmpty || fetchesCertificates else {
            throw .nothingToVerifyWith
        }
        var seen: Set<String> = []
        for name in publicKeys.map(\.id) + certificates.map(\.serial) {
            guard seen.insert(name).inserted else { throw .duplicateKey(name) }
        }
        self.merchantKey = merchantKey
        self.merchantSerial = try WeChatPayCertificate.serial(merchantSerial)
        self.apiV3Key = apiV3Key
        self.publicKeys = publicKeys
        self.certificates = certificates
        self.fetchesCertificates = fetchesCertificates
    }

    /// The same with the merchant's API certificate (`apiclient_cert.pem`) in place of its serial
    /// number, which tells at once if it is not that of the key: WeChat Pay would say `SIGN_ERROR`.
    ///
    /// - Throws: ``WeChatPayKeyError``; ``WeChatPayKeyError/certificateOfAnotherKey``.
    public init(
        merchantKey: WeChatPayPrivateKey, merchantCertificate: WeChatPayCertificate,
        apiV3Key: WeChatPayAPIv3Key, publicKeys: [PublicKey] = [],
        certificates: [WeChatPayCertificate] = [], fetchesCertificates: Bool = false
    ) throws(WeChatPayKeyError) {
        guard merchantCertificate.publicKey == merchantKey.publicKey else {
            throw .certificateOfAnotherKey
        }
        try self.init(
            merchantKey: merchantKey, merchantSerial: merchantCertificate.serial,
            apiV3Key: apiV3Key, publicKeys: publicKeys, certificates: certificates,
            fetchesCertificates: fetchesCertificates)
    }

    /// What is trusted without fetching anything.
    public var verifier: WeChatPayVerifier {
        WeChatPayVerifier(publicKeys: publicKeys, certificates: certificates)
    }
}
