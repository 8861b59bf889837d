import Alipay
import Foundation
import Testing

/// Forms, signatures, notifications and returns.
@Suite struct MessageTests {
    @Test(arguments: [
        "a", "a=1&&b=2", "&a=1", "a=1&", "=1", "a=%", "a=%4", "a=%4G", "a=%%41", "a= b", "a=\n",
        "a=é", "a=\u{7F}",
    ])
    func `a form with a mistake is refused`(text: String) {
        #expect(throws: AlipayFormError.malformed) { try AlipayForm(decoding: text.utf8) }
    }

    @Test(arguments: ["a=1&a=1", "a=1&b=2&%61=3", "a=&a="])
    func `a repeated name is refused, however it is written`(text: String) {
        #expect(throws: AlipayFormError.duplicateParameter("a")) {
            try AlipayForm(decoding: text.utf8)
        }
    }

    @Test func `a form longer than the limit is refused`() throws {
        let longest = "a=" + String(repeating: "x", count: 65_534)
        #expect(try AlipayForm(decoding: longest.utf8).fields.count == 1)
        #expect(throws: AlipayFormError.tooLarge) {
            try AlipayForm(decoding: (longest + "x").utf8)
        }
    }

    @Test func `every byte survives encoding and decoding`() throws {
        let all = (0...127).map { String(UnicodeScalar(UInt8($0))) }.joined() + "é e\u{301} 🎓"
        let form = AlipayForm([("all", all), ("empty", "")])
        #expect(try AlipayForm(decoding: form.encoded.utf8) == form)
        #expect(try AlipayForm(decoding: [UInt8]()).fields.isEmpty)
    }

    @Test func `names that differ only in composition are two names`() throws {
        let form = try AlipayForm(decoding: "%C3%A9=1&e%CC%81=2".utf8)
        #expect(form["\u{E9}"] == "1")
        #expect(form["e\u{301}"] == "2")
    }

    @Test func `SHA-1 and PSS signatures are refused`() throws {
        let key = try AlipayPublicKey(OpenSSL.publicKey)
        let message = Array("app_id=1&total_amount=1.00".utf8)
        let isValid = { (sign: String) in
            AlipaySignature.isValid(Array(sign.utf8), of: message, with: key)
        }
        #expect(isValid(OpenSSL.sha256))
        #expect(!isValid(OpenSSL.sha1))
        #expect(!isValid(OpenSSL.pss))
        for type in [("sign_type", "RSA2"), ("sign_type", "RSA"), ("charset", "utf-8")] {
            let form = AlipayForm([
                ("app_id", "1"), ("total_amount", "1.00"), ("sign", OpenSSL.sha1), type,
            ])
            #expect(throws: AlipayVerificationError.self) { try form.verifyNotification(with: key) }
        }
    }

    @Test func `a signature is base64 in exactly one spelling`() throws {
        let key = try AlipayPublicKey(OpenSSL.publicKey)
        let message = Array("app_id=1&total_amount=1.00".utf8)
        let sign = OpenSSL.sha256
        let spellings = [
            sign + "\n", " " + sign, String(sign.dropLast(2)), sign + "=", sign + "AAAA", "",
            sign.replacing("+", with: " "), sign.replacing("/", with: "_"),
        ]
        for spelling in spellings {
            #expect(!AlipaySignature.isValid(Array(spelling.utf8), of: message, with: key))
        }
    }

    @Test func `weak and foreign keys are refused with the reason`() throws {
        #expect(throws: AlipayKeyError.tooShort) { try AlipayPrivateKey(OpenSSL.private1024) }
        #expect(throws: AlipayKeyError.tooShort) { try AlipayPublicKey(OpenSSL.public1024) }
        #expect(throws: AlipayKeyError.unreadable) { try AlipayPrivateKey(OpenSSL.elliptic) }
        #expect(throws: AlipayKeyError.publicKeyGiven) { try AlipayPrivateKey(OpenSSL.publicKey) }
        #expect(throws: AlipayKeyError.privateKeyGiven) {
            try AlipayPublicKey(Keys.app.pemRepresentation)
        }
        #expect(throws: AlipayKeyError.unsupported("CERTIFICATE")) {
            try AlipayPublicKey("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")
        }
        #expect(throws: AlipayKeyError.empty) { try AlipayPublicKey(" \r\n") }
        #expect(throws: AlipayKeyError.unreadable) { try AlipayPublicKey("-----BEGIN X") }
    }

    @Test func `a key survives its PEM, also with its line breaks spelled out or lost`() throws {
        let pem = Keys.app.publicKey.pemRepresentation
        for text in [
            pem, pem.replacing("\n", with: "\\n"), pem.replacing("\n", with: ""),
            Keys.app.publicKey.base64Representation,
        ] {
            #expect(try AlipayPublicKey(text) == Keys.app.publicKey)
        }
        let again = try AlipayPrivateKey(Keys.app.pemRepresentation)
        #expect(again.publicKey == Keys.app.publicKey)
    }

    @Test func `a private key is never printed`() {
        var dump = ""
        Swift.dump(["key": Keys.app], to: &dump)
        #expect("\(Keys.app)" == "AlipayPrivateKey(2048 bit)")
        #expect(!dump.contains("BEGIN"))
        #expect(dump.utf8.count < 200)
    }

    @Test func `a notification becomes values`() throws {
        let notice = try Sample.received(Sample.notification())
        #expect(notice.total == AlipayAmount(fen: 8880))
        #expect(notice.status == .success)
        #expect(notice.event == .paid)
        #expect(notice.notifyTime == Sample.moment)
        #expect(notice.paidAt == Sample.moment.addingTimeInterval(-1))
        try notice.check(
            appID: "2021", sellerID: "2088", outTradeNo: "KT_7", amount: AlipayAmount(fen: 8880))
    }

    @Test(
        arguments: [
            ("app_id", "2022", AlipayMismatch.appID(received: "2022")),
            ("seller_id", "2089", .sellerID(received: "2089")),
            ("seller_id", nil, .sellerID(received: nil)),
            ("out_trade_no", "KT_8", .outTradeNo(received: "KT_8")),
            (
                "total_amount", "88.79",
                .amount(expected: AlipayAmount(fen: 8880), received: AlipayAmount(fen: 8879))
            ),
        ] as [(String, String?, AlipayMismatch)])
    func `a genuine notification about something else is a mismatch`(
        name: String, value: String?, mismatch: AlipayMismatch
    ) throws {
        let notice = try Sample.received(Sample.notification([(name, value)]))
        #expect(throws: mismatch) {
            try notice.check(
                appID: "2021", sellerID: "2088", outTradeNo: "KT_7",
                amount: AlipayAmount(fen: 8880))
        }
    }

    @Test(
        arguments: [
            ([("trade_status", "WAIT_BUYER_PAY")], .waiting),
            ([("trade_status", "TRADE_FINISHED")], .finished),
            ([("refund_fee", "0.00")], .paid),
            ([("refund_fee", "8.80")], .refunded(AlipayAmount(fen: 880))),
            ([("trade_status", "TRADE_CLOSED")], .closedUnpaid),
            (
                [("trade_status", "TRADE_CLOSED"), ("refund_fee", "88.80")],
                .refunded(AlipayAmount(fen: 8880))
            ),
            (
                [("trade_status", "TRADE_CLOSED"), ("gmt_refund", "2025-03-02 00:00:00.123")],
                .refunded(AlipayAmount(fen: 8880))
            ),
        ] as [([(String, String)], AlipayNotification.Event)])
    func `refunds are told apart from payments and closes`(
        changes: [(String, String)], event: AlipayNotification.Event
    ) throws {
        let form = Sample.notification(changes.map { ($0.0, $0.1) })
        #expect(try Sample.received(form).event == event)
    }

    @Test(
        arguments: [
            ("trade_status", "TRADE_MAYBE"), ("total_amount", "88.8.0"), ("total_amount", nil),
            ("refund_fee", ""), ("out_trade_no", ""), ("notify_id", nil),
        ] as [(String, String?)])
    func `a genuine notification without readable values is refused`(
        name: String, value: String?
    ) {
        #expect(throws: AlipayVerificationError.unreadableField(name)) {
            try Sample.received(Sample.notification([(name, value)]))
        }
    }

    @Test func `a boundary between parameters cannot be moved`() throws {
        // Whoever may write the subject writes a second amount into it ...
        let form = Sample.notification([("subject", "x&total_amount=9999.00&trade=")])
        let signed = try form.signedAsNotification(with: Keys.alipay)
        #expect(throws: AlipayVerificationError.ambiguousField("total_amount")) {
            try AlipayNotification(verifying: signed.encoded.utf8, with: Keys.alipay.publicKey)
        }
        // ... and sends the same signed text cut at other places.
        var forged = signed
        forged["subject"] = "x"
        forged["total_amount"] = "9999.00"
        forged["trade"] = "&total_amount=88.80"
        #expect(forged.notificationText == signed.notificationText)
        #expect(throws: AlipayVerificationError.ambiguousField("total_amount")) {
            try AlipayNotification(verifying: forged.encoded.utf8, with: Keys.alipay.publicKey)
        }
        // The same with a separator inside a name.
        var named = try Sample.notification().signedAsNotification(with: Keys.alipay)
        named["app_id"] = nil
        named["body"] = nil
        named["app_id=2021&body"] = ""
        #expect(throws: AlipayVerificationError.form(.malformed)) {
            try named.verifyNotification(with: Keys.alipay.publicKey)
        }
    }

    @Test func `own parameters of the return address are removed before verifying`() throws {
        let form = AlipayForm([
            ("app_id", "2021"), ("trade_no", "1"), ("out_trade_no", "KT_7"),
            ("total_amount", "88.80"), ("timestamp", "2025-03-01 10:47:16"),
        ])
        let query = "from=orders&" + (try form.signedAsNotification(with: Keys.alipay).encoded)
        let key = Keys.alipay.publicKey
        #expect(throws: AlipayVerificationError.badSignature) {
            try AlipayReturn(verifying: query.utf8, with: key)
        }
        let back = try AlipayReturn(verifying: query.utf8, with: key, removing: ["from"])
        #expect(back.outTradeNo == "KT_7")
        #expect(back.timestamp == Sample.moment)
    }

    @Test(arguments: [
        ("1970-01-01 08:00:00", 0), ("2000-02-29 00:00:00", 951_753_600),
        ("2100-03-01 23:59:59", 4_107_599_999),
    ])
    func `Beijing time is written and read`(text: String, seconds: Int) {
        let moment = Date(timeIntervalSince1970: Double(seconds))
        #expect(AlipayTime.text(moment) == text)
        #expect(AlipayTime.moment(text) == moment)
    }

    @Test(arguments: [
        "", "2025-02-29 00:00:00", "2025-13-01 00:00:00", "2025-01-01 24:00:00",
        "2025-01-01T00:00:00", "2025-01-01 00:00:00Z", "2025-01-01 00:00:00.x",
    ])
    func `text that is no moment is refused`(text: String) {
        #expect(AlipayTime.moment(text) == nil)
    }

    @Test func `amounts at the edges of Int64 neither trap nor wrap`() throws {
        #expect(try AlipayAmount(yuan: "92233720368547758.07").fen == .max)
        for yuan in ["92233720368547758.08", "92233720368547759", "00.10", "01"] {
            #expect(throws: AlipayAmountError.self) { try AlipayAmount(yuan: yuan) }
        }
        #expect(AlipayAmount(fen: .min).yuan == "-92233720368547758.08")
        #expect(AlipayAmount(fen: -5).yuan == "-0.05")
    }
}
