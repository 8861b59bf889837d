import Basics
import Hummingbird
import Web

struct WeChatLogInBody: Decodable, Sendable {
    var jsCode: String
    var inviteCode: String?
}

struct WeChatBody: Decodable, Sendable {
    var jsCode: String
}

struct PhoneBody: Decodable, Sendable {
    var phone: String
    var code: String
}

/// That a member comes from a mini program, too; whom WeChat knows them as stays here.
struct WeChatAccountView: Codable, Sendable {
    var appId: String
    var boundAt: Instant

    init(_ account: WeChatAccount) {
        appId = account.appID
        boundAt = account.boundAt
    }
}

extension IdentityModule {
    private static let weChatProblems: [ExpectedProblem] = [
        .status(403, "wechat-user-barred"), .status(409, "wechat-log-in-off"),
        .status(422, "wechat-code-invalid", "wechat-code-used"),
        .status(429, "wechat-log-ins-too-many"),
        .status(503, "wechat-unavailable", "wechat-refused"),
    ]

    func weChatRoutes(_ api: API) {
        let identity = identity
        api.post(
            "/sessions/wechat",
            summary: "Logs in by the code of a WeChat mini program; makes a member of a new user",
            auth: .public, body: WeChatLogInBody.self, returns: TokensView.self, status: .created,
            problems: Self.weChatProblems + [
                .status(403, "account-locked"), .status(422, "invite-code-unknown"),
            ]
        ) { request, body -> TokensView in
            try request.context.limit(.logIn, by: request.context.clientAddress)
            return TokensView(
                try await identity.logIn(weChatCode: body.jsCode, inviteCode: body.inviteCode))
        }
        api.get(
            "/me/wechat", summary: "Since when the member comes from the mini program",
            auth: .member, returns: WeChatAccountView.self, problems: [404]
        ) { request in
            WeChatAccountView(try await identity.weChatAccount(of: try request.memberID))
        }
        api.put(
            "/me/wechat", summary: "Adds the member's WeChat, so that it logs in as well",
            auth: .member, body: WeChatBody.self, returns: WeChatAccountView.self,
            problems: Self.weChatProblems + [
                .status(409, "wechat-taken", "wechat-already-bound")
            ]
        ) { request, body -> WeChatAccountView in
            try request.context.limit(.logIn, by: request.context.clientAddress)
            return WeChatAccountView(
                try await identity.bindWeChat(of: try request.memberID, code: body.jsCode))
        }
        api.put(
            "/me/phone", summary: "Adds a phone number to an account that has none",
            auth: .member, body: PhoneBody.self, returns: UserView.self,
            problems: Self.codeProblems + [
                .status(409, "phone-taken", "phone-already-set"), .status(422, "phone-invalid"),
            ]
        ) { request, body -> UserView in
            UserView(
                try await identity.bindPhone(
                    of: try request.memberID, try PhoneNumber(body.phone), code: body.code))
        }
    }
}
