import Foundation
import WireKit

/// The verified answer of the gateway to one call.
public struct AlipayResponse: Sendable {
    /// The bytes the signature covers: the answer's JSON object as received.
    public let signedText: [UInt8]

    private let object: JSONObject

    /// Finds the answer to `method` in a response body and verifies it.
    ///
    /// The signature binds neither the method nor the request: the caller compares
    /// `out_trade_no` or `trade_no` with what was asked.
    ///
    /// - Parameter method: the method that was called, such as "alipay.trade.query".
    /// - Throws: ``AlipayVerificationError``. An unsigned answer is never a success.
    public init(
        verifying body: [UInt8], method: String, with key: AlipayPublicKey
    ) throws(AlipayVerificationError) {
        try self.init(verifying: body, method: method, with: .one(key))
    }

    init(
        verifying body: [UInt8], method: String, with keys: AlipayKeyChoice
    ) throws(AlipayVerificationError) {
        guard let envelope = JSONObject(body[...]) else { throw .json }
        if let error = envelope["error_response"] {
            throw .errorResponse(JSONObject(error).map(AlipayFault.init) ?? AlipayFault(code: ""))
        }
        guard let answer = envelope[Self.memberName(method)] else { throw .missingResponse }
        guard let object = JSONObject(answer) else { throw .json }
        guard let sign = envelope.text("sign"), !sign.isEmpty else {
            let fault = AlipayFault(object)
            throw fault.code.isEmpty || fault.code == "10000" ? .missingSign : .unsignedError(fault)
        }
        let key = try keys.key(named: envelope.text(certificateSerialName))
        guard AlipaySignature.isValid(Array(sign.utf8), of: Array(answer), with: key) else {
            throw .badSignature
        }
        signedText = Array(answer)
        self.object = object
    }

    /// The text of a member of the answer, or nil if it is absent or no string.
    public subscript(name: String) -> String? {
        object.text(name)
    }

    /// What went wrong, or nil if the gateway answered with code 10000.
    public var fault: AlipayFault? {
        self["code"] == "10000" ? nil : AlipayFault(object)
    }

    /// A signed response body, as the gateway writes it.
    ///
    /// - Parameters:
    ///   - answer: the JSON object under `<method>_response`, signed byte for byte.
    ///   - certificateSerial: in certificate mode, the serial number of the key's certificate.
    /// - Throws: ``AlipayKeyError/signingFailed``.
    public static func signed(
        _ answer: String, method: String, with key: AlipayPrivateKey,
        certificateSerial: String? = nil
    ) throws(AlipayKeyError) -> String {
        let sign = try AlipaySignature.sign(Array(answer.utf8), with: key)
        let serial = certificateSerial.map { "\"\(certificateSerialName)\":\"\($0)\"," } ?? ""
        return "{\"\(memberName(method))\":\(answer),\(serial)\"sign\":\"\(sign)\"}"
    }

    static func memberName(_ method: String) -> String {
        let name = method.utf8.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "_") : $0 }
        return String(decoding: name, as: UTF8.self) + "_response"
    }
}

/// JSON text as this library sends it.
public enum AlipayJSON {
    /// A JSON object of strings, members sorted by name: equal content gives equal text, and
    /// with it an equal signature.
    ///
    /// - Throws: an encoding error if the JSON encoder refuses a string.
    public static func object(_ members: [String: String]) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(members), as: UTF8.self)
    }
}
