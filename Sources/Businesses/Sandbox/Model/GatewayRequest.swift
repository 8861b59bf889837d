import Alipay
import Basics
import Web

/// A request as it reached the gateway: parameters from the address and the body together, and the
/// business content inside.
struct GatewayRequest: Sendable {
    let form: AlipayForm
    let method: String
    /// The members of `biz_content` that are texts or numbers.
    let content: [String: String]

    /// Reads without believing: who sent it is not known before `verify`.
    init(query: String, body: [UInt8]) throws(GatewayRefusal) {
        let parts = [Array(query.utf8), body].filter { !$0.isEmpty }
        // Decoded as one form, so that a name in both places is refused.
        // A NUL is no text, and no column can hold it.
        guard let form = try? AlipayForm(decoding: Array(parts.joined(separator: "&".utf8))),
            form.fields.allSatisfy({ !$0.value.contains(0) && !$0.name.contains(0) })
        else { throw .malformed }
        guard let method = form["method"], (1...64).contains(method.utf8.count) else {
            throw .missingMethod
        }
        self.form = form
        self.method = method
        content = Self.content(form.bytes("biz_content") ?? [])
    }

    private static func content(_ bytes: [UInt8]) -> [String: String] {
        guard case .object(let members)? = try? StrictJSON.parse(bytes) else { return [:] }
        return members.compactMapValues { value in
            switch value {
            case .string(let text): text
            case .number(let text): text
            default: nil
            }
        }
    }

    /// What the real gateway checks before it looks at the content.
    func verify(_ voice: GatewayVoice, appKey: AlipayPublicKey) throws(GatewayRefusal) {
        guard form["sign"]?.isEmpty == false else { throw .missingSignature }
        guard form["sign_type"] == "RSA2" else { throw .invalidSignType }
        guard form["charset"]?.lowercased() == "utf-8" else { throw .invalidCharset }
        if let certificates = voice.certificates {
            guard form["app_cert_sn"] == certificates.app.serial else { throw .appCertNotExist }
            guard form["alipay_root_cert_sn"] == certificates.root.serial else {
                throw .rootCertNotExist
            }
        }
        do {
            try form.verifyRequest(with: appKey)
        } catch {
            throw .invalidSignature(over: form.requestText)
        }
        guard let time = form["timestamp"], AlipayTime.moment(time) != nil else {
            throw .invalidTimestamp
        }
    }

    /// Which of the merchant's applications says that it asks; nil if it has no such one.
    var app: SandboxApp? { form["app_id"].flatMap(SandboxApp.init(rawValue:)) }

    /// Alipay's number of the trade it is about; nil if it tells none.
    var tradeNo: String? { content["trade_no"].flatMap { $0.isEmpty ? nil : $0 } }

    var outTradeNo: String { String((content["out_trade_no"] ?? "").prefix(64)) }

    func required(_ name: String) throws(GatewayRefusal) -> String {
        guard let value = content[name], !value.isEmpty else { throw .invalidParameter(name) }
        return value
    }

    func amount(_ name: String) throws(GatewayRefusal) -> AlipayAmount {
        guard let amount = try? AlipayAmount(yuan: try required(name)) else {
            throw .invalidParameter(name)
        }
        return amount
    }
}
