import Foundation
import Testing
import WeChatPay
import WireKit

/// Keys of a merchant and of WeChat Pay, made for this run.
enum Keys {
    static let merchant = made()
    static let wechat = made()
    static let platform = made()
    static let nextPlatform = made()
    static let stranger = made()

    private static func made() -> WeChatPayPrivateKey {
        guard let key = try? WeChatPayPrivateKey.generate() else { fatalError("no RSA key") }
        return key
    }
}

enum Sample {
    /// 2025-03-01 10:47:16 in Beijing.
    static let moment = Date(timeIntervalSince1970: 1_740_797_236)
    static let publicKeyID = "PUB_KEY_ID_0119000001092025010100388200000001"
    static let merchantSerial = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"
    static let serial = "5157F09EFDC096DE15EBE81A47057A7232F1B8E1"
    static let nextSerial = "0A57F09EFDC096DE15EBE81A47057A7232F1B8E2"

    static var apiV3Key: WeChatPayAPIv3Key {
        guard let key = try? WeChatPayAPIv3Key("kontor-test-apiv3-key-0123456789") else {
            fatalError("no APIv3 key")
        }
        return key
    }

    static let order = WeChatPayOrder(
        appID: "wx1", outTradeNo: "KT_000007", total: 8880, description: "Swift & 课程 \"A/B\"",
        expires: moment.addingTimeInterval(1800), notifyURL: "https://k.example/n")

    static func certificate(
        _ key: WeChatPayPrivateKey = Keys.platform, serial: String = serial,
        from: TimeInterval = -86_400, until: TimeInterval = 86_400
    ) throws -> String {
        try WeChatPayCertificate.selfSigned(
            key, serial: serial, from: moment.addingTimeInterval(from),
            until: moment.addingTimeInterval(until))
    }

    static func configuration(
        certificates: [WeChatPayCertificate] = [], fetches: Bool = false,
        baseURLs: [String] = ["https://pay.example"]
    ) throws -> WeChatPayConfiguration {
        WeChatPayConfiguration(
            mchID: "1900000109", appIDs: ["wx1", "wx2"],
            credentials: try WeChatPayCredentials(
                merchantKey: Keys.merchant, merchantSerial: merchantSerial, apiV3Key: apiV3Key,
                publicKeys: [.init(id: publicKeyID, key: Keys.wechat.publicKey)],
                certificates: certificates, fetchesCertificates: fetches),
            baseURLs: baseURLs)
    }

    /// A payment as WeChat Pay tells it.
    static func transaction(_ changes: [(String, String?)] = []) -> [UInt8] {
        var members = [
            ("mchid", "\"1900000109\""), ("appid", "\"wx1\""), ("out_trade_no", "\"KT_000007\""),
            ("transaction_id", "\"42\""), ("trade_type", "\"NATIVE\""),
            ("trade_state", "\"SUCCESS\""), ("success_time", "\"2025-03-01T10:47:15+08:00\""),
            ("payer", #"{"openid":"oUpF8uMuAJO_M2pxb1Q9"}"#),
            ("amount", #"{"total":8880,"payer_total":8000,"currency":"CNY"}"#),
        ]
        for (name, value) in changes {
            members.removeAll { $0.0 == name }
            if let value { members.append((name, value)) }
        }
        return Array("{\(members.map { "\"\($0)\":\($1)" }.joined(separator: ","))}".utf8)
    }

    static func refund(status: String = "SUCCESS", name: String = "refund_status") -> [UInt8] {
        Array(
            (#"{"mchid":"1900000109","out_trade_no":"KT_000007","transaction_id":"42","#
                + #""refund_id":"50","out_refund_no":"R1","\#(name)":"\#(status)","#
                + #""amount":{"total":8880,"refund":880,"payer_refund":800}}"#).utf8)
    }

    /// The body and headers of a notification, signed by the public key unless told otherwise.
    static func notification(
        _ content: [UInt8] = transaction(), type: String = "TRANSACTION.SUCCESS",
        serial: String = publicKeyID, key: WeChatPayPrivateKey = Keys.wechat
    ) throws -> (body: [UInt8], headers: WeChatPayHeaders) {
        let body = try WeChatPayNotification.sealed(
            id: "EV-1", createdAt: moment, eventType: type, originalType: "transaction",
            content: content, nonce: "0123456789ab", key: apiV3Key)
        return (body, try signed(body, serial: serial, key: key))
    }

    static func signed(
        _ body: [UInt8], at timestamp: Date = moment, serial: String = publicKeyID,
        key: WeChatPayPrivateKey = Keys.wechat
    ) throws -> WeChatPayHeaders {
        try WeChatPaySignature.headers(
            for: body, serial: serial, timestamp: Int64(timestamp.timeIntervalSince1970),
            nonce: "n0nce", key: key)
    }
}

/// WeChat Pay's side: verifies the request as WeChat Pay does and signs what `answer` says.
struct Gateway: Sendable {
    struct Call {
        let method: String
        /// With the query, as signed.
        let path: String
        let body: String
    }

    struct Answer {
        var status = 200
        var body = "{}"
        var serial: String? = Sample.publicKeyID
        var key = Keys.wechat
    }

    let answer: @Sendable (Call) throws -> Answer

    init(_ answer: @escaping @Sendable (Call) throws -> Answer) {
        self.answer = answer
    }

    var transport: WeChatPayTransport {
        WeChatPayTransport { request in
            let parts = request.url.split(
                separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
            let path = "/\(parts[3])"
            let header = try #require(
                WeChatPayAuthorization(
                    headerValue: request.headers.values("Authorization").joined()))
            #expect(header.mchID == "1900000109")
            #expect(header.serial == Sample.merchantSerial)
            let isSigned = header.isValid(
                method: request.method, path: path, body: request.body,
                with: Keys.merchant.publicKey)
            #expect(isSigned)
            let answer = try answer(
                Call(
                    method: request.method, path: path,
                    body: String(decoding: request.body, as: UTF8.self)))
            let body = Array(answer.body.utf8)
            let signature = try answer.serial.map {
                try Sample.signed(body, serial: $0, key: answer.key)
            }
            return WeChatPayTransport.Answer(
                status: answer.status, headers: signature ?? [:], body: body)
        }
    }

    func client(
        certificates: [WeChatPayCertificate] = [], fetches: Bool = false,
        baseURLs: [String] = ["https://pay.example"]
    ) throws -> WeChatPayClient {
        WeChatPayClient(
            try Sample.configuration(
                certificates: certificates, fetches: fetches, baseURLs: baseURLs),
            transport: transport, now: { Sample.moment })
    }
}

/// Counts across tasks.
actor Counter {
    private(set) var count = 0
    func add() { count += 1 }
}
