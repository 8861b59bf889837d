import Foundation
import WireKit

/// Verifies answers and notifications by the key that each of them names.
///
/// The rules are WeChat Pay's API v3: the text is the timestamp, the nonce and the body as
/// received, each followed by a line feed; the signature is RSASSA-PKCS1-v1_5 with SHA-256; the
/// timestamp is less than 300 seconds away. There is no fall back from one key to another.
public struct WeChatPayVerifier: Sendable {
    /// How far a timestamp may be from the receiver's clock, in seconds; exactly so far is too far.
    public static let tolerance: Int64 = 300
    static let signatureType = "WECHATPAY2-SHA256-RSA2048"
    private static let probePrefix = Array("WECHATPAY/SIGNTEST/".utf8)

    private let publicKeys: [String: WeChatPayPublicKey]
    private let certificates: [String: WeChatPayCertificate]

    /// A verifier that trusts these.
    public init(
        publicKeys: [WeChatPayCredentials.PublicKey], certificates: [WeChatPayCertificate] = []
    ) {
        self.publicKeys = Dictionary(
            publicKeys.map { ($0.id, $0.key) }, uniquingKeysWith: { first, _ in first })
        self.certificates = Dictionary(
            certificates.map { ($0.serial, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// A verifier that trusts these certificates too.
    func trusting(_ more: [WeChatPayCertificate]) -> WeChatPayVerifier {
        WeChatPayVerifier(
            publicKeys: publicKeys,
            certificates: certificates.merging(more.map { ($0.serial, $0) }) { _, new in new })
    }

    private init(
        publicKeys: [String: WeChatPayPublicKey], certificates: [String: WeChatPayCertificate]
    ) {
        self.publicKeys = publicKeys
        self.certificates = certificates
    }

    /// Verifies a body, byte for byte as received, by its headers.
    ///
    /// - Parameter now: the receiver's clock.
    /// - Throws: ``WeChatPayVerificationError`` with the reason, for the log and not for the
    ///   sender.
    public func verify(
        _ body: [UInt8], _ headers: WeChatPayHeaders, at now: Date
    ) throws(WeChatPayVerificationError) {
        let signed = try SignedMessage(headers)
        let distance = abs(now.timeIntervalSince1970 - Double(signed.timestamp))
        guard distance < Double(Self.tolerance) else { throw .timestampExpired }
        let key = try key(signed.serial, at: now)
        let signature = Array(signed.signature.utf8)
        guard !signature.starts(with: Self.probePrefix) else { throw .signatureProbe }
        guard RSASignature.isValid(signature, of: signed.text(body), with: key.rsa) else {
            throw .badSignature
        }
    }

    private func key(
        _ serial: String, at now: Date
    ) throws(WeChatPayVerificationError) -> WeChatPayPublicKey {
        if let key = publicKeys[serial] { return key }
        guard let certificate = certificates[serial.uppercased()] else {
            throw .unknownSerial(serial)
        }
        guard certificate.isValid(at: now) else { throw .certificateExpired(serial) }
        return certificate.publicKey
    }
}

/// The four headers that a signature consists of.
struct SignedMessage {
    let timestamp: Int64
    let nonce: String
    let signature: String
    let serial: String
    private let timestampText: String

    init(_ headers: WeChatPayHeaders) throws(WeChatPayVerificationError) {
        timestampText = try headers.single("Wechatpay-Timestamp")
        nonce = try headers.single("Wechatpay-Nonce")
        signature = try headers.single("Wechatpay-Signature")
        serial = try headers.single("Wechatpay-Serial")
        guard let timestamp = BeijingTime.number(Array(timestampText.utf8)[...]) else {
            throw .malformedHeader("Wechatpay-Timestamp")
        }
        self.timestamp = timestamp
        if !headers.values("Wechatpay-Signature-Type").isEmpty {
            let type = try headers.single("Wechatpay-Signature-Type")
            guard isSameText(type, WeChatPayVerifier.signatureType) else {
                throw .signatureTypeMismatch
            }
        }
    }

    func text(_ body: [UInt8]) -> [UInt8] {
        Array("\(timestampText)\n\(nonce)\n".utf8) + body + [0x0A]
    }
}
