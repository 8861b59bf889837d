import Crypto
import CryptoExtras
import Foundation
import WireKit

/// An RSA private key that signs: the merchant's own, or in a test gateway WeChat Pay's.
///
/// Never printed: its description shows only the size.
public struct WeChatPayPrivateKey: Sendable {
    let rsa: _RSA.Signing.PrivateKey

    /// Reads a private key: PKCS#1 or PKCS#8, as PEM (`apiclient_key.pem`) or as bare base64, with
    /// any line breaks.
    ///
    /// - Throws: ``WeChatPayKeyError`` if the text is no RSA private key of at least 2048 bits.
    public init(_ text: String) throws(WeChatPayKeyError) {
        do {
            rsa = try RSAKeys.privateKey(text)
        } catch {
            throw WeChatPayKeyError(error)
        }
    }

    private init(rsa: _RSA.Signing.PrivateKey) {
        self.rsa = rsa
    }

    /// Makes a new random key of 2048 bits. Takes some hundred milliseconds.
    ///
    /// - Throws: ``WeChatPayKeyError/generationFailed`` if the system gives no randomness.
    public static func generate() throws(WeChatPayKeyError) -> WeChatPayPrivateKey {
        do {
            return WeChatPayPrivateKey(rsa: try _RSA.Signing.PrivateKey(keySize: .bits2048))
        } catch {
            throw .generationFailed
        }
    }

    /// The public half.
    public var publicKey: WeChatPayPublicKey {
        WeChatPayPublicKey(rsa: rsa.publicKey)
    }

    /// PKCS#8 PEM (`BEGIN PRIVATE KEY`). A secret: write it only where nobody else reads.
    public var pemRepresentation: String {
        rsa.pkcs8PEMRepresentation
    }
}

extension WeChatPayPrivateKey: CustomStringConvertible, CustomReflectable {
    /// The size, never the key.
    public var description: String { "WeChatPayPrivateKey(\(rsa.keySizeInBits) bit)" }

    /// Empty, so that dumping a configuration cannot print the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// An RSA public key that verifies: WeChat Pay's, or in a test gateway the merchant's.
public struct WeChatPayPublicKey: Sendable {
    let rsa: _RSA.Signing.PublicKey

    /// Reads a public key: SPKI or PKCS#1, as PEM (`pub_key.pem`) or as bare base64, with any line
    /// breaks.
    ///
    /// - Throws: ``WeChatPayKeyError`` if the text is no RSA public key of at least 2048 bits.
    public init(_ text: String) throws(WeChatPayKeyError) {
        do {
            rsa = try RSAKeys.publicKey(text)
        } catch {
            throw WeChatPayKeyError(error)
        }
    }

    init(rsa: _RSA.Signing.PublicKey) {
        self.rsa = rsa
    }

    /// SPKI PEM (`BEGIN PUBLIC KEY`).
    public var pemRepresentation: String {
        rsa.pemRepresentation
    }
}

extension WeChatPayPublicKey: Hashable {
    /// Equal if modulus and exponent are, whatever form the keys were read from.
    public static func == (left: WeChatPayPublicKey, right: WeChatPayPublicKey) -> Bool {
        left.rsa.derRepresentation == right.rsa.derRepresentation
    }

    /// Hashes modulus and exponent.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rsa.derRepresentation)
    }
}

/// The APIv3 key: 32 characters that the merchant chose in WeChat Pay's console. It decrypts
/// notifications and platform certificates; it is no substitute for verifying them.
public struct WeChatPayAPIv3Key: Sendable {
    let symmetric: SymmetricKey

    /// Reads the key as it was set, or a file that has it on a line.
    ///
    /// - Throws: ``WeChatPayKeyError/apiV3KeyLength(_:)`` unless the text is 32 bytes long.
    public init(_ text: String) throws(WeChatPayKeyError) {
        var bytes = Array(text.utf8)
        while let last = bytes.last, [0x0A, 0x0D].contains(last) { bytes.removeLast() }
        guard bytes.count == 32 else { throw .apiV3KeyLength(bytes.count) }
        symmetric = SymmetricKey(data: bytes)
    }
}

extension WeChatPayAPIv3Key: CustomStringConvertible, CustomReflectable {
    /// Never the key.
    public var description: String { "WeChatPayAPIv3Key(hidden)" }

    /// Empty, so that dumping a configuration cannot print the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why the text of a key, or a set of keys, is refused.
public enum WeChatPayKeyError: Error, Hashable, Sendable {
    /// There is no key in the text.
    case empty
    /// Neither PEM nor base64, or not an RSA key inside.
    case unreadable
    /// The PEM marker names something else, such as `CERTIFICATE` or an encrypted key.
    case unsupported(String)
    /// A public key where the private key belongs.
    case publicKeyGiven
    /// A private key where a public key belongs. It should be considered as leaked.
    case privateKeyGiven
    /// Less than 2048 bits.
    case tooShort
    /// The APIv3 key has this many bytes instead of 32.
    case apiV3KeyLength(Int)
    /// Not an X.509 certificate with an RSA key.
    case unreadableCertificate
    /// Not the serial number of a certificate: hexadecimal digits.
    case invalidSerial
    /// Not the id of a WeChat Pay public key: it begins with `PUB_KEY_ID_`.
    case invalidPublicKeyID
    /// The key given as WeChat Pay's is the merchant's own.
    case ownKeyGivenAsWeChatPays
    /// The merchant's certificate is not that of the merchant's key.
    case certificateOfAnotherKey
    /// Two keys under one id or serial.
    case duplicateKey(String)
    /// Neither a public key, nor a certificate, nor leave to fetch certificates: every message
    /// would be refused.
    case nothingToVerifyWith
    /// No key could be made.
    case generationFailed
    /// The signature could not be computed.
    case signingFailed
    /// The text could not be encrypted: a nonce that is not 12 bytes long, or too long a field.
    case encryptionFailed

    init(_ fault: RSAKeyFault) {
        self =
            switch fault {
            case .empty: .empty
            case .unreadable: .unreadable
            case .unsupported(let label): .unsupported(label)
            case .publicKeyGiven: .publicKeyGiven
            case .privateKeyGiven: .privateKeyGiven
            case .tooShort: .tooShort
            }
    }
}

extension WeChatPayKeyError: CustomStringConvertible {
    /// One sentence for the person who configures the keys.
    public var description: String {
        switch self {
        case .empty: "The key is empty."
        case .unreadable: "The key is neither PEM nor base64 of an RSA key."
        case .unsupported(let label): "A \(label) is not a plain RSA key."
        case .publicKeyGiven: "This is a public key; the private key is needed here."
        case .privateKeyGiven: "This is a private key; a public key is needed here."
        case .tooShort: "The RSA key has less than 2048 bits."
        case .apiV3KeyLength(let count): "The APIv3 key has \(count) bytes instead of 32."
        case .unreadableCertificate: "This is no X.509 certificate with an RSA key."
        case .invalidSerial: "The serial number of a certificate is hexadecimal digits."
        case .invalidPublicKeyID: "The id of a WeChat Pay public key begins with PUB_KEY_ID_."
        case .ownKeyGivenAsWeChatPays:
            "The key given as WeChat Pay's is the merchant's own."
        case .certificateOfAnotherKey:
            "The merchant's certificate is not that of the merchant's key."
        case .duplicateKey(let id): "There are two keys called \(id)."
        case .nothingToVerifyWith:
            "WeChat Pay's public key is needed, or leave to fetch platform certificates."
        case .generationFailed: "No RSA key could be made."
        case .signingFailed: "The private key could not sign."
        case .encryptionFailed: "The text could not be encrypted."
        }
    }
}
