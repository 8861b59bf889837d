import Foundation
import Testing
import WeChatPay
import WireTestKit

/// The suites of test vectors, one case each.
@Suite struct VectorTests {
    @Test(arguments: [
        "wechat_authorization", "wechat_decrypt", "wechat_notify", "wechat_pay_sign",
        "wechat_response_verify",
    ])
    func `every suite has cases`(name: String) {
        #expect(!Vector.suite(name).isEmpty)
    }

    @Test(arguments: Vector.suite("wechat_authorization"))
    func `a request is signed`(vector: Vector) throws {
        let key = try WeChatPayPrivateKey(text(vector.keys["mch_private_key_pkcs8_pem"]))
        let method = try text(vector.input["method"])
        let path = try text(vector.input["path_and_query"])
        let body = try bytes(vector.input["body"])
        let timestamp = try #require(vector.input["timestamp"].number)
        let nonce = try text(vector.input["nonce_str"])
        let message = WeChatPayAuthorization.message(
            method: method, path: path, timestamp: timestamp, nonce: nonce, body: body)
        #expect(message == (try bytes(vector.expected["message"])))

        let header = try WeChatPayAuthorization(
            method: method, path: path, body: body, mchID: text(vector.input["mchid"]),
            serial: text(vector.input["serial_no"]), nonce: nonce, timestamp: timestamp, key: key)
        #expect(header.signature == vector.expected["signature"].text)
        let fields = vector.expected["fields"]
        #expect(header.mchID == fields["mchid"].text)
        #expect(header.nonce == fields["nonce_str"].text)
        #expect(String(header.timestamp) == fields["timestamp"].text)
        #expect(header.serial == fields["serial_no"].text)
        // Written and read again, and as the vectors write it.
        let authorization = try text(vector.expected["authorization"])
        for written in [header.headerValue, authorization] {
            #expect(WeChatPayAuthorization(headerValue: written) == header)
        }
        let isValid = header.isValid(
            method: method, path: path, body: body, with: key.publicKey)
        #expect(isValid)
    }

    @Test(arguments: Vector.suite("wechat_pay_sign"))
    func `what opens the cashier is signed`(vector: Vector) throws {
        let client = try client(vector)
        let prepayID = try text(vector.input["prepay_id"])
        let appID = try text(vector.input["appid"])
        let parameters: any Encodable =
            switch vector.input["kind"].text {
            case "miniprogram":
                try client.miniProgramParameters(prepayID: prepayID, appID: appID)
            case "jsapi": try client.jsapiParameters(prepayID: prepayID, appID: appID)
            default: try client.appParameters(prepayID: prepayID, appID: appID)
            }
        let json = try JSONDecoder().decode(
            [String: String].self, from: JSONEncoder().encode(parameters))
        #expect(json == vector.expected["client_params"].members.compactMapValues(\.text))
        #expect((json["paySign"] ?? json["sign"]) == vector.expected["signature"].text)
    }

    @Test(arguments: Vector.suite("wechat_notify"))
    func `a notification is verified and decrypted, or refused for its reason`(
        vector: Vector
    ) throws {
        let notice: WeChatPayNotification
        do {
            notice = try WeChatPayNotification(
                verifying: try bytes(vector.input["raw_body"]), headers(vector),
                with: try verifier(vector),
                key: WeChatPayAPIv3Key(text(vector.keys["apiv3_key"])), at: try now(vector))
        } catch let error as WeChatPayVerificationError {
            #expect(vector.expected["valid"].flag == false)
            #expect(error.reason == vector.expected["reason"].text)
            return
        }
        #expect(vector.expected["valid"].flag == true)
        #expect(notice.plaintext == (try bytes(vector.expected["plaintext"])))
        let resource = vector.expected["resource"]
        switch notice.event {
        case .paid(let payment):
            #expect(payment.outTradeNo == resource["out_trade_no"].text)
            #expect(payment.transactionID == resource["transaction_id"].text)
            #expect(payment.total == resource["amount"]["total"].number)
            #expect(payment.payerTotal == resource["amount"]["payer_total"].number)
            #expect(payment.openID?.value == resource["payer"]["openid"].text)
            #expect(
                payment.paidAt.map(WeChatPayTime.text) == resource["success_time"].text)
        case .refund(let refund):
            #expect(refund.outRefundNo == resource["out_refund_no"].text)
            #expect(refund.refundID == resource["refund_id"].text)
            #expect(refund.refund == resource["amount"]["refund"].number)
            #expect(refund.total == resource["amount"]["total"].number)
            #expect(refund.status.rawValue == resource["refund_status"].text)
        case .other(let type):
            Issue.record("unknown event \(type)")
        }
    }

    @Test(arguments: Vector.suite("wechat_response_verify"))
    func `an answer is verified or refused for its reason`(vector: Vector) throws {
        let error = try reason {
            try verifier(vector).verify(
                bytes(vector.input["raw_body"]), headers(vector), at: now(vector))
        }
        #expect((error == nil) == vector.expected["valid"].flag)
        #expect(error == vector.expected["reason"].text)
    }

    @Test(arguments: Vector.suite("wechat_decrypt"))
    func `what is encrypted is opened or refused`(vector: Vector) throws {
        let ciphertext = try text(vector.input["ciphertext"])
        var plaintext: [UInt8]?
        let error = try reason {
            if vector.input["kind"].text == "rsa_oaep_sha1" {
                let key = try WeChatPayPrivateKey(text(vector.input["private_key_pkcs8_pem"]))
                plaintext = Array(try WeChatPayCipher.openField(ciphertext, key: key).utf8)
            } else {
                plaintext = try WeChatPayCipher.open(
                    ciphertext, nonce: text(vector.input["nonce"]),
                    associatedData: text(vector.input["associated_data"]),
                    key: WeChatPayAPIv3Key(text(vector.input["apiv3_key"])))
            }
        }
        if vector.expected["error"].flag == true {
            #expect(error == "decrypt_failed")
        } else {
            #expect(plaintext == (try bytes(vector.expected["plaintext"])))
        }
    }

    // MARK: Reading a case

    private func text(_ json: JSON) throws -> String { try #require(json.text) }

    private func bytes(_ json: JSON) throws -> [UInt8] { Array(try text(json).utf8) }

    private func now(_ vector: Vector) throws -> Date {
        Date(timeIntervalSince1970: Double(try #require(vector.input["now"].number)))
    }

    private func headers(_ vector: Vector) -> WeChatPayHeaders {
        WeChatPayHeaders(
            vector.input["headers"].members.map { (name: $0.key, value: $0.value.text ?? "") })
    }

    /// Both keys at once, whatever the case says, as during a migration: each message names its.
    private func verifier(_ vector: Vector) throws -> WeChatPayVerifier {
        let key = try WeChatPayCredentials.PublicKey(
            id: text(vector.keys["wechatpay_public_key_id"]),
            key: WeChatPayPublicKey(text(vector.keys["wechatpay_public_key_pem"])))
        let certificates = try vector.keys["platform_cert_pem"].text.map {
            [try WeChatPayCertificate($0)]
        }
        if let serial = vector.keys["platform_cert_serial"].text {
            #expect(certificates?.first?.serial == serial)
        }
        return WeChatPayVerifier(publicKeys: [key], certificates: certificates ?? [])
    }

    private func client(_ vector: Vector) throws -> WeChatPayClient {
        let appID = try text(vector.input["appid"])
        let credentials = try WeChatPayCredentials(
            merchantKey: WeChatPayPrivateKey(text(vector.keys["mch_private_key_pkcs8_pem"])),
            merchantSerial: "01", apiV3Key: Sample.apiV3Key, fetchesCertificates: true)
        let seconds = try #require(Double(try text(vector.input["timestamp"])))
        let nonce = try text(vector.input["nonce"])
        return WeChatPayClient(
            WeChatPayConfiguration(
                mchID: try text(vector.input["mchid"]), appIDs: [appID], credentials: credentials),
            transport: WeChatPayTransport { _ in WeChatPayTransport.Answer() },
            now: { Date(timeIntervalSince1970: seconds) }, nonce: { nonce })
    }

    private func reason(_ work: () throws -> Void) throws -> String? {
        do {
            try work()
            return nil
        } catch let error as WeChatPayVerificationError {
            return error.reason
        }
    }
}
