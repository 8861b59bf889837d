import Foundation
import Testing
import WeChatPay
import WireKit
import WireTestKit

/// Random damage to genuine messages, bounded and repeatable: nothing crashes, and nothing is
/// accepted that WeChat Pay did not write. `KONTOR_FUZZ=1000000` goes round so often instead.
@Suite struct FuzzTests {
    @Test(arguments: [1, 2])
    func `a damaged notification is refused or says the same`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let (body, headers) = try Sample.notification()
        let keys = try Sample.configuration().credentials.verifier
        for _ in 0..<Dice.rounds(1000, seeds: 2) {
            let damaged = dice.damaged(body, alphabet: Array("{}[]\",:\\u0".utf8))
            let notice = try? WeChatPayNotification(
                verifying: damaged, headers, with: keys, key: Sample.apiV3Key, at: Sample.moment)
            #expect(notice == nil || damaged == body)
        }
    }

    @Test(arguments: [3, 4])
    func `damaged headers are refused or say the same`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let (body, headers) = try Sample.notification()
        let keys = try Sample.configuration().credentials.verifier
        let alphabet = Array("0123456789ABCDEF+/= \n\twechatpay-".utf8)
        for _ in 0..<Dice.rounds(1000, seeds: 2) {
            var fields = headers.fields.map { (name: $0.name, value: $0.value) }
            let at = Int.random(in: fields.indices, using: &dice)
            let damaged = String(
                decoding: dice.damaged(Array(fields[at].value.utf8), alphabet: alphabet),
                as: UTF8.self)
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: fields.append((name: fields[at].name, value: damaged))
            case 1: fields.remove(at: at)
            default: fields[at].value = damaged
            }
            let notice = try? WeChatPayNotification(
                verifying: body, WeChatPayHeaders(fields), with: keys, key: Sample.apiV3Key,
                at: Sample.moment)
            #expect(notice == nil || notice?.id == "EV-1")
            _ = WeChatPayAuthorization(headerValue: "WECHATPAY2-SHA256-RSA2048 " + damaged)
        }
    }

    @Test(arguments: [5, 6])
    func `damaged content behind a good signature never crashes`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let contents = [Sample.transaction(), Sample.refund()]
        for round in 0..<Dice.rounds(2000, seeds: 2) {
            let isRefund = round % 2 == 1
            let content = dice.damaged(
                contents[isRefund ? 1 : 0], alphabet: Array("{}[]\",:\\u0-9.e".utf8))
            let body = try WeChatPayNotification.sealed(
                id: "1", createdAt: Sample.moment,
                eventType: isRefund ? "REFUND.SUCCESS" : "TRANSACTION.SUCCESS",
                originalType: "x", content: content, nonce: "0123456789ab", key: Sample.apiV3Key)
            let notice = try? WeChatPayNotification(verified: body, key: Sample.apiV3Key)
            if case .paid(let payment) = notice?.event {
                #expect((payment.total ?? 0) >= 0)
            }
        }
    }

    @Test(arguments: [7, 8])
    func `a damaged envelope never crashes and never decrypts to something else`(
        seed: UInt64
    ) throws {
        var dice = Dice(seed: seed)
        let content = Sample.transaction()
        let (body, _) = try Sample.notification(content)
        for _ in 0..<Dice.rounds(2000, seeds: 2) {
            let damaged = dice.damaged(body, alphabet: Array("{}[]\",:\\u0AZaz09+/=".utf8))
            let notice = try? WeChatPayNotification(verified: damaged, key: Sample.apiV3Key)
            #expect(notice == nil || notice?.plaintext == content)
        }
    }

    @Test(arguments: [9, 10])
    func `damaged ciphertext, nonces and data never open`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let sealed = try WeChatPayCipher.seal(
            Array("{}".utf8), nonce: "0123456789ab", associatedData: "transaction",
            key: Sample.apiV3Key)
        let alphabet = Array("ABCabc019+/=\0\n".utf8)
        let parts = [sealed, "0123456789ab", "transaction"]
        for _ in 0..<Dice.rounds(3000, seeds: 2) {
            var changed = parts
            let at = Int.random(in: 0..<3, using: &dice)
            changed[at] = String(
                decoding: dice.damaged(Array(parts[at].utf8), alphabet: alphabet), as: UTF8.self)
            let plaintext = try? WeChatPayCipher.open(
                changed[0], nonce: changed[1], associatedData: changed[2], key: Sample.apiV3Key)
            #expect(plaintext == nil || changed == parts)
        }
    }

    @Test(arguments: [11, 12])
    func `a damaged bill never crashes and never grows`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let file = Array(BillSample.text().utf8)
        for _ in 0..<Dice.rounds(1000, seeds: 2) {
            let damaged = dice.damaged(file, alphabet: Array("`,.-0123456789\r\n".utf8))
            guard let bill = try? WeChatPayTradeBill(damaged) else { continue }
            #expect(bill.totals.count == Int64(bill.rows.count + bill.unreadableLines.count))
        }
    }

    @Test(arguments: [13, 14])
    func `a damaged gzip file never crashes and never exceeds the limit`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let file = Gzip.stored(Array(BillSample.text().utf8))
        for _ in 0..<Dice.rounds(2000, seeds: 2) {
            // Random blocks too: what follows the header is read as codes.
            var damaged = dice.damaged(file, alphabet: [0, 1, 2, 3, 4, 5, 0xFF])
            if Bool.random(using: &dice), damaged.count > 10 {
                damaged[10] = UInt8.random(in: .min ... .max, using: &dice)
            }
            let bytes = try? Gzip.unpacked(damaged, limit: 4096)
            #expect((bytes?.count ?? 0) <= 4096)
        }
    }

    @Test(arguments: [15, 16])
    func `damaged certificates and lists never crash the readers`(seed: UInt64) throws {
        var dice = Dice(seed: seed)
        let pem = try Sample.certificate()
        let genuine = try WeChatPayCertificate(pem)
        let der = try #require(
            Data(
                base64Encoded: pem.split(separator: "\n").filter { !$0.hasPrefix("-") }.joined()))
        let list = try WeChatPayCertificateList.sealed(
            [(pem: pem, nonce: "0123456789ab")], key: Sample.apiV3Key)
        for round in 0..<Dice.rounds(1000, seeds: 2) {
            switch round % 3 {
            case 0:
                let text = dice.damaged(Array(pem.utf8), alphabet: Array("-AZ+/=\\n".utf8))
                _ = try? WeChatPayCertificate(String(decoding: text, as: UTF8.self))
            case 1:
                let bytes = dice.damaged(Array(der), alphabet: [0, 2, 3, 0x30, 0x80, 0xFF])
                _ = try? WeChatPayCertificate(Data(bytes).base64EncodedString())
            default:
                let body = dice.damaged(list, alphabet: Array("{}[]\",:\\u0=".utf8))
                let opened = try? WeChatPayCertificateList.opened(body, key: Sample.apiV3Key)
                #expect(opened?.allSatisfy { $0 == genuine } ?? true)
            }
        }
    }

    @Test func `nesting without end is refused before the stack is`() {
        for open in ["[", "{\"a\":"] {
            let body = "{\"data\":" + String(repeating: open, count: 60_000)
            #expect(throws: WeChatPayVerificationError.json) {
                try WeChatPayCertificateList.opened(Array(body.utf8), key: Sample.apiV3Key)
            }
        }
    }
}
