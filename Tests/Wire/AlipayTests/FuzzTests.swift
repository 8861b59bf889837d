import Alipay
import Foundation
import Testing
import WireTestKit

/// Random damage to genuine messages, bounded and repeatable: nothing crashes, and nothing is
/// accepted that Alipay did not sign.
///
/// `KONTOR_FUZZ=1000000` tries so many inputs in each of them.
@Suite struct FuzzTests {
    @Test(arguments: [1, 2, 3, 4])
    func `a damaged notification is refused or says the same`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let form = Sample.notification([("subject", "C++ & Swift = 100%")])
        let body = Array(try form.signedAsNotification(with: Keys.alipay).encoded.utf8)
        for _ in 0..<Dice.rounds(1500, seeds: 4) {
            let damaged = dice.damaged(body, alphabet: Array("&=%+ 0aF".utf8))
            guard
                let notice = try? AlipayNotification(
                    verifying: damaged, with: Keys.alipay.publicKey)
            else { continue }
            #expect(notice.form.notificationText == form.notificationText)
            #expect(notice.total == AlipayAmount(fen: 8880))
            #expect(notice.outTradeNo == "KT_7")
        }
    }

    @Test(arguments: [5, 6, 7, 8])
    func `a damaged answer is refused or says the same`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let answer =
            #"{"code":"10000", "out_trade_no":"KT_7","subject":"} \" {\u4e2d\/","n":[-1.5e3,null,"#
            + #"{"a":[true]}],"total_amount":"88.80"}"#
        let method = "alipay.trade.query"
        let body = Array(
            try AlipayResponse.signed(answer, method: method, with: Keys.alipay).utf8)
        #expect(
            try AlipayResponse(verifying: body, method: method, with: Keys.alipay.publicKey)[
                "subject"] == "} \" {中/")
        for _ in 0..<Dice.rounds(1500, seeds: 4) {
            let damaged = dice.damaged(body, alphabet: Array("{}[]\",:\\u0".utf8))
            guard
                let response = try? AlipayResponse(
                    verifying: damaged, method: method, with: Keys.alipay.publicKey)
            else { continue }
            #expect(response.signedText == Array(answer.utf8))
        }
    }

    @Test(arguments: [9, 10])
    func `random bytes never crash a reader`(seed: UInt64) {
        var dice = Dice(seed: seed)
        let forms = Array("a=1&%4+".utf8)
        let json = Array("{}[]\",:\\u012.eE-truefalsn ".utf8)
        for _ in 0..<Dice.rounds(3000, seeds: 2) {
            let length = Int.random(in: 0..<64, using: &dice)
            let alphabet = Bool.random(using: &dice) ? forms : json
            let bytes = (0..<length).map { _ in
                Int.random(in: 0..<20, using: &dice) == 0
                    ? UInt8.random(in: .min ... .max, using: &dice)
                    : alphabet.randomElement(using: &dice) ?? 0
            }
            if let form = try? AlipayForm(decoding: bytes) {
                #expect((try? AlipayForm(decoding: form.encoded.utf8)) == form)
            }
            _ = try? AlipayResponse(verifying: bytes, method: "", with: Keys.alipay.publicKey)
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? AlipayPrivateKey(text)
            _ = try? AlipayPublicKey(text)
            _ = AlipayTime.moment(text)
            if let amount = try? AlipayAmount(yuan: text) {
                #expect((try? AlipayAmount(yuan: amount.yuan)) == amount)
            }
        }
    }

    /// Keys and certificates, in PEM and base64, with bytes changed under the base64 too.
    @Test(arguments: [11, 12])
    func `a damaged key or certificate is refused or the same`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let texts = [
            Chain.text("alipay.pem"), Chain.text("roots.pem"), Chain.text("next.key"),
            Keys.alipay.publicKey.pemRepresentation,
        ]
        let alphabet = Array("-BEGINDCRTFATEabc=\n\\ ".utf8)
        for _ in 0..<Dice.rounds(1500, seeds: 2) {
            let text = texts.randomElement(using: &dice) ?? ""
            var bytes = Array(text.utf8)
            if Bool.random(using: &dice),
                let der = Data(
                    base64Encoded: text.split(separator: "\n").filter { !$0.hasPrefix("-") }
                        .prefix(20).joined())
            {
                bytes = Array(
                    Data(dice.damaged(Array(der), alphabet: [0x30, 0x82, 0xFF, 0, 6]))
                        .base64EncodedString().utf8)
            } else {
                bytes = dice.damaged(bytes, alphabet: alphabet)
            }
            let damaged = String(decoding: bytes, as: UTF8.self)
            if let certificate = try? AlipayCertificate(damaged) {
                #expect(certificate.serial.utf8.count == 32)
            }
            if let roots = try? AlipayRootCertificates(damaged) {
                #expect(roots.serial.utf8.count % 33 == 32)
            }
            _ = try? AlipayPrivateKey(damaged)
            _ = try? AlipayPublicKey(damaged)
        }
    }

    @Test(arguments: [13, 14])
    func `a damaged bill is refused or read, and never too much of it`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let zips = [try Zip.file("trades.zip"), try Zip.file("account.zip"), Zip.bomb(says: 9)]
        let text = Array("\(BillTests.header)\n\(BillTests.line)\n\(BillTests.end)".utf8)
        for _ in 0..<Dice.rounds(1500, seeds: 2) {
            if Bool.random(using: &dice) {
                let zip = zips.randomElement(using: &dice) ?? []
                let damaged = dice.damaged(zip, alphabet: [0x50, 0x4B, 1, 2, 3, 4, 5, 6, 0, 0xFF])
                _ = try? AlipayBill(.trades, zip: damaged)
                _ = try? AlipayBill(.account, zip: damaged)
            } else {
                let damaged = dice.damaged(text, alphabet: Array(",\"\n\r\t#-.09".utf8))
                guard case .trades(let lines) = try? AlipayBill(.trades, csv: damaged) else {
                    continue
                }
                #expect(lines.allSatisfy { !$0.tradeNo.isEmpty })
            }
        }
    }

    @Test func `nesting without end is refused before the stack is`() {
        for open in ["[", "{\"a\":"] {
            let body = "{\"x_response\":" + String(repeating: open, count: 60_000)
            #expect(throws: AlipayVerificationError.json) {
                try AlipayResponse(
                    verifying: Array(body.utf8), method: "x", with: Keys.alipay.publicKey)
            }
        }
    }

    @Test(arguments: [
        "", "{", "[]", "{}x", "{\"a\":1,}", "{\"a\":01}", "{\"a\":.5}", "{\"a\":tru}",
        "{\"a\":\"\u{1}\"}", "{\"a\":\"\\x\"}", "{\"a\":\"\\u12\"}", "{'a':1}", "{\"a\" 1}",
        "{\"a\":1,\"a\":1}", "{\"a\":1,\"\\u0061\":1}",
    ])
    func `text that is not one JSON object is refused`(text: String) {
        #expect(throws: AlipayVerificationError.json) {
            try AlipayResponse(
                verifying: Array(text.utf8), method: "x", with: Keys.alipay.publicKey)
        }
    }
}
