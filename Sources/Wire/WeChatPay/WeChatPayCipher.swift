import Crypto
import CryptoExtras
import Foundation
import WireKit

/// The two ways in which WeChat Pay API v3 encrypts: contents with the APIv3 key
/// (AEAD_AES_256_GCM), single sensitive fields with RSA (OAEP, SHA-1).
public enum WeChatPayCipher {
    /// The name of the only algorithm.
    public static let algorithm = "AEAD_AES_256_GCM"

    /// Decrypts the content of a notification or a platform certificate.
    ///
    /// - Parameters:
    ///   - ciphertext: base64 of the encrypted bytes and the 16 bytes of the tag.
    ///   - nonce: 12 bytes.
    ///   - associatedData: may be empty.
    /// - Throws: ``WeChatPayVerificationError/decryptFailed``, whatever is wrong: another key, a
    ///   nonce of another length, other associated data, a tag cut short, base64 that is none.
    public static func open(
        _ ciphertext: String, nonce: String, associatedData: String, key: WeChatPayAPIv3Key
    ) throws(WeChatPayVerificationError) -> [UInt8] {
        let nonce = Array(nonce.utf8)
        guard nonce.count == 12, let sealed = strictBase64(Array(ciphertext.utf8)),
            sealed.count >= 16
        else { throw .decryptFailed }
        do {
            let box = try AES.GCM.SealedBox(
                nonce: AES.GCM.Nonce(data: nonce), ciphertext: sealed.dropLast(16),
                tag: sealed.suffix(16))
            return Array(
                try AES.GCM.open(
                    box, using: key.symmetric, authenticating: Array(associatedData.utf8)))
        } catch {
            throw .decryptFailed
        }
    }

    /// Encrypts as WeChat Pay does; for a test gateway.
    ///
    /// - Parameter nonce: 12 bytes, never used twice with one key.
    /// - Throws: ``WeChatPayKeyError/encryptionFailed`` if the nonce is not 12 bytes long.
    public static func seal(
        _ plaintext: [UInt8], nonce: String, associatedData: String, key: WeChatPayAPIv3Key
    ) throws(WeChatPayKeyError) -> String {
        guard nonce.utf8.count == 12,
            let box = try? AES.GCM.seal(
                plaintext, using: key.symmetric,
                nonce: AES.GCM.Nonce(data: Array(nonce.utf8)),
                authenticating: Array(associatedData.utf8))
        else { throw .encryptionFailed }
        return (box.ciphertext + box.tag).base64EncodedString()
    }

    /// Decrypts a sensitive field (a name, a phone number) that WeChat Pay encrypted with the
    /// public key of the merchant's certificate.
    ///
    /// - Throws: ``WeChatPayVerificationError/decryptFailed``.
    public static func openField(
        _ ciphertext: String, key: WeChatPayPrivateKey
    ) throws(WeChatPayVerificationError) -> String {
        guard let sealed = strictBase64(Array(ciphertext.utf8)),
            let rsa = try? _RSA.Encryption.PrivateKey(
                derRepresentation: key.rsa.derRepresentation),
            let plaintext = try? rsa.decrypt(sealed, padding: .PKCS1_OAEP),
            let text = String(validating: plaintext, as: UTF8.self)
        else { throw .decryptFailed }
        return text
    }

    /// Encrypts a sensitive field with WeChat Pay's public key, named by the request header
    /// `Wechatpay-Serial`. Equal texts give different results.
    ///
    /// - Throws: ``WeChatPayKeyError/encryptionFailed`` if the text is longer than the key allows
    ///   (214 bytes for 2048 bits).
    public static func sealField(
        _ text: String, key: WeChatPayPublicKey
    ) throws(WeChatPayKeyError) -> String {
        guard
            let rsa = try? _RSA.Encryption.PublicKey(derRepresentation: key.rsa.derRepresentation),
            let sealed = try? rsa.encrypt(Array(text.utf8), padding: .PKCS1_OAEP)
        else { throw .encryptionFailed }
        return sealed.base64EncodedString()
    }
}
