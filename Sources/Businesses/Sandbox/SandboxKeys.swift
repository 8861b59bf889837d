import Alipay
import Dispatch
import Store

/// The two key pairs of the sandbox's Alipay, the application's and Alipay's own; and those of its
/// WeChat Pay.
package struct SandboxKeys: Sendable {
    let app: AlipayPrivateKey
    let alipay: AlipayPrivateKey
    let wechatpay: SandboxWeChatKeys

    /// Keys of one's own, PEM or bare base64: tests bring theirs, so as not to wait.
    package init(app: String, alipay: String, wechatpay: SandboxWeChatKeys) throws {
        self.app = try AlipayPrivateKey(app)
        self.alipay = try AlipayPrivateKey(alipay)
        self.wechatpay = wechatpay
    }

    /// The keys of this database, made the first time they are asked for.
    ///
    /// They live in a table because they are worth nothing outside the sandbox.
    static func load(from database: Database) async throws -> SandboxKeys {
        async let wechatpay = SandboxWeChatKeys.load(from: database)
        let (app, alipay) = try await loadAlipay(from: database)
        return try await SandboxKeys(app: app, alipay: alipay, wechatpay: wechatpay)
    }

    private static func loadAlipay(
        from database: Database
    ) async throws -> (app: String, alipay: String) {
        if let keys = try await read(from: database) { return keys }
        async let app = generate()
        async let alipay = generate()
        let (appPEM, alipayPEM) = try await (app.pemRepresentation, alipay.pemRepresentation)
        try await database.write { tx in
            try tx.insertKey("app", pem: appPEM)
            try tx.insertKey("alipay", pem: alipayPEM)
        }
        // Read back: another node may have been first.
        guard let keys = try await read(from: database) else {
            throw StoreError.unavailable("the sandbox's keys could not be stored")
        }
        return keys
    }

    private static func read(
        from database: Database
    ) async throws -> (app: String, alipay: String)? {
        let texts = try await database.read { snapshot in
            (try snapshot.key("app"), try snapshot.key("alipay"))
        }
        guard let app = texts.0, let alipay = texts.1 else { return nil }
        return (app, alipay)
    }

    /// On a thread of its own: it takes a good part of a second, during which a task would hold up
    /// others.
    static func generate() async throws -> AlipayPrivateKey {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try AlipayPrivateKey.generate() })
            }
        }
    }
}
