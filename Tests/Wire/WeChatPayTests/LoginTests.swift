import Foundation
import Testing
import WeChatPay

/// Who logs in to a mini program.
@Suite struct LoginTests {
    @Test func `a code becomes a person`() async throws {
        let session = try await program { url in
            #expect(
                url == "https://api.weixin.qq.com/sns/jscode2session?appid=wx1&secret=s3%26cret&"
                    + "js_code=0a%2Bb&grant_type=authorization_code")
            return .init(
                body: Array(#"{"openid":"oUpF8uMuAJO","session_key":"k3y==","unionid":"u1"}"#.utf8))
        }.session(code: "0a+b")
        #expect(session.openID.value == "oUpF8uMuAJO")
        #expect(session.unionID?.value == "u1")
        #expect(session.sessionKey == "k3y==")
        var text = "\(session)"
        dump(session, to: &text)
        #expect(!text.contains("k3y") && !text.contains("oUpF8"))
    }

    @Test(
        arguments: [
            (#"{"errcode":40029,"errmsg":"invalid code"}"#, .refused(code: 40029)),
            (#"{"errcode":40163}"#, .refused(code: 40163)), (#"{"errcode":-1}"#, .busy),
            (#"{"errcode":"x"}"#, .noAnswer("errcode")), ("{}", .noAnswer("openid")),
            (#"{"openid":"","session_key":"k"}"#, .noAnswer("openid")),
            ("", .noAnswer("HTTP 200")),
        ] as [(String, WeChatLoginError)])
    func `whatever is no person is an error`(body: String, error: WeChatLoginError) async throws {
        let program = program { _ in .init(body: Array(body.utf8)) }
        await #expect(throws: error) { try await program.session(code: "c") }
    }

    @Test func `errors quote neither code nor secret`() async throws {
        struct Lost: Error, CustomStringConvertible { let description: String }
        let program = program { url in throw Lost(description: url) }
        let error = await #expect(throws: WeChatLoginError.self) {
            try await program.session(code: "c0de")
        }
        #expect(error == .noAnswer("Lost"))
    }

    private func program(
        _ answer: @escaping @Sendable (String) throws -> WeChatPayTransport.Answer
    ) -> WeChatMiniProgram {
        WeChatMiniProgram(
            appID: "wx1", secret: "s3&cret",
            transport: WeChatPayTransport { request in
                #expect(request.method == "GET")
                #expect(request.headers.values("Authorization").isEmpty)
                return try answer(request.url)
            })
    }
}
