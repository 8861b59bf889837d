import Foundation
import WireKit

/// The merchant's side of WeChat Pay API v3.
///
/// ```swift
/// let client = WeChatPayClient(
///     WeChatPayConfiguration(
///         mchID: "1900000109", appIDs: ["wx8888888888888888"],
///         credentials: try WeChatPayCredentials(
///             merchantKey: WeChatPayPrivateKey(keyText), merchantSerial: serial,
///             apiV3Key: WeChatPayAPIv3Key(apiV3KeyText),
///             publicKeys: [.init(id: "PUB_KEY_ID_…", key: WeChatPayPublicKey(publicKeyText))])),
///     transport: .live(httpClient))
///
/// let codeURL = try await client.nativePrepay(order)                   // show it as a QR code
/// let notice = try await client.notification(requestBody, headers)     // then answer 200
/// let found = try await client.query(.outTradeNo(order.outTradeNo))    // whenever in doubt
/// ```
public struct WeChatPayClient: Sendable {
    /// The merchant.
    public let configuration: WeChatPayConfiguration
    let transport: WeChatPayTransport
    let platform: PlatformCertificates
    /// The clock.
    public let now: @Sendable () -> Date
    let nonce: @Sendable () -> String

    /// A client. Its platform certificates are shared by all copies of it.
    ///
    /// - Parameters:
    ///   - now: the clock; WeChat Pay and this client refuse messages that are 300 seconds away.
    ///   - nonce: makes a random text of at most 32 letters and digits for every request.
    public init(
        _ configuration: WeChatPayConfiguration, transport: WeChatPayTransport,
        now: @escaping @Sendable () -> Date = { Date() },
        nonce: @escaping @Sendable () -> String = { Self.randomNonce() }
    ) {
        self.configuration = configuration
        self.transport = transport
        platform = PlatformCertificates(configuration.credentials)
        self.now = now
        self.nonce = nonce
    }

    /// 32 random hexadecimal digits.
    public static func randomNonce() -> String {
        (0..<32).map { _ in String(Int.random(in: 0..<16), radix: 16, uppercase: true) }.joined()
    }

    // MARK: Calls

    /// The longest answer that is read, in bytes; bills have a limit of their own.
    static let answerLimit = 262_144

    /// A verified answer.
    struct Response {
        let status: Int
        let object: JSONObject
    }

    /// Calls an API and gives its verified answer.
    ///
    /// - Parameter path: with the query, percent-encoded as it is to be sent.
    func call(
        _ method: String, _ path: String, _ body: JSONText? = nil
    ) async throws(WeChatPayError) -> Response {
        let answer = try await verifiedExchange(method, path, body?.bytes ?? [])
        guard answer.status == 200 else {
            return Response(status: answer.status, object: JSONObject.empty)
        }
        guard let object = JSONObject(answer.body[...]) else { throw .unknown(.unreadable("body")) }
        return Response(status: answer.status, object: object)
    }

    /// Calls an API and gives its answer as it came, verified.
    func verifiedExchange(
        _ method: String, _ path: String, _ body: [UInt8], sealedFor serial: String? = nil
    ) async throws(WeChatPayError) -> WeChatPayTransport.Answer {
        let answer = try await exchange(method, path, body, sealedFor: serial)
        guard answer.status == 200 || answer.status == 204 else {
            throw await failure(answer)
        }
        do {
            try await verify(answer.body, answer.headers)
        } catch {
            throw .unknown(.unverified(error))
        }
        return answer
    }

    /// What a status other than success means. Errors need no signature, but a wrong one makes
    /// the answer worthless.
    private func failure(_ answer: WeChatPayTransport.Answer) async -> WeChatPayError {
        let failure = answer.failure
        if case .unknown(.httpStatus) = failure { return failure }
        if !answer.headers.values("Wechatpay-Signature").isEmpty {
            do throws(WeChatPayVerificationError) {
                try await verify(answer.body, answer.headers)
            } catch {
                return .unknown(.unverified(error))
            }
        }
        return failure
    }

    /// Signs and sends. If an address gives no answer at all, the next one is asked with a new
    /// signature: every call names its object by the merchant's own number, so that to repeat it
    /// has no second effect.
    func exchange(
        _ method: String, _ path: String, _ body: [UInt8], sealedFor serial: String? = nil
    ) async throws(WeChatPayError) -> WeChatPayTransport.Answer {
        guard !configuration.baseURLs.isEmpty else {
            throw .invalidRequest(parameter: "baseURLs", reason: "is empty")
        }
        var reason = ""
        for base in configuration.baseURLs {
            let request = try signed(
                method, base + path, body, limit: Self.answerLimit, sealedFor: serial)
            do {
                return try await transport.send(request)
            } catch {
                reason = String(describing: error)
            }
            if Task.isCancelled { break }
        }
        throw .unknown(.noAnswer(reason))
    }

    func signed(
        _ method: String, _ url: String, _ body: [UInt8], limit: Int,
        sealedFor serial: String? = nil
    ) throws(WeChatPayError) -> WeChatPayTransport.Request {
        let credentials = configuration.credentials
        let authorization: WeChatPayAuthorization
        do {
            authorization = try WeChatPayAuthorization(
                method: method, path: WebAddress.path(url), body: body,
                mchID: configuration.mchID, serial: credentials.merchantSerial, nonce: nonce(),
                timestamp: Int64(now().timeIntervalSince1970), key: credentials.merchantKey)
        } catch {
            throw .cannotSign(error)
        }
        var headers: WeChatPayHeaders = [
            "Accept": "application/json", "Authorization": authorization.headerValue,
            "User-Agent": "swift-wechatpay/1",
        ]
        if !body.isEmpty { headers.append("Content-Type", "application/json") }
        // Names the key of encrypted fields, and asks for answers that are signed by this key
        // instead of a platform certificate.
        if let preferred = serial ?? credentials.publicKeys.first?.id {
            headers.append("Wechatpay-Serial", preferred)
        }
        return WeChatPayTransport.Request(
            method: method, url: url, headers: headers, body: body, responseLimit: limit)
    }

    // MARK: Verification

    /// Verifies a message by the key it names. If that is a platform certificate nobody knows yet,
    /// the certificates are fetched once, at most once a minute, and then it is known or refused.
    func verify(
        _ body: [UInt8], _ headers: WeChatPayHeaders
    ) async throws(WeChatPayVerificationError) {
        if configuration.credentials.fetchesCertificates {
            await platform.refresh(with: self, ifNeededBy: headers)
        }
        try await platform.verifier.verify(body, headers, at: now())
    }
}

/// Addresses, cut by bytes and never interpreted.
enum WebAddress {
    /// Scheme, host and port, with the slash that ends them: what an address must begin with to
    /// lead to the same server.
    static func origin(_ url: String) -> String {
        let bytes = Array(url.utf8)
        return String(decoding: bytes[..<pathStart(bytes)], as: UTF8.self) + "/"
    }

    /// The path and the query, as they are sent.
    static func path(_ url: String) -> String {
        let bytes = Array(url.utf8)
        return String(decoding: bytes[pathStart(bytes)...], as: UTF8.self)
    }

    /// Whether the text may be sent as an address: visible ASCII, and no fragment.
    static func isPlain(_ url: String) -> Bool {
        url.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") }
            && !url.utf8.contains(UInt8(ascii: "\\"))
    }

    private static func pathStart(_ url: [UInt8]) -> Int {
        let host = url.firstRange(of: Array("://".utf8))?.upperBound ?? 0
        return url[host...].firstIndex(of: UInt8(ascii: "/")) ?? url.endIndex
    }

    /// Percent-encodes all but letters, digits and `-_.~`.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "-"), UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
