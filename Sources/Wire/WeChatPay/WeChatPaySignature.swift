import Foundation
import WireKit

/// What a request's `Authorization` header says: `WECHATPAY2-SHA256-RSA2048 mchid="…",…`.
public struct WeChatPayAuthorization: Hashable, Sendable {
    /// The merchant's number.
    public let mchID: String
    /// The serial number of the merchant's API certificate, in hexadecimal digits.
    public let serial: String
    /// A random text, different for every request.
    public let nonce: String
    /// Seconds since 1970.
    public let timestamp: Int64
    /// The signature, in base64.
    public let signature: String

    /// The text a request's signature covers: method, path with query as sent, timestamp, nonce
    /// and body as sent, each followed by a line feed. A request without body has an empty last
    /// line.
    public static func message(
        method: String, path: String, timestamp: Int64, nonce: String, body: [UInt8]
    ) -> [UInt8] {
        Array("\(method)\n\(path)\n\(timestamp)\n\(nonce)\n".utf8) + body + [0x0A]
    }

    /// Signs a request.
    ///
    /// - Parameters:
    ///   - path: with the query, percent signs and all, exactly as it is sent.
    ///   - body: exactly the bytes that are sent.
    /// - Throws: ``WeChatPayKeyError/signingFailed``.
    public init(
        method: String, path: String, body: [UInt8], mchID: String, serial: String, nonce: String,
        timestamp: Int64, key: WeChatPayPrivateKey
    ) throws(WeChatPayKeyError) {
        let message = Self.message(
            method: method, path: path, timestamp: timestamp, nonce: nonce, body: body)
        self.mchID = mchID
        self.serial = serial
        self.nonce = nonce
        self.timestamp = timestamp
        signature = try WeChatPaySignature.sign(message, with: key)
    }

    /// The value of the header.
    public var headerValue: String {
        "\(WeChatPayVerifier.signatureType) mchid=\"\(mchID)\",nonce_str=\"\(nonce)\","
            + "signature=\"\(signature)\",timestamp=\"\(timestamp)\",serial_no=\"\(serial)\""
    }

    /// Reads the value of a header, its fields in any order; nil if a field is missing, strange or
    /// repeated.
    public init?(headerValue: String) {
        let prefix = Array("\(WeChatPayVerifier.signatureType) ".utf8)
        let bytes = Array(headerValue.utf8)
        guard bytes.starts(with: prefix) else { return nil }
        var fields: [String: String] = [:]
        for part in bytes.dropFirst(prefix.count).split(
            separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        {
            let text = part.drop { $0 == UInt8(ascii: " ") }
            guard let equals = text.firstRange(of: Array("=\"".utf8)),
                text.last == UInt8(ascii: "\""), equals.upperBound < text.endIndex
            else { return nil }
            let name = String(decoding: text[..<equals.lowerBound], as: UTF8.self)
            let value = text[equals.upperBound...].dropLast()
            guard value.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "\"") }),
                fields.updateValue(String(decoding: value, as: UTF8.self), forKey: name) == nil
            else { return nil }
        }
        guard let mchID = fields["mchid"], let serial = fields["serial_no"],
            let nonce = fields["nonce_str"], let signature = fields["signature"],
            let timestamp = fields["timestamp"],
            let seconds = BeijingTime.number(Array(timestamp.utf8)[...])
        else { return nil }
        self.mchID = mchID
        self.serial = serial
        self.nonce = nonce
        self.timestamp = seconds
        self.signature = signature
    }

    /// Whether this header belongs to that request and was signed by that key, as WeChat Pay
    /// checks it.
    public func isValid(
        method: String, path: String, body: [UInt8], with key: WeChatPayPublicKey
    ) -> Bool {
        let message = Self.message(
            method: method, path: path, timestamp: timestamp, nonce: nonce, body: body)
        return RSASignature.isValid(Array(signature.utf8), of: message, with: key.rsa)
    }
}

/// `WECHATPAY2-SHA256-RSA2048`: RSASSA-PKCS1-v1_5 with SHA-256, written as base64.
public enum WeChatPaySignature {
    /// Signs bytes. Equal bytes and key give equal text. Takes about a millisecond.
    ///
    /// - Throws: ``WeChatPayKeyError/signingFailed``.
    public static func sign(
        _ bytes: [UInt8], with key: WeChatPayPrivateKey
    ) throws(WeChatPayKeyError) -> String {
        do {
            return try RSASignature.sign(bytes, with: key.rsa)
        } catch {
            throw .signingFailed
        }
    }

    /// The headers with which WeChat Pay signs an answer or a notification.
    ///
    /// - Parameters:
    ///   - serial: the id of the public key, or the serial number of the certificate.
    ///   - timestamp: seconds since 1970.
    /// - Throws: ``WeChatPayKeyError/signingFailed``.
    public static func headers(
        for body: [UInt8], serial: String, timestamp: Int64, nonce: String,
        key: WeChatPayPrivateKey
    ) throws(WeChatPayKeyError) -> WeChatPayHeaders {
        let message = Array("\(timestamp)\n\(nonce)\n".utf8) + body + [0x0A]
        return [
            "Wechatpay-Timestamp": "\(timestamp)",
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": try sign(message, with: key),
            "Wechatpay-Serial": serial,
            "Wechatpay-Signature-Type": WeChatPayVerifier.signatureType,
        ]
    }
}
