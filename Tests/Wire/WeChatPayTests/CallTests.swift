import Foundation
import Testing
import WeChatPay

/// APIs that have no function of their own.
@Suite struct CallTests {
    @Test func `any API is called, signed and verified`() async throws {
        let client = try Gateway { call in
            #expect(call.method == "POST")
            #expect(call.path == "/v3/fund-app/mch-transfer/transfer-bills?a=%20b")
            #expect(call.body == #"{"out_bill_no":"B1"}"#)
            return .init(body: #"{"out_bill_no":"B1","state":"ACCEPTED"}"#)
        }.client()
        let answer = try await client.call(
            "POST", path: "/v3/fund-app/mch-transfer/transfer-bills?a=%20b",
            json: Array(#"{"out_bill_no":"B1"}"#.utf8))
        #expect(String(decoding: answer, as: UTF8.self).contains("ACCEPTED"))
        let silent = try Gateway { _ in .init(status: 204, body: "") }.client()
        #expect(try await silent.call("POST", path: "/v3/x").isEmpty)
    }

    @Test func `the key of encrypted fields is named`() async throws {
        let client = WeChatPayClient(
            try Sample.configuration(),
            transport: WeChatPayTransport { request in
                let named = request.headers.values("Wechatpay-Serial")
                let body = Array("{\"named\":\"\(named.joined(separator: " "))\"}".utf8)
                return .init(headers: try Sample.signed(body), body: body)
            }, now: { Sample.moment })
        let plain = try await client.call("GET", path: "/v3/x")
        #expect(String(decoding: plain, as: UTF8.self) == "{\"named\":\"\(Sample.publicKeyID)\"}")
        let sealed = try await client.call("POST", path: "/v3/x", sealedFor: Sample.serial)
        #expect(String(decoding: sealed, as: UTF8.self) == "{\"named\":\"\(Sample.serial)\"}")
    }

    @Test func `a forged answer and a refusal are what they are everywhere`() async throws {
        let forged = try Gateway { _ in .init(key: Keys.stranger) }.client()
        await #expect(throws: WeChatPayError.unknown(.unverified(.badSignature))) {
            try await forged.call("GET", path: "/v3/x")
        }
        let refused = try Gateway { _ in
            .init(status: 403, body: #"{"code":"NO_AUTH","message":"m"}"#)
        }.client()
        let fault = WeChatPayFault(status: 403, code: "NO_AUTH", message: "m")
        await #expect(throws: WeChatPayError.refused(fault)) {
            try await refused.call("GET", path: "/v3/x")
        }
    }

    @Test(
        arguments: [
            ("get", "/v3/x", nil), ("GET", "https://evil.example/v3/x", nil),
            ("GET", "/sns/x", nil), ("GET", "/v3/x\r\nHost: evil", nil), ("GET", "/v3/é", nil),
            ("GET", "/v3/x", "a b"),
        ] as [(String, String, String?)])
    func `what cannot be signed as it is sent is not sent`(
        method: String, path: String, serial: String?
    ) async throws {
        let client = try Gateway { _ in
            Issue.record("sent")
            return .init()
        }.client()
        let error = await #expect(throws: WeChatPayError.self) {
            try await client.call(method, path: path, sealedFor: serial)
        }
        guard case .invalidRequest = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test func `without an address nothing is sent, and nothing ends`() async throws {
        let client = try Gateway { _ in .init() }.client(baseURLs: [])
        let error = WeChatPayError.invalidRequest(parameter: "baseURLs", reason: "is empty")
        await #expect(throws: error) { try await client.query(.outTradeNo("KT_000007")) }
    }
}
