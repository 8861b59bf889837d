import WireKit

/// Why a message that says it comes from Alipay is not believed.
///
/// For logs and counters. The sender learns only that it failed: whoever forges messages should
/// not be told how far they came.
public enum AlipayVerificationError: Error, Hashable, Sendable {
    /// The bytes are not a well-formed form.
    case form(AlipayFormError)
    /// The bytes are not a well-formed JSON object, or a member occurs twice.
    case json
    /// No `sign`, or an empty one, on a message that needs it.
    case missingSign
    /// The message claims another algorithm than RSA2.
    case signTypeMismatch
    /// The signature is not Alipay's for this text.
    case badSignature
    /// The answer to this method is not in the response.
    case missingResponse
    /// The gateway reported an error under `error_response` instead of answering.
    case errorResponse(AlipayFault)
    /// An error without signature: probably the gateway's, perhaps not.
    case unsignedError(AlipayFault)
    /// The signature is good, but this field is missing or has no readable value.
    case unreadableField(String)
    /// The signature is good, but a value contains `&<name>=` of this field.
    ///
    /// Alipay signs parameters joined by `&`, so such a text reads in two ways, and whoever chose
    /// a subject could move the boundary. Ask the gateway instead: its answers are JSON.
    case ambiguousField(String)
    /// The message names a certificate that is not known yet: its serial number. Ask
    /// ``AlipayClient/downloadCertificate(_:)`` for it and try again.
    case unknownCertificate(String)
    /// The certificate of this serial number was downloaded and does not prove to be Alipay's: it
    /// is not the one asked for, another's, out of its time, or not issued under the pinned root.
    case untrustedCertificate(String)

    /// A short stable word for logs and metrics.
    public var reason: String {
        switch self {
        case .form(.duplicateParameter): "duplicate_parameter"
        case .form(.tooLarge): "too_large"
        case .form(.malformed): "malformed_form"
        case .json: "malformed_json"
        case .missingSign: "missing_sign"
        case .signTypeMismatch: "sign_type_mismatch"
        case .badSignature: "bad_signature"
        case .missingResponse: "missing_response"
        case .errorResponse: "error_response"
        case .unsignedError: "unsigned_error"
        case .unreadableField: "unreadable_field"
        case .ambiguousField: "ambiguous_field"
        case .unknownCertificate: "unknown_certificate"
        case .untrustedCertificate: "untrusted_certificate"
        }
    }
}

/// What the gateway says about a call that failed.
public struct AlipayFault: Error, Hashable, Sendable {
    /// The gateway's code, such as "40004" for a business refusal; empty if it sent none.
    public let code: String
    /// The business code, such as "ACQ.TRADE_NOT_EXIST".
    public let subCode: String?
    /// The gateway's words, in Chinese or English: for operators, not for customers.
    public let message: String

    /// A fault as the gateway would report it.
    public init(code: String, subCode: String? = nil, message: String = "") {
        self.code = code
        self.subCode = subCode
        self.message = message
    }

    init(_ object: JSONObject) {
        code = object.text("code") ?? ""
        subCode = object.text("sub_code")
        message = object.text("sub_msg") ?? object.text("msg") ?? ""
    }
}
