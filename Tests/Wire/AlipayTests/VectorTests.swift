import Alipay
import Foundation
import Testing
import WireTestKit

/// The suites of test vectors, one case each.
@Suite struct VectorTests {
    @Test(arguments: [
        "alipay_amounts", "alipay_cert_sn", "alipay_key_formats", "alipay_notify_verify",
        "alipay_request_sign",
        "alipay_sync_response",
    ])
    func `every suite has cases`(name: String) {
        #expect(!Vector.suite(name).isEmpty)
    }

    @Test(arguments: Vector.suite("alipay_amounts"))
    func `yuan text is read and written exactly`(vector: Vector) throws {
        let yuan = try #require(vector.input["yuan"].text)
        guard vector.expected["error"].flag != true else {
            #expect(throws: AlipayAmountError.self) { try AlipayAmount(yuan: yuan) }
            return
        }
        let amount = try AlipayAmount(yuan: yuan)
        #expect(amount.fen == vector.expected["fen"].number)
        #expect(amount.yuan == vector.expected["canonical_yuan"].text)
    }

    @Test(arguments: Vector.suite("alipay_key_formats"))
    func `every form of a key is the same key`(vector: Vector) throws {
        let text = try #require(vector.input["text"].text)
        let message = try bytes(vector.input["message"])
        switch (vector.input["kind"].text, vector.expected["error"].flag) {
        case ("private", true):
            #expect(throws: AlipayKeyError.self) { try AlipayPrivateKey(text) }
        case ("public", true):
            #expect(throws: AlipayKeyError.self) { try AlipayPublicKey(text) }
        case ("private", _):
            let sign = try AlipaySignature.sign(message, with: AlipayPrivateKey(text))
            #expect(sign == vector.expected["sign"].text)
        case ("public", _):
            let sign = try bytes(vector.input["sign"])
            let key = try AlipayPublicKey(text)
            let isValid = AlipaySignature.isValid(sign, of: message, with: key)
            #expect(isValid == vector.expected["valid"].flag)
        case (let kind, _):
            Issue.record("unknown kind \(kind ?? "")")
        }
    }

    @Test(arguments: Vector.suite("alipay_request_sign"))
    func `a request is canonicalised, signed and encoded`(vector: Vector) throws {
        let text = try #require(vector.keys["app_private_key_pkcs8_pem"].text)
        let key = try AlipayPrivateKey(text)
        let pairs = vector.input["params"].members.map { ($0.key, $0.value.text ?? "") }
        let form = AlipayForm(pairs)
        #expect(form.requestText == (try bytes(vector.expected["canonical"])))

        let signed = try form.signedAsRequest(with: key)
        #expect(signed["sign"] == vector.expected["sign"].text)
        #expect(signed.encoded == vector.expected["query"].text)
        try AlipayForm(decoding: signed.encoded.utf8).verifyRequest(with: key.publicKey)
    }

    @Test(arguments: Vector.suite("alipay_notify_verify"))
    func `a notification or return is verified or refused for its reason`(vector: Vector) throws {
        let key = try AlipayPublicKey(try #require(vector.keys["alipay_public_key_pem"].text))
        let isReturn = vector.input["kind"].text == "return_url"
        let body = try bytes(vector.input[isReturn ? "query" : "raw_body"])
        guard vector.expected["valid"].flag == true else {
            let error = #expect(throws: AlipayVerificationError.self) {
                _ =
                    isReturn
                    ? try AlipayReturn(verifying: body, with: key).form
                    : try AlipayNotification(verifying: body, with: key).form
            }
            #expect(error?.reason == vector.expected["reason"].text)
            return
        }
        let form =
            isReturn
            ? try AlipayReturn(verifying: body, with: key).form
            : try AlipayNotification(verifying: body, with: key).form
        if let base64 = vector.expected["canonical_base64"].text {
            #expect(Data(form.notificationText).base64EncodedString() == base64)
        } else {
            #expect(form.notificationText == (try bytes(vector.expected["canonical"])))
        }
        for (name, value) in vector.expected["params"].members {
            #expect(form.bytes(name) == (try bytes(value)), "\(name)")
        }
    }

    @Test(arguments: Vector.suite("alipay_sync_response"))
    func `an answer is verified over its raw bytes`(vector: Vector) throws {
        let key = try AlipayPublicKey(try #require(vector.keys["alipay_public_key_pem"].text))
        let method = try #require(vector.input["method"].text)
        let body = try bytes(vector.input["raw_body"])
        guard vector.expected["valid"].flag == true else {
            let error = #expect(throws: AlipayVerificationError.self) {
                try AlipayResponse(verifying: body, method: method, with: key)
            }
            #expect(error?.reason == vector.expected["reason"].text)
            if case .unsignedError(let fault) = error {
                #expect(fault.code == vector.expected["code"].text)
            }
            return
        }
        let response = try AlipayResponse(verifying: body, method: method, with: key)
        #expect(response.signedText == (try bytes(vector.expected["signed_text"])))
        for (name, value) in vector.expected["response"].members {
            if let text = value.text { #expect(response[name] == text, "\(name)") }
        }
        if let code = vector.expected["code"].text {
            #expect(response.fault?.code == code)
        }
    }

    private func bytes(_ json: JSON) throws -> [UInt8] {
        Array(try #require(json.text).utf8)
    }
}
