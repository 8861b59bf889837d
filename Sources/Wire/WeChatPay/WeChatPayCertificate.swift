import CryptoExtras
import Foundation
import SwiftASN1
import WireKit
import X509

/// An X.509 certificate of WeChat Pay (a platform certificate) or of the merchant
/// (`apiclient_cert.pem`): its serial number, its key, and when it is valid.
public struct WeChatPayCertificate: Sendable, Hashable {
    /// The serial number in upper-case hexadecimal digits, as `Wechatpay-Serial` and `serial_no`
    /// have it.
    public let serial: String
    /// The first moment at which it is valid.
    public let notBefore: Date
    /// The last moment at which it is valid.
    public let notAfter: Date
    /// The key inside.
    public let publicKey: WeChatPayPublicKey

    /// Reads a PEM certificate.
    ///
    /// The chain to a root is not looked at: a platform certificate is trusted because the
    /// merchant configured it, or because it came encrypted with the APIv3 key in a signed answer.
    ///
    /// - Throws: ``WeChatPayKeyError/unreadableCertificate``, or ``WeChatPayKeyError/tooShort``.
    public init(_ pem: String) throws(WeChatPayKeyError) {
        let text: KeyText
        do {
            text = try KeyText(pem)
        } catch {
            throw WeChatPayKeyError(error)
        }
        switch text.label {
        case nil, "CERTIFICATE": break
        case "PRIVATE KEY", "RSA PRIVATE KEY": throw .privateKeyGiven
        case let label?: throw .unsupported(label)
        }
        guard let certificate = try? Certificate(derEncoded: Array(text.der)),
            let spki = try? certificate.publicKey.serializeAsPEM().derBytes
        else { throw .unreadableCertificate }
        do {
            publicKey = WeChatPayPublicKey(
                rsa: try RSAKeys.publicKey(Data(spki).base64EncodedString()))
        } catch {
            throw error == .tooShort ? .tooShort : .unreadableCertificate
        }
        let digits = certificate.serialNumber.bytes.drop { $0 == 0 }.flatMap { byte in
            [byte >> 4, byte & 15].map { String($0, radix: 16, uppercase: true) }
        }
        serial = digits.joined()
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
    }

    /// Whether it may be used at that moment.
    public func isValid(at moment: Date) -> Bool {
        notBefore <= moment && moment <= notAfter
    }

    /// A serial number as it is compared: upper case, without the colons and the `serial=` that
    /// tools print.
    ///
    /// - Throws: ``WeChatPayKeyError/invalidSerial``.
    public static func serial(_ text: String) throws(WeChatPayKeyError) -> String {
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: "serial=".utf8) { bytes = bytes.dropFirst(7) }
        let digits = bytes.filter { !": \t\r\n".utf8.contains($0) }
        guard (1...64).contains(digits.count), digits.allSatisfy({ hexDigit($0) != nil }) else {
            throw .invalidSerial
        }
        return String(decoding: digits, as: UTF8.self).uppercased()
    }
}
