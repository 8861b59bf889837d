import Crypto
import CryptoExtras
import Foundation

/// Reads RSA keys of at least 2048 bits from the texts in which they are met.
package enum RSAKeys {
    /// A private key: PKCS#1 or PKCS#8, as PEM or as bare base64, with any line breaks.
    package static func privateKey(
        _ text: String
    ) throws(RSAKeyFault) -> _RSA.Signing.PrivateKey {
        let key = try KeyText(text)
        switch key.label {
        case nil, "PRIVATE KEY", "RSA PRIVATE KEY": break
        case "PUBLIC KEY", "RSA PUBLIC KEY": throw .publicKeyGiven
        case let label?: throw .unsupported(label)
        }
        do {
            return try _RSA.Signing.PrivateKey(derRepresentation: key.der)
        } catch CryptoKitError.incorrectParameterSize {
            throw .tooShort
        } catch {
            let isPublic = (try? _RSA.Signing.PublicKey(derRepresentation: key.der)) != nil
            throw isPublic ? .publicKeyGiven : .unreadable
        }
    }

    /// A public key: SPKI or PKCS#1, as PEM or as bare base64, with any line breaks.
    package static func publicKey(_ text: String) throws(RSAKeyFault) -> _RSA.Signing.PublicKey {
        let key = try KeyText(text)
        switch key.label {
        case nil, "PUBLIC KEY", "RSA PUBLIC KEY": break
        case "PRIVATE KEY", "RSA PRIVATE KEY": throw .privateKeyGiven
        case let label?: throw .unsupported(label)
        }
        do {
            return try _RSA.Signing.PublicKey(derRepresentation: key.der)
        } catch CryptoKitError.incorrectParameterSize {
            throw .tooShort
        } catch {
            let isPrivate = (try? _RSA.Signing.PrivateKey(derRepresentation: key.der)) != nil
            throw isPrivate ? .privateKeyGiven : .unreadable
        }
    }
}

/// Why the text of a key is refused. Each library tells its users in words of its own.
package enum RSAKeyFault: Error, Hashable, Sendable {
    case empty
    case unreadable
    case unsupported(String)
    case publicKeyGiven
    case privateKeyGiven
    case tooShort
}

/// RSASSA-PKCS1-v1_5 with SHA-256, written as base64: what both gateways sign with.
///
/// Nothing else is ever produced or accepted. SHA-1 and PSS signatures fail, whatever a message
/// says about itself.
package enum RSASignature {
    /// Signs bytes. Equal bytes and key give equal text. Takes about a millisecond.
    package static func sign(_ bytes: [UInt8], with key: _RSA.Signing.PrivateKey) throws -> String {
        // The padding is named because the default of the library is PSS.
        try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
            .rawRepresentation.base64EncodedString()
    }

    /// Whether the base64 text is this key's signature of exactly these bytes.
    ///
    /// Base64 is read strictly: a `+` that arrived as a space is a broken signature, and to
    /// repair it would mean to verify something that was not received.
    package static func isValid(
        _ signature: [UInt8], of bytes: [UInt8], with key: _RSA.Signing.PublicKey
    ) -> Bool {
        guard let signature = strictBase64(signature) else { return false }
        return key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature),
            for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5)
    }
}
