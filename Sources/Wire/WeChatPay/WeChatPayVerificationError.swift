/// Why a message that says it comes from WeChat Pay is not believed.
///
/// For logs and counters. The sender learns only that it failed: whoever forges messages should
/// not be told how far they came.
public enum WeChatPayVerificationError: Error, Hashable, Sendable {
    /// Longer than is looked at.
    case tooLarge
    /// A header that the signature rests on is missing or empty.
    case missingHeader(String)
    /// Such a header occurs twice.
    case duplicateHeader(String)
    /// Such a header holds something it never holds.
    case malformedHeader(String)
    /// Written 300 seconds or more before or after the receiver's clock: a replay, or a clock that
    /// is wrong.
    case timestampExpired
    /// The message claims another algorithm than `WECHATPAY2-SHA256-RSA2048`.
    case signatureTypeMismatch
    /// No key of that id or serial number.
    case unknownSerial(String)
    /// The platform certificate of that serial number is not valid now.
    case certificateExpired(String)
    /// WeChat Pay's own probe (`WECHATPAY/SIGNTEST/…`): a wrong signature, sent to see whether it
    /// is refused. It should be; the genuine message follows.
    case signatureProbe
    /// The signature is not that key's for this text.
    case badSignature
    /// The bytes are not a well-formed JSON object, or a member occurs twice.
    case json
    /// The content is encrypted in another way than `AEAD_AES_256_GCM`.
    case unsupportedAlgorithm(String)
    /// The content cannot be decrypted: another APIv3 key, a nonce that is not 12 bytes long, or
    /// damaged bytes.
    case decryptFailed
    /// The signature is good, but this field is missing or has no readable value.
    case unreadableField(String)

    /// A short stable word for logs and metrics.
    public var reason: String {
        switch self {
        case .tooLarge: "too_large"
        case .missingHeader: "missing_header"
        case .duplicateHeader: "duplicate_header"
        case .malformedHeader: "malformed_header"
        case .timestampExpired: "timestamp_expired"
        case .signatureTypeMismatch: "sign_type_mismatch"
        case .unknownSerial: "unknown_serial"
        case .certificateExpired: "certificate_expired"
        case .signatureProbe, .badSignature: "bad_signature"
        case .json: "malformed_json"
        case .unsupportedAlgorithm: "unsupported_algorithm"
        case .decryptFailed: "decrypt_failed"
        case .unreadableField: "unreadable_field"
        }
    }
}
