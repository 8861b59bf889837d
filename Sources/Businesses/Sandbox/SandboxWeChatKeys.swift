import Dispatch
import Foundation
import Store
import WeChatPay

/// What the sandbox's WeChat Pay and its one merchant sign, verify and encrypt with.
package struct SandboxWeChatKeys: Sendable {
    /// Of the merchant's API certificate.
    let merchant: WeChatPayPrivateKey
    let merchantCertificate: String
    let merchantSerial: String
    /// WeChat Pay's two ways to sign: with a platform certificate, and, for merchants from late 2024
    /// on, with the key that they know as a public key with an id.
    let platform: WeChatPayPrivateKey
    let platformCertificate: String
    let platformSerial: String
    let signing: WeChatPayPrivateKey
    let publicKeyID: String
    /// 32 characters that encrypt notices and certificates.
    let apiV3Key: String
    /// Of the mini program.
    let appSecret: String

    /// Everything by name, as it is stored.
    var texts: [(name: String, text: String)] {
        [
            ("merchant", merchant.pemRepresentation), ("merchant-certificate", merchantCertificate),
            ("platform", platform.pemRepresentation), ("platform-certificate", platformCertificate),
            ("signing", signing.pemRepresentation), ("public-key-id", publicKeyID),
            ("api-v3-key", apiV3Key), ("app-secret", appSecret),
        ]
    }

    static let names = [
        "merchant", "merchant-certificate", "platform", "platform-certificate", "signing",
        "public-key-id", "api-v3-key", "app-secret",
    ]

    /// - Parameter texts: as `texts` gives them.
    init(texts: [String: String]) throws {
        func text(_ name: String) -> String { texts[name] ?? "" }
        merchant = try WeChatPayPrivateKey(text("merchant"))
        merchantCertificate = text("merchant-certificate")
        merchantSerial = try WeChatPayCertificate(merchantCertificate).serial
        platform = try WeChatPayPrivateKey(text("platform"))
        platformCertificate = text("platform-certificate")
        platformSerial = try WeChatPayCertificate(platformCertificate).serial
        signing = try WeChatPayPrivateKey(text("signing"))
        publicKeyID = text("public-key-id")
        apiV3Key = text("api-v3-key")
        appSecret = text("app-secret")
    }

    /// New keys. Takes a good part of a second.
    package static func make() throws -> SandboxWeChatKeys {
        let (merchant, platform, signing) = (
            try WeChatPayPrivateKey.generate(), try WeChatPayPrivateKey.generate(),
            try WeChatPayPrivateKey.generate()
        )
        return try SandboxWeChatKeys(texts: [
            "merchant": merchant.pemRepresentation,
            "merchant-certificate": try certificate(of: merchant),
            "platform": platform.pemRepresentation,
            "platform-certificate": try certificate(of: platform),
            "signing": signing.pemRepresentation,
            "public-key-id": "PUB_KEY_ID_01\(SandboxWeChatPay.mchID)\(random(20, "0123456789"))",
            "api-v3-key": random(32, "abcdefghijkmnpqrstuvwxyz23456789"),
            "app-secret": random(32, "0123456789abcdef"),
        ])
    }

    /// Valid for as long as the sandbox's clock can go: from 2024 on, for two centuries.
    private static func certificate(of key: WeChatPayPrivateKey) throws -> String {
        let start = Date(timeIntervalSince1970: 1_704_067_200)
        return try WeChatPayCertificate.selfSigned(
            key, serial: "5" + random(39, "0123456789ABCDEF"), from: start,
            until: start.addingTimeInterval(200 * 31_557_600))
    }

    private static func random(_ count: Int, _ letters: String) -> String {
        let letters = Array(letters.utf8)
        return String(
            decoding: (0..<count).map { _ in letters[Int.random(in: 0..<letters.count)] },
            as: UTF8.self)
    }
}

extension SandboxWeChatKeys {
    private static let prefix = "wechatpay-"

    /// The keys of this database, made the first time they are asked for.
    static func load(from database: Database) async throws -> SandboxWeChatKeys {
        if let keys = try await read(from: database) { return keys }
        let made = try await makeOnAThread()
        try await database.write { tx in
            for (name, text) in made.texts { try tx.insertKey(prefix + name, pem: text) }
        }
        // Read back: another node may have been first.
        guard let keys = try await read(from: database) else {
            throw StoreError.unavailable("the sandbox's keys could not be stored")
        }
        return keys
    }

    private static func read(from database: Database) async throws -> SandboxWeChatKeys? {
        let texts = try await database.read { snapshot in
            try Dictionary(
                uniqueKeysWithValues: names.compactMap { name in
                    try snapshot.key(prefix + name).map { (name, $0) }
                })
        }
        return texts.count == names.count ? try SandboxWeChatKeys(texts: texts) : nil
    }

    private static func makeOnAThread() async throws -> SandboxWeChatKeys {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(with: Result { try make() }) }
        }
    }
}
