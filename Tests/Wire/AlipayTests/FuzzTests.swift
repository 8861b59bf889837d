import Alipay
import Foundation
import Testing
import WireTestKit

/// Random damage to genuine messages, bounded and repeatable: nothing crashes, and nothing is
/// accepted that Alipay did not sign.
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
