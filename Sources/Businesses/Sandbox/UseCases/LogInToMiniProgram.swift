import Basics
import Store
import Web

/// What `wx.login` gives a mini program on the payer's phone.
struct WeChatLoginCode: Hashable, Sendable {
    /// How long it can be exchanged.
    static let validity = Duration.minutes(5)

    let code: String
    let openID: String
    let createdAt: Instant
}

extension SandboxWeChatPay {
    /// The payer opens the mini program, which asks WeChat for a code.
    ///
    /// - Parameter openID: nil for the one payer there is.
    func logIn(_ openID: String?) async throws -> WeChatLoginCode {
        let openID = openID ?? Self.openID
        guard (1...128).contains(openID.utf8.count) else { throw Problem.unreadable.at("/openid") }
        return try await database.write { [numbers] tx in
            let code = WeChatLoginCode(
                code: "0\(try numbers.token(.login, in: tx))", openID: openID, createdAt: tx.now)
            try tx.insert(code)
            return code
        }
    }

    /// The merchant's server exchanges the code (`GET /sns/jscode2session`). A code works once, and
    /// for five minutes.
    func exchangeCode(_ request: WeChatRequest) async throws -> JSONValue {
        guard request.query("appid") == Self.appID else {
            return Self.error(40013, "invalid appid")
        }
        guard request.query("secret") == keys.appSecret else {
            return Self.error(40125, "invalid appsecret")
        }
        guard request.query("grant_type") == "authorization_code" else {
            return Self.error(40002, "invalid grant_type")
        }
        let text = request.query("js_code") ?? ""
        return try await database.write { tx -> JSONValue in
            guard let (code, isFirst) = try tx.useWeChatCode(text),
                tx.now < code.createdAt + WeChatLoginCode.validity
            else { return Self.error(40029, "invalid code") }
            guard isFirst else { return Self.error(40163, "code been used") }
            return .object([
                "openid": .string(code.openID), "session_key": .string("\(code.code.suffix(22))=="),
            ])
        }
    }

    private static func error(_ code: Int64, _ message: String) -> JSONValue {
        .object(["errcode": .number(String(code)), "errmsg": .string(message)])
    }
}
