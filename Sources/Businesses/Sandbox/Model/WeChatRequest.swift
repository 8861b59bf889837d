import Basics
import Foundation
import WeChatPay
import Web

/// A request as it reached the gateway. Nothing of it is believed before `verify`.
struct WeChatRequest: Sendable {
    let method: String
    /// The path with the query, exactly as it came.
    let target: String
    let headers: WeChatPayHeaders
    let body: [UInt8]

    /// The address as the gateway's own, without the folder that it stands in: `/v3/…`.
    var ownTarget: String { String(target.dropFirst(SandboxWeChatPay.folder.count)) }

    /// Below `/v3`, percent signs read.
    var segments: [String] {
        let path = ownTarget.prefix { $0 != "?" }
        return path.split(separator: "/").dropFirst().map { part in
            part.removingPercentEncoding ?? String(part)
        }
    }

    /// The value of a query parameter; nil if it is missing, empty or has a NUL, which no name has.
    func query(_ name: String) -> String? {
        let query = ownTarget.drop { $0 != "?" }.dropFirst()
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
            if parts.count == 2, parts[0] == name, let value = parts[1].removingPercentEncoding {
                return value.utf8.contains(0) ? nil : value
            }
        }
        return nil
    }

    /// What the log calls it.
    var name: String { String("\(method) \(ownTarget.prefix { $0 != "?" })".prefix(100)) }

    /// Believes it, or says why not: whose it is, how old, and the signature over exactly what came.
    ///
    /// The signature may also be over the address without the gateway's folder: clients that cannot
    /// be told of a folder sign what they would sign for the real gateway.
    func verify(_ keys: SandboxWeChatKeys, at now: Instant) throws(WeChatRefusal) {
        let values = headers.values("Authorization")
        guard values.count == 1, let sign = WeChatPayAuthorization(headerValue: values[0]) else {
            throw .noAuthorization
        }
        guard sign.mchID == SandboxWeChatPay.mchID else { throw .otherMerchant }
        guard sign.serial.uppercased() == keys.merchantSerial else { throw .otherSerial }
        guard abs(now.secondsSinceEpoch - sign.timestamp) < WeChatPayVerifier.tolerance else {
            throw .staleRequest
        }
        let key = keys.merchant.publicKey
        let isGenuine = [target, ownTarget].contains {
            sign.isValid(method: method, path: $0, body: body, with: key)
        }
        guard isGenuine else {
            throw .badSignature(
                method, target,
                over: WeChatPayAuthorization.message(
                    method: method, path: target, timestamp: sign.timestamp, nonce: sign.nonce,
                    body: body))
        }
    }
}

/// What a request asks for.
enum WeChatVerb: Hashable, Sendable {
    case prepay(WeChatOrder.Product)
    case query(outTradeNo: String)
    case queryByID(String)
    case close(outTradeNo: String)
    case refund
    case refundQuery(outRefundNo: String)
    case bill, billFile, certificates

    init(_ request: WeChatRequest) throws(WeChatRefusal) {
        let path = request.segments
        guard !path.contains(where: { $0.utf8.contains(0) }) else { throw .noSuchAPI }
        switch (request.method, path.count) {
        case ("POST", 3) where path.starts(with: ["pay", "transactions"]):
            guard let product = WeChatOrder.Product(rawValue: path[2]) else { throw .noSuchAPI }
            self = .prepay(product)
        case ("GET", 4) where path.starts(with: ["pay", "transactions", "out-trade-no"]):
            self = .query(outTradeNo: path[3])
        case ("GET", 4) where path.starts(with: ["pay", "transactions", "id"]):
            self = .queryByID(path[3])
        case ("POST", 5)
        where path.starts(with: ["pay", "transactions", "out-trade-no"]) && path[4] == "close":
            self = .close(outTradeNo: path[3])
        case ("POST", 3) where path == ["refund", "domestic", "refunds"]: self = .refund
        case ("GET", 4) where path.starts(with: ["refund", "domestic", "refunds"]):
            self = .refundQuery(outRefundNo: path[3])
        case ("GET", 2) where path == ["bill", "tradebill"]: self = .bill
        case ("GET", 2) where path == ["billdownload", "file"]: self = .billFile
        case ("GET", 1) where path == ["certificates"]: self = .certificates
        default: throw .noSuchAPI
        }
    }
}

/// The members of a request's body.
struct WeChatContent: Sendable {
    private let json: JSONValue

    init(_ body: [UInt8]) throws(WeChatRefusal) {
        guard let json = try? StrictJSON.parse(body), case .object = json else { throw .malformed }
        self.json = json
    }

    /// The same request, however it was written.
    var canonical: String { String(decoding: json.canonicalBytes, as: UTF8.self) }

    /// The member at `amount/total`, and its like.
    subscript(path: String) -> JSONValue? {
        path.split(separator: "/").reduce(Optional(json)) { value, name in value?[String(name)] }
    }

    /// nil if it is missing.
    func text(_ path: String) -> String? { self[path]?.text }

    /// - Parameter longest: in characters.
    func required(_ path: String, longest: Int) throws(WeChatRefusal) -> String {
        guard let text = text(path), !text.isEmpty, text.unicodeScalars.count <= longest else {
            throw .invalid(path)
        }
        return text
    }

    /// A text that may be missing, but not be something else or too long (in bytes).
    func optional(_ path: String, longest: Int) throws(WeChatRefusal) -> String? {
        guard let value = self[path], value != .null else { return nil }
        guard let text = value.text, text.utf8.count <= longest else { throw .invalid(path) }
        return text
    }

    /// A whole number of fen, at least one.
    func fen(_ path: String) throws(WeChatRefusal) -> Int64 {
        guard case .number(let digits)? = self[path], let fen = Int64(digits), fen > 0,
            fen <= 10_000_000_000
        else { throw .invalid(path) }
        return fen
    }
}
