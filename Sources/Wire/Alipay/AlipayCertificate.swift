import Crypto
import CryptoExtras
import Foundation
import SwiftASN1
import WireKit
import X509

/// A certificate of certificate mode: the application's own (`appCertPublicKey_….crt`) or Alipay's
/// (`alipayCertPublicKey_RSA2.crt`).
public struct AlipayCertificate: Sendable {
    let certificate: Certificate
    /// The certificates after it in the same text: those who issued it, up to the root.
    let issuers: [Certificate]

    /// The serial number as Alipay writes it (`app_cert_sn`, `alipay_cert_sn`): the MD5 of the
    /// issuer's name and the certificate's number, in hexadecimal digits.
    public let serial: String
    /// The key that it certifies.
    public let publicKey: AlipayPublicKey

    /// Reads a certificate: PEM, with its issuers after it or without, or base64 of the DER bytes.
    ///
    /// - Throws: ``AlipayCertificateError``.
    public init(_ text: String) throws(AlipayCertificateError) {
        let blocks = KeyText.blocks(text)
        let readable = blocks.isEmpty ? [try? KeyText(text)] : blocks
        let texts = readable.compactMap { $0 }
        guard texts.count == readable.count, texts.count <= Self.longestChain else {
            throw .unreadable
        }
        var certificates: [Certificate] = []
        for text in texts {
            guard text.label ?? "CERTIFICATE" == "CERTIFICATE" else {
                throw .notACertificate(text.label ?? "")
            }
            guard let certificate = try? Certificate(derEncoded: Array(text.der)) else {
                throw .unreadable
            }
            certificates.append(certificate)
        }
        // RFC 5280 allows 20 bytes; one that is downloaded may have been made to keep us busy.
        guard let first = certificates.first, first.serialNumber.bytes.count <= 64 else {
            throw .unreadable
        }
        guard let key = _RSA.Signing.PublicKey(first.publicKey) else { throw .notRSA }
        guard key.keySizeInBits >= 2048 else { throw .tooShort }
        certificate = first
        issuers = Array(certificates.dropFirst())
        serial = first.alipaySerial
        publicKey = AlipayPublicKey(rsa: key)
    }

    /// More certificates than any chain of Alipay's has: whoever looks for a way through them has
    /// to try them all.
    private static let longestChain = 8

    /// Whose certificate it is, for a person: `CN=…,OU=…,O=…,C=CN`.
    public var subject: String { String(describing: certificate.subject) }
    /// Who issued it.
    public var issuer: String { String(describing: certificate.issuer) }
    /// Its last moment.
    public var expires: Date { certificate.notValidAfter }

    /// The organisation that it names, by which a new certificate of Alipay's is told from one that
    /// a merchant was given under the same root.
    var organization: String? {
        certificate.subject.lazy.flatMap { $0 }
            .first { $0.type == .RDNAttributeType.organizationName }
            .map { String(describing: $0.value) }
    }
}

extension AlipayCertificate: Hashable {
    /// Equal if the certificates are, whatever stands after them.
    public static func == (left: AlipayCertificate, right: AlipayCertificate) -> Bool {
        left.certificate == right.certificate
    }

    /// Hashes the certificate alone.
    public func hash(into hasher: inout Hasher) { hasher.combine(certificate) }
}

extension Certificate {
    /// MD5 is what Alipay's protocol asks for; nothing rests on it but which key is meant.
    fileprivate var alipaySerial: String {
        let text = String(describing: issuer) + decimal(serialNumber.bytes)
        return Insecure.MD5.hash(data: Data(text.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0\(digits)" : digits
        }.joined()
    }
}

/// The decimal digits of a number of any length, big end first.
func decimal(_ bytes: some Collection<UInt8>) -> String {
    // Little end first, nine digits each.
    var parts: [UInt64] = [0]
    for byte in bytes {
        var carry = UInt64(byte)
        for index in parts.indices {
            let value = parts[index] << 8 + carry
            parts[index] = value % 1_000_000_000
            carry = value / 1_000_000_000
        }
        if carry > 0 { parts.append(carry) }
    }
    let rest = parts.dropLast().reversed().map { part in
        let digits = String(part)
        return String(repeating: "0", count: 9 - digits.utf8.count) + digits
    }
    return String(parts.last ?? 0) + rest.joined()
}

/// Why a text is not a certificate that can be used here.
public enum AlipayCertificateError: Error, Hashable, Sendable {
    /// Neither PEM nor base64, no X.509 certificate inside, or more of them than a chain has.
    case unreadable
    /// The PEM marker names something else: `PUBLIC KEY`, `PRIVATE KEY`, ….
    case notACertificate(String)
    /// It certifies no RSA key.
    case notRSA
    /// Less than 2048 bits.
    case tooShort
    /// There is no root with an RSA signature in the file.
    case noRoot
    /// The application's certificate is of another key than its private key.
    case otherKey
    /// The certificate given as Alipay's is of the application's own key.
    case ownCertificateGivenAsAlipays
    /// No certificate could be made.
    case generationFailed
}

extension AlipayCertificateError: CustomStringConvertible {
    /// One sentence for the person who configures the certificates.
    public var description: String {
        switch self {
        case .unreadable: "The text is neither PEM nor base64 of an X.509 certificate."
        case .notACertificate(let label): "A \(label) is not a certificate."
        case .notRSA: "The certificate's key is no RSA key."
        case .tooShort: "The certificate's RSA key has less than 2048 bits."
        case .noRoot: "There is no root certificate with an RSA signature in the file."
        case .otherKey: "The application's certificate is not of its private key."
        case .ownCertificateGivenAsAlipays:
            "The certificate given as Alipay's is of the application's own key."
        case .generationFailed: "No certificate could be made."
        }
    }
}
