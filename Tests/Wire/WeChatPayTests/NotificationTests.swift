import Foundation
import Testing
import WeChatPay

/// Notifications, headers, keys and texts.
@Suite struct NotificationTests {
    private let verifier = WeChatPayVerifier(publicKeys: [])

    @Test func `a payment is told and checked`() async throws {
        let client = try Gateway { _ in .init() }.client()
        let (body, headers) = try Sample.notification()
        let notice = try await client.notification(body, headers)
        #expect(notice.id == "EV-1")
        #expect(notice.createdAt == Sample.moment)
        guard case .paid(let payment) = notice.event else {
            Issue.record("\(notice.event)")
            return
        }
        // The coupon is WeChat's affair: the total counts, not what the payer paid.
        try payment.check(client.configuration, outTradeNo: "KT_000007", total: 8880)
        #expect(throws: WeChatPayMismatch.amount(expected: 8000, received: 8880)) {
            try payment.check(client.configuration, outTradeNo: "KT_000007", total: 8000)
        }
    }

    @Test(
        arguments: [
            ("mchid", "\"1900000110\"", .mchID(received: "1900000110")),
            ("appid", "\"wx9\"", .appID(received: "wx9")),
            ("out_trade_no", "\"KT_000008\"", .outTradeNo(received: "KT_000008")),
            ("trade_state", "\"NOTPAY\"", .state(.notPaid)),
            (
                "amount", #"{"total":8879,"payer_total":8880,"currency":"CNY"}"#,
                .amount(expected: 8880, received: 8879)
            ),
            ("amount", #"{"total":8880,"currency":"USD"}"#, .currency(received: "USD")),
            ("amount", #"{"total":8880}"#, .currency(received: nil)),
        ] as [(String, String, WeChatPayMismatch)])
    func `a genuine payment of something else is a mismatch`(
        name: String, value: String, mismatch: WeChatPayMismatch
    ) async throws {
        let client = try Gateway { _ in .init() }.client()
        let (body, headers) = try Sample.notification(Sample.transaction([(name, value)]))
        guard case .paid(let payment) = try await client.notification(body, headers).event else {
            Issue.record("no payment")
            return
        }
        #expect(throws: mismatch) {
            try payment.check(client.configuration, outTradeNo: "KT_000007", total: 8880)
        }
    }

    @Test(arguments: ["SUCCESS", "ABNORMAL", "CLOSED"])
    func `what became of a refund is told`(status: String) async throws {
        let client = try Gateway { _ in .init() }.client()
        let (body, headers) = try Sample.notification(
            Sample.refund(status: status), type: "REFUND.\(status)")
        guard case .refund(let refund) = try await client.notification(body, headers).event else {
            Issue.record("no refund")
            return
        }
        #expect(refund.status.rawValue == status)
        try refund.check(
            client.configuration, outTradeNo: "KT_000007", outRefundNo: "R1", refund: 880)
    }

    @Test func `an envelope that contradicts its content is not believed`() async throws {
        let client = try Gateway { _ in .init() }.client()
        let (body, headers) = try Sample.notification(
            Sample.refund(status: "CLOSED"), type: "REFUND.SUCCESS")
        await #expect(throws: WeChatPayVerificationError.unreadableField("refund_status")) {
            try await client.notification(body, headers)
        }
        let (other, signed) = try Sample.notification(type: "COUPON.USE")
        #expect(try await client.notification(other, signed).event == .other("COUPON.USE"))
    }

    @Test func `a header that is missing, twice or strange is named`() throws {
        let (body, headers) = try Sample.notification()
        let names = [
            "Wechatpay-Timestamp", "Wechatpay-Nonce", "Wechatpay-Signature", "Wechatpay-Serial",
        ]
        for name in names {
            let rest = headers.fields.filter { $0.name != name }
                .map { (name: $0.name, value: $0.value) }
            for (fields, error) in [
                (rest, WeChatPayVerificationError.missingHeader(name)),
                (rest + [(name, "")], .missingHeader(name)),
                (rest + [(name, "1"), (name.lowercased(), "1")], .duplicateHeader(name)),
                (rest + [(name, "1\n2")], .malformedHeader(name)),
                (rest + [(name, "é")], .malformedHeader(name)),
            ] {
                #expect(throws: error) {
                    try verifier.verify(body, WeChatPayHeaders(fields), at: Sample.moment)
                }
            }
        }
    }

    @Test func `a nonce cannot take a line from the body`() throws {
        let (body, headers) = try Sample.notification()
        var fields = headers.fields.map { (name: $0.name, value: $0.value) }
        let text = "first\n" + String(decoding: body, as: UTF8.self)
        let signed = try Sample.signed(Array(text.utf8))
        fields = signed.fields.map { field in
            (name: field.name, value: field.value == "n0nce" ? "n0nce\nfirst" : field.value)
        }
        let keys = try Sample.configuration().credentials.verifier
        try keys.verify(Array(text.utf8), signed, at: Sample.moment)
        #expect(throws: WeChatPayVerificationError.malformedHeader("Wechatpay-Nonce")) {
            try keys.verify(body, WeChatPayHeaders(fields), at: Sample.moment)
        }
    }

    @Test(arguments: [(-300, false), (-299, true), (299, true), (300, false)])
    func `the timestamp is less than five minutes away`(seconds: Int, isBelieved: Bool) throws {
        let body = Array("{}".utf8)
        let moment = Sample.moment.addingTimeInterval(TimeInterval(seconds))
        let headers = try Sample.signed(body, at: moment)
        let keys = try Sample.configuration().credentials.verifier
        var found: WeChatPayVerificationError?
        do {
            try keys.verify(body, headers, at: Sample.moment)
        } catch {
            found = error
        }
        #expect(found == (isBelieved ? nil : .timestampExpired))
    }

    @Test(arguments: ["-1", "1e9", "99999999999999999999", "1740797236.0", "0x10"])
    func `a timestamp is a whole number`(text: String) throws {
        let headers: WeChatPayHeaders = [
            "Wechatpay-Timestamp": text, "Wechatpay-Nonce": "n", "Wechatpay-Signature": "s",
            "Wechatpay-Serial": "PUB_KEY_ID_1",
        ]
        #expect(throws: WeChatPayVerificationError.malformedHeader("Wechatpay-Timestamp")) {
            try verifier.verify([], headers, at: Sample.moment)
        }
    }

    @Test func `another algorithm is refused, and a probe is known for one`() throws {
        let (body, headers) = try Sample.notification()
        let keys = try Sample.configuration().credentials.verifier
        let fields = headers.fields.map { (name: $0.name, value: $0.value) }
        let sm = fields.map { field in
            (
                name: field.name,
                value: field.name == "Wechatpay-Signature-Type"
                    ? "WECHATPAY2-SM2-WITH-SM3" : field.value
            )
        }
        #expect(throws: WeChatPayVerificationError.signatureTypeMismatch) {
            try keys.verify(body, WeChatPayHeaders(sm), at: Sample.moment)
        }
        let probe = fields.map { field in
            (
                name: field.name,
                value: field.name == "Wechatpay-Signature"
                    ? "WECHATPAY/SIGNTEST/" + field.value : field.value
            )
        }
        #expect(throws: WeChatPayVerificationError.signatureProbe) {
            try keys.verify(body, WeChatPayHeaders(probe), at: Sample.moment)
        }
    }

    @Test(
        arguments: [
            (#"{"id":"1","event_type":"T"}"#, .unreadableField("resource")),
            (#"{"id":"1","event_type":"T","resource":[]}"#, .unreadableField("resource")),
            (
                #"{"id":"1","event_type":"T","resource":{"algorithm":"AES"}}"#,
                .unsupportedAlgorithm("AES")
            ),
            (resource(#""nonce":"0123456789ab""#), .unreadableField("ciphertext")),
            (resource(#""ciphertext":"AA==""#), .unreadableField("nonce")),
            (resource(#""ciphertext":"AA==","nonce":"0123456789ab""#), .decryptFailed),
            (resource(#""ciphertext":"","nonce":"0123456789ab""#), .decryptFailed),
            (resource(#""ciphertext":"!","nonce":"0123456789ab""#), .decryptFailed),
            (resource(#""ciphertext":"\#(tag)","nonce":"0123456789a""#), .decryptFailed),
            (resource(#""ciphertext":"\#(tag)","nonce":"0123456789abc""#), .decryptFailed),
            (
                resource(#""ciphertext":"\#(tag)","nonce":"0123456789ab","associated_data":1"#),
                .unreadableField("associated_data")
            ),
            ("[]", .json), ("", .json), (#"{"id":"1","id":"2"}"#, .json),
            (#"{"event_type":"T"}"#, .unreadableField("id")),
        ] as [(String, WeChatPayVerificationError)])
    func `a genuine body without readable content is refused`(
        text: String, error: WeChatPayVerificationError
    ) async throws {
        let client = try Gateway { _ in .init() }.client()
        let body = Array(text.utf8)
        let headers = try Sample.signed(body)
        await #expect(throws: error) { try await client.notification(body, headers) }
    }

    private static let tag = "MhI2kB+PZzqYcm6Yold3fg=="

    private static func resource(_ members: String) -> String {
        #"{"id":"1","event_type":"T","resource":{"algorithm":"AEAD_AES_256_GCM",\#(members)}}"#
    }

    @Test func `a body longer than the limit is refused unread`() async throws {
        let client = try Gateway { _ in .init() }.client()
        let body = Array(repeating: UInt8(ascii: " "), count: WeChatPayNotification.limit + 1)
        await #expect(throws: WeChatPayVerificationError.tooLarge) {
            try await client.notification(body, [:])
        }
    }

    @Test func `replies are what WeChat Pay reads`() {
        #expect(WeChatPayReply.success.status == 200)
        #expect(WeChatPayReply.success.body == Array(#"{"code":"SUCCESS"}"#.utf8))
        let failure = WeChatPayReply.failure(status: 401, message: "no \"key\"")
        #expect(failure.status == 401)
        #expect(failure.body == Array(#"{"code":"FAIL","message":"no \"key\""}"#.utf8))
        #expect(WeChatPayReply.failure(status: 201).status == 500)
    }

    @Test func `secrets are not printed`() throws {
        var text = ""
        let client = try Gateway { _ in .init() }.client()
        let program = WeChatMiniProgram(
            appID: "wx1", secret: "s3cret", transport: client.configuration.transportOfNobody)
        dump(client, to: &text)
        dump(program, to: &text)
        text += "\(client) \(program) \(Keys.merchant) \(Sample.apiV3Key)"
        for secret in ["s3cret", "kontor-test-apiv3", "BEGIN", "MII"] {
            #expect(!text.contains(secret), "\(secret)")
        }
    }

    @Test func `keys are refused with the reason`() throws {
        #expect(throws: WeChatPayKeyError.apiV3KeyLength(31)) {
            try WeChatPayAPIv3Key(String(repeating: "a", count: 31))
        }
        #expect(throws: WeChatPayKeyError.publicKeyGiven) {
            try WeChatPayPrivateKey(Keys.wechat.publicKey.pemRepresentation)
        }
        #expect(throws: WeChatPayKeyError.invalidPublicKeyID) {
            try WeChatPayCredentials.PublicKey(id: "01", key: Keys.wechat.publicKey)
        }
        #expect(throws: WeChatPayKeyError.nothingToVerifyWith) { try credentials() }
        #expect(throws: WeChatPayKeyError.ownKeyGivenAsWeChatPays) {
            try credentials([.init(id: "PUB_KEY_ID_1", key: Keys.merchant.publicKey)])
        }
        let key = try WeChatPayCredentials.PublicKey(
            id: "PUB_KEY_ID_1", key: Keys.wechat.publicKey)
        #expect(throws: WeChatPayKeyError.duplicateKey("PUB_KEY_ID_1")) {
            try credentials([key, key])
        }
        #expect(throws: WeChatPayKeyError.invalidSerial) { try credentials([key], serial: "xyz") }
        #expect(
            try WeChatPayCertificate.serial("serial=0a:1b 2C\n") == "0A1B2C")
    }

    private func credentials(
        _ keys: [WeChatPayCredentials.PublicKey] = [], serial: String = "01"
    ) throws -> WeChatPayCredentials {
        try WeChatPayCredentials(
            merchantKey: Keys.merchant, merchantSerial: serial, apiV3Key: Sample.apiV3Key,
            publicKeys: keys)
    }

    @Test func `a sensitive field survives encryption`() throws {
        let sealed = try WeChatPayCipher.sealField("张三", key: Keys.merchant.publicKey)
        #expect(try WeChatPayCipher.openField(sealed, key: Keys.merchant) == "张三")
        #expect(throws: WeChatPayVerificationError.decryptFailed) {
            try WeChatPayCipher.openField(sealed, key: Keys.stranger)
        }
        #expect(throws: WeChatPayKeyError.encryptionFailed) {
            try WeChatPayCipher.sealField(
                String(repeating: "a", count: 215), key: Keys.merchant.publicKey)
        }
    }

    @Test(arguments: [
        ("2025-03-01T10:47:16+08:00", 1_740_797_236), ("2025-03-01T02:47:16Z", 1_740_797_236),
        ("2025-03-01T02:47:16.123456Z", 1_740_797_236),
        ("2025-02-28T21:17:16-05:30", 1_740_797_236),
    ])
    func `moments are read with any offset`(text: String, seconds: Int) {
        #expect(WeChatPayTime.moment(text) == Date(timeIntervalSince1970: Double(seconds)))
    }

    @Test(arguments: [
        "", "2025-03-01T10:47:16", "2025-03-01 10:47:16Z", "2025-03-01T10:47:16+0800",
        "2025-03-01T10:47:16.Z", "2025-02-30T10:47:16Z", "2025-03-01T10:47:16+24:00",
        "2025-03-01T10:47:16ZZ",
    ])
    func `text that is no moment is refused`(text: String) {
        #expect(WeChatPayTime.moment(text) == nil)
    }

    @Test(arguments: [
        "", "WECHATPAY2-SHA256-RSA2048 ", "WECHATPAY2-SHA256-RSA2048 mchid=\"1\"",
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",nonce_str=\"n\",signature=\"s\",timestamp=\"x\","
            + "serial_no=\"1\"",
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",nonce_str=\"n\",signature=\"s\",timestamp=\"1\","
            + "serial_no=\"1\",serial_no=\"2\"",
        "WECHATPAY2-SM2-WITH-SM3 mchid=\"1\",nonce_str=\"n\",signature=\"s\",timestamp=\"1\","
            + "serial_no=\"1\"",
        "WECHATPAY2-SHA256-RSA2048 mchid=\"1\",,",
        "WECHATPAY2-SHA256-RSA2048 mchid=\"", "WECHATPAY2-SHA256-RSA2048 =\"",
    ])
    func `an authorization that is none is refused`(text: String) {
        #expect(WeChatPayAuthorization(headerValue: text) == nil)
    }
}

extension WeChatPayConfiguration {
    fileprivate var transportOfNobody: WeChatPayTransport {
        WeChatPayTransport { _ in WeChatPayTransport.Answer() }
    }
}
