import CryptoExtras
import Foundation
import WireKit

/// An RSA private key that signs: the application's own, or in a test gateway Alipay's.
///
/// Never printed: its description shows only the size.
public struct AlipayPrivateKey: Sendable {
    let rsa: _RSA.Signing.PrivateKey

    /// Reads a private key: PKCS#1 or PKCS#8, as PEM or as bare base64, with any line breaks.
    ///
    /// - Throws: ``AlipayKeyError`` if the text is no RSA private key of at least 2048 bits.
    public init(_ text: String) throws(AlipayKeyError) {
        do {
            rsa = try RSAKeys.privateKey(text)
        } catch {
            throw AlipayKeyError(error)
        }
    }

    private init(rsa: _RSA.Signing.PrivateKey) {
        self.rsa = rsa
    }

    /// Makes a new random key of 2048 bits. Takes some hundred milliseconds.
    ///
    /// - Throws: ``AlipayKeyError/generationFailed`` if the system gives no randomness.
    public static func generate() throws(AlipayKeyError) -> AlipayPrivateKey {
        do {
            return AlipayPrivateKey(rsa: try _RSA.Signing.PrivateKey(keySize: .bits2048))
        } catch {
            throw .generationFailed
        }
    }

    /// The public half.
    public var publicKey: AlipayPublicKey {
        AlipayPublicKey(rsa: rsa.publicKey)
    }

    /// PKCS#8 PEM (`BEGIN PRIVATE KEY`). A secret: write it only where nobody else reads.
    public var pemRepresentation: String {
        rsa.pkcs8PEMRepresentation
    }
}

extension AlipayPrivateKey: CustomStringConvertible, CustomReflectable {
    /// The size, never the key.
    public var description: String { "AlipayPrivateKey(\(rsa.keySizeInBits) bit)" }

    /// Empty, so that dumping a configuration cannot print the key.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// An RSA public key that verifies: Alipay's, or in a test gateway the application's.
public struct AlipayPublicKey: Sendable {
    let rsa: _RSA.Signing.PublicKey

    /// Reads a public key: SPKI or PKCS#1, as PEM or as bare base64, with any line breaks.
    ///
    /// - Throws: ``AlipayKeyError`` if the text is no RSA public key of at least 2048 bits.
    public init(_ text: String) throws(AlipayKeyError) {
        do {
            rsa = try RSAKeys.publicKey(text)
        } catch {
            throw AlipayKeyError(error)
        }
    }

    init(rsa: _RSA.Signing.PublicKey) {
        self.rsa = rsa
    }

    /// SPKI PEM (`BEGIN PUBLIC KEY`).
    public var pemRepresentation: String {
        rsa.pemRepresentation
    }

    /// SPKI as base64 on one line, the form in which Alipay's console shows and takes keys.
    public var base64Representation: String {
        rsa.derRepresentation.base64EncodedString()
    }
}

extension AlipayPublicKey: Hashable {
    /// Equal if modulus and exponent are, whatever form the keys were read from.
    public static func == (left: AlipayPublicKey, right: AlipayPublicKey) -> Bool {
        left.rsa.derRepresentation == right.rsa.derRepresentation
    }

    /// Hashes modulus and exponent.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(rsa.derRepresentation)
    }
}

/// Why the text of a key, or a pair of keys, is refused.
public enum AlipayKeyError: Error, Hashable, Sendable {
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
    /// The key given as Alipay's is the application's own: the console shows both, and the own
    /// one verifies nothing that Alipay sends.
    case ownKeyGivenAsAlipays
    /// No key could be made.
    case generationFailed
    /// The signature could not be computed.
    case signingFailed
}

extension AlipayKeyError {
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

extension AlipayKeyError: CustomStringConvertible {
    /// One sentence for the person who configures the keys.
    public var description: String {
        switch self {
        case .empty: "The key is empty."
        case .unreadable: "The key is neither PEM nor base64 of an RSA key."
        case .unsupported(let label): "A \(label) is not a plain RSA key."
        case .publicKeyGiven: "This is a public key; the private key is needed here."
        case .privateKeyGiven: "This is a private key; a public key is needed here."
        case .tooShort: "The RSA key has less than 2048 bits."
        case .ownKeyGivenAsAlipays:
            "The key given as Alipay's public key is the application's own public key."
        case .generationFailed: "No RSA key could be made."
        case .signingFailed: "The private key could not sign."
        }
    }
}
