import Alipay
import Configuration
import Foundation
import WeChatPay

// Live gateways: what they are told, and what is wrong with that. The keys are read, and tried, before
// anything starts; no key is ever in a message.

extension Settings {
    /// A live Alipay application: with Alipay's public key, or with certificates.
    struct AlipaySettings: Sendable {
        var appID: String?
        var sellerID: String?
        var privateKeyFile: String?
        /// Public-key mode.
        var alipayPublicKeyFile: String?
        /// Certificate mode: the application's, Alipay's, and the roots.
        var appCertificateFile: String?
        var alipayCertificateFile: String?
        var rootCertificateFile: String?
        var gatewayURL: String?

        var isSet: Bool { appID != nil }
    }

    /// A live merchant of WeChat Pay.
    struct WeChatPaySettings: Sendable {
        var mchID: String?
        var appID: String?
        var privateKeyFile: String?
        /// The serial number of the merchant's API certificate.
        var serial: String?
        var apiV3KeyFile: String?
        var publicKeyID: String?
        var publicKeyFile: String?
        /// Platform certificates known beforehand.
        var certificateFiles: [String] = []
        var fetchesCertificates = false
        var url: String?

        var isSet: Bool { mchID != nil }
    }
}

extension Settings.AlipaySettings {
    init(_ config: ConfigReader) {
        appID = config.string(forKey: "alipay.app.id")
        sellerID = config.string(forKey: "alipay.seller.id")
        privateKeyFile = config.string(forKey: "alipay.private.key.file")
        alipayPublicKeyFile = config.string(forKey: "alipay.public.key.file")
        appCertificateFile = config.string(forKey: "alipay.app.cert.file")
        alipayCertificateFile = config.string(forKey: "alipay.cert.file")
        rootCertificateFile = config.string(forKey: "alipay.root.cert.file")
        gatewayURL = config.string(forKey: "alipay.gateway.url")
    }

    private var certificateFiles: [String?] {
        [appCertificateFile, alipayCertificateFile, rootCertificateFile]
    }

    private var isBegun: Bool {
        (certificateFiles + [sellerID, privateKeyFile, alipayPublicKeyFile, gatewayURL])
            .contains { $0 != nil }
    }

    /// The live application, if one is set.
    /// - Throws: `SettingsFault` with every fault there is.
    func configuration() throws(SettingsFault) -> AlipayConfiguration? {
        let reader = KeyReader()
        guard let appID else {
            if isBegun { reader.miss("KONTOR_ALIPAY_APP_ID") }
            try reader.finish()
            return nil
        }
        let hasCertificates = certificateFiles.contains { $0 != nil }
        if hasCertificates == (alipayPublicKeyFile != nil) {
            reader.faults.append(
                "Alipay needs either KONTOR_ALIPAY_PUBLIC_KEY_FILE, or certificates: "
                    + "KONTOR_ALIPAY_APP_CERT_FILE, KONTOR_ALIPAY_CERT_FILE and "
                    + "KONTOR_ALIPAY_ROOT_CERT_FILE")
        }
        reader.check("KONTOR_ALIPAY_GATEWAY_URL", address: gatewayURL)
        let key = reader.secret("KONTOR_ALIPAY_PRIVATE_KEY_FILE", privateKeyFile) {
            let key = try AlipayPrivateKey($0)
            try key.test()
            return key
        }
        let credentials =
            hasCertificates ? certificates(reader, key) : publicKeys(reader, key)
        try reader.finish()
        guard let credentials else { return nil }
        return AlipayConfiguration(
            appID: appID, sellerID: sellerID,
            gatewayURL: gatewayURL ?? AlipayConfiguration.productionGateway,
            credentials: credentials)
    }

    private func publicKeys(_ reader: KeyReader, _ key: AlipayPrivateKey?) -> AlipayCredentials? {
        guard let alipayPublicKeyFile else { return nil }
        let name = "KONTOR_ALIPAY_PUBLIC_KEY_FILE"
        let alipay = reader.text(name, alipayPublicKeyFile) { try AlipayPublicKey($0) }
        guard let key, let alipay else { return nil }
        return reader.made(name) {
            try AlipayCredentials.publicKeys(appKey: key, alipayKey: alipay)
        }
    }

    private func certificates(_ reader: KeyReader, _ key: AlipayPrivateKey?) -> AlipayCredentials? {
        let app = reader.text("KONTOR_ALIPAY_APP_CERT_FILE", appCertificateFile) {
            try AlipayCertificate($0)
        }
        let alipay = reader.text("KONTOR_ALIPAY_CERT_FILE", alipayCertificateFile) {
            try AlipayCertificate($0)
        }
        let roots = reader.text("KONTOR_ALIPAY_ROOT_CERT_FILE", rootCertificateFile) {
            try AlipayRootCertificates($0)
        }
        guard let key, let app, let alipay, let roots else { return nil }
        return reader.made("KONTOR_ALIPAY_APP_CERT_FILE") {
            try AlipayCredentials.certificates(
                appKey: key, app: app, alipay: alipay, roots: roots)
        }
    }
}

extension Settings.WeChatPaySettings {
    init(_ config: ConfigReader) {
        mchID = config.string(forKey: "wechatpay.mch.id")
        appID = config.string(forKey: "wechatpay.app.id")
        privateKeyFile = config.string(forKey: "wechatpay.private.key.file")
        serial = config.string(forKey: "wechatpay.serial")
        apiV3KeyFile = config.string(forKey: "wechatpay.api.v3.key.file")
        publicKeyID = config.string(forKey: "wechatpay.public.key.id")
        publicKeyFile = config.string(forKey: "wechatpay.public.key.file")
        certificateFiles = config.string(forKey: "wechatpay.cert.files", default: "")
            .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        fetchesCertificates =
            config.string(forKey: "wechatpay.fetch.certs", default: "off") == "on"
        url = config.string(forKey: "wechatpay.url")
    }

    private var isBegun: Bool {
        let others = [appID, privateKeyFile, serial, apiV3KeyFile, publicKeyID, publicKeyFile, url]
        return others.contains { $0 != nil } || !certificateFiles.isEmpty || fetchesCertificates
    }

    /// The live merchant, if one is set.
    /// - Throws: `SettingsFault` with every fault there is.
    func configuration() throws(SettingsFault) -> WeChatPayConfiguration? {
        let reader = KeyReader()
        guard let mchID else {
            if isBegun { reader.miss("KONTOR_WECHATPAY_MCH_ID") }
            try reader.finish()
            return nil
        }
        reader.check("KONTOR_WECHATPAY_URL", address: url)
        if appID == nil { reader.miss("KONTOR_WECHATPAY_APP_ID") }
        if serial == nil { reader.miss("KONTOR_WECHATPAY_SERIAL") }
        if (publicKeyID == nil) != (publicKeyFile == nil) {
            reader.faults.append(
                "KONTOR_WECHATPAY_PUBLIC_KEY_ID and KONTOR_WECHATPAY_PUBLIC_KEY_FILE go together")
        }
        if publicKeyID == nil && certificateFiles.isEmpty && !fetchesCertificates {
            reader.faults.append(
                "WeChat Pay's messages cannot be verified: set its public key "
                    + "(KONTOR_WECHATPAY_PUBLIC_KEY_ID and _FILE), platform certificates "
                    + "(KONTOR_WECHATPAY_CERT_FILES), or KONTOR_WECHATPAY_FETCH_CERTS=on")
        }
        let key = reader.secret("KONTOR_WECHATPAY_PRIVATE_KEY_FILE", privateKeyFile) {
            let key = try WeChatPayPrivateKey($0)
            try key.test()
            return key
        }
        let apiV3Key = reader.secret("KONTOR_WECHATPAY_API_V3_KEY_FILE", apiV3KeyFile) {
            try WeChatPayAPIv3Key($0.trimmingCharacters(in: .whitespacesAndNewlines))
        }
        let publicKey = publicKeyFile.flatMap { file in
            reader.text("KONTOR_WECHATPAY_PUBLIC_KEY_FILE", file) {
                try WeChatPayCredentials.PublicKey(
                    id: publicKeyID ?? "", key: try WeChatPayPublicKey($0))
            }
        }
        let certificates = certificateFiles.compactMap { file in
            reader.text("KONTOR_WECHATPAY_CERT_FILES", file) { try WeChatPayCertificate($0) }
        }
        try reader.finish()
        guard let appID, let key, let apiV3Key, let serial else { return nil }
        let credentials = reader.made("KONTOR_WECHATPAY_…") {
            try WeChatPayCredentials(
                merchantKey: key, merchantSerial: serial, apiV3Key: apiV3Key,
                publicKeys: [publicKey].compactMap { $0 }, certificates: certificates,
                fetchesCertificates: fetchesCertificates)
        }
        try reader.finish()
        guard let credentials else { return nil }
        return WeChatPayConfiguration(
            mchID: mchID, appIDs: [appID], credentials: credentials,
            baseURLs: url.map { [$0] } ?? WeChatPayConfiguration.productionURLs)
    }
}

/// Reads keys, and keeps what is wrong with them in words that name no key.
private final class KeyReader {
    var faults: [String] = []

    func miss(_ name: String) { faults.append("\(name) is missing") }

    /// - Throws: what was found wrong so far.
    func finish() throws(SettingsFault) {
        guard faults.isEmpty else { throw SettingsFault(lines: faults) }
    }

    /// Keys go to nobody but the gateway.
    func check(_ name: String, address url: String?) {
        if let url, !url.hasPrefix("https://") { faults.append("\(name) must begin with https://") }
    }

    func made<Value>(_ name: String, _ make: () throws -> Value) -> Value? {
        do {
            return try make()
        } catch {
            faults.append("\(name): \(error)")
            return nil
        }
    }

    /// A file that only the server's user, or its group, may read.
    func secret<Value>(_ name: String, _ file: String?, _ make: (String) throws -> Value) -> Value?
    {
        if let file,
            let mode = try? FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
                as? Int, mode & 0o007 != 0
        {
            faults.append("\(name): others can read \(file): chmod 600")
        }
        return text(name, file, make)
    }

    func text<Value>(_ name: String, _ file: String?, _ make: (String) throws -> Value) -> Value? {
        guard let file else {
            miss(name)
            return nil
        }
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
            faults.append("\(name): cannot read \(file)")
            return nil
        }
        return made(name) { try make(text) }
    }
}

/// A key that cannot do what it is for.
private struct SelfTestFault: Error, CustomStringConvertible {
    var description: String { "The key signs what its own public half does not verify." }
}

extension AlipayPrivateKey {
    /// Signs once and verifies it.
    fileprivate func test() throws {
        let text = Array("kontor self-test".utf8)
        let signature = try AlipaySignature.sign(text, with: self)
        guard AlipaySignature.isValid(Array(signature.utf8), of: text, with: publicKey) else {
            throw SelfTestFault()
        }
    }
}

extension WeChatPayPrivateKey {
    /// Signs once and verifies it.
    fileprivate func test() throws {
        let authorization = try WeChatPayAuthorization(
            method: "GET", path: "/", body: [], mchID: "0", serial: "0", nonce: "0", timestamp: 0,
            key: self)
        guard authorization.isValid(method: "GET", path: "/", body: [], with: publicKey) else {
            throw SelfTestFault()
        }
    }
}
