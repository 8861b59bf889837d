import Foundation
import SwiftASN1
import WireKit
import X509

// The other side: what WeChat Pay itself does, for tests and for a sandbox. WeChat Pay has no test
// environment, so whoever wants to try a shop needs a WeChat Pay of their own.

extension WeChatPayNotification {
    /// The body of a notification with this content, encrypted.
    ///
    /// - Parameters:
    ///   - eventType: `TRANSACTION.SUCCESS`, `REFUND.SUCCESS`, …
    ///   - originalType: `transaction` or `refund`; also the associated data.
    ///   - nonce: 12 bytes, never used twice with one key.
    /// - Throws: ``WeChatPayKeyError/encryptionFailed`` if the nonce is not 12 bytes long.
    public static func sealed(
        id: String, createdAt: Date, eventType: String, originalType: String, content: [UInt8],
        nonce: String, key: WeChatPayAPIv3Key
    ) throws(WeChatPayKeyError) -> [UInt8] {
        let ciphertext = try WeChatPayCipher.seal(
            content, nonce: nonce, associatedData: originalType, key: key)
        let body: JSONText = [
            "id": .string(id), "create_time": .string(WeChatPayTime.text(createdAt)),
            "resource_type": "encrypt-resource", "event_type": .string(eventType),
            "summary": "",
            "resource": [
                "original_type": .string(originalType),
                "algorithm": .string(WeChatPayCipher.algorithm),
                "ciphertext": .string(ciphertext), "associated_data": .string(originalType),
                "nonce": .string(nonce),
            ],
        ]
        return body.bytes
    }
}

extension WeChatPayCertificateList {
    /// The body of `GET /v3/certificates` with these certificates, encrypted.
    ///
    /// - Parameter certificates: each as PEM, with a nonce of 12 bytes of its own.
    /// - Throws: ``WeChatPayKeyError``.
    public static func sealed(
        _ certificates: [(pem: String, nonce: String)], key: WeChatPayAPIv3Key
    ) throws(WeChatPayKeyError) -> [UInt8] {
        var entries: [JSONText] = []
        for (pem, nonce) in certificates {
            let certificate = try WeChatPayCertificate(pem)
            let ciphertext = try WeChatPayCipher.seal(
                Array(pem.utf8), nonce: nonce, associatedData: "certificate", key: key)
            entries.append([
                "serial_no": .string(certificate.serial),
                "effective_time": .string(WeChatPayTime.text(certificate.notBefore)),
                "expire_time": .string(WeChatPayTime.text(certificate.notAfter)),
                "encrypt_certificate": [
                    "algorithm": .string(WeChatPayCipher.algorithm), "nonce": .string(nonce),
                    "associated_data": "certificate", "ciphertext": .string(ciphertext),
                ],
            ])
        }
        return JSONText.object([("data", .array(entries))]).bytes
    }
}

extension WeChatPayCertificate {
    /// A certificate that its own key signed, as PEM.
    ///
    /// - Parameters:
    ///   - serial: hexadecimal digits, 40 as WeChat Pay's have.
    ///   - from: the first moment at which it is valid.
    ///   - until: the last one.
    /// - Throws: ``WeChatPayKeyError/generationFailed``, ``WeChatPayKeyError/invalidSerial``.
    public static func selfSigned(
        _ key: WeChatPayPrivateKey, serial: String, from: Date, until: Date
    ) throws(WeChatPayKeyError) -> String {
        var digits = Array(try self.serial(serial).utf8)
        if digits.count % 2 == 1 { digits.insert(UInt8(ascii: "0"), at: 0) }
        let bytes = stride(from: 0, to: digits.count, by: 2).map { at in
            (hexDigit(digits[at]) ?? 0) << 4 | (hexDigit(digits[at + 1]) ?? 0)
        }
        do {
            let name = try DistinguishedName {
                CommonName("WeChat Pay sandbox")
                OrganizationName("sandbox")
            }
            let signer = try Certificate.PrivateKey(pemEncoded: key.pemRepresentation)
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(bytes: bytes),
                publicKey: signer.publicKey, notValidBefore: from, notValidAfter: until,
                issuer: name, subject: name, signatureAlgorithm: .sha256WithRSAEncryption,
                extensions: Certificate.Extensions(), issuerPrivateKey: signer)
            return try certificate.serializeAsPEM().pemString
        } catch {
            throw .generationFailed
        }
    }
}
