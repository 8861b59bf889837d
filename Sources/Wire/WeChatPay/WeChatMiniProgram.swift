import Foundation
import WireKit

/// A mini program's account at WeChat, which tells who its user is.
///
/// This is another service than WeChat Pay, at another address, with another secret; it is here
/// because a payment inside WeChat begins with it.
public struct WeChatMiniProgram: Sendable {
    /// WeChat's address.
    public static let productionURL = "https://api.weixin.qq.com"

    /// The application.
    public let appID: String
    private let secret: String
    private let baseURL: String
    private let transport: WeChatPayTransport

    /// A mini program.
    ///
    /// - Parameters:
    ///   - secret: the AppSecret.
    ///   - baseURL: no slash at the end.
    public init(
        appID: String, secret: String, baseURL: String = productionURL,
        transport: WeChatPayTransport
    ) {
        self.appID = appID
        self.secret = secret
        self.baseURL = baseURL
        self.transport = transport
    }

    /// Exchanges the code of `wx.login` for the user's identity (`GET /sns/jscode2session`).
    ///
    /// - Parameter code: used once, and within five minutes.
    /// - Throws: ``WeChatLoginError``, which never contains the code or the secret.
    public func session(code: String) async throws(WeChatLoginError) -> WeChatLoginSession {
        guard (1...256).contains(code.utf8.count) else { throw .refused(code: 40029) }
        let query = [
            ("appid", appID), ("secret", secret), ("js_code", code),
            ("grant_type", "authorization_code"),
        ].map { "\($0)=\(WebAddress.encoded($1))" }.joined(separator: "&")
        let request = WeChatPayTransport.Request(
            method: "GET", url: "\(baseURL)/sns/jscode2session?\(query)",
            headers: ["Accept": "application/json"], body: [], responseLimit: 16_384)
        let answer: WeChatPayTransport.Answer
        do {
            answer = try await transport.send(request)
        } catch {
            // Only the type: an error's text may quote the address, and with it the secret.
            throw .noAnswer(String(describing: type(of: error)))
        }
        guard answer.status == 200, let object = JSONObject(answer.body[...]) else {
            throw .noAnswer("HTTP \(answer.status)")
        }
        if object["errcode"] != nil {
            guard let code = object.integer("errcode") else { throw .noAnswer("errcode") }
            guard code == 0 else { throw code == -1 ? .busy : .refused(code: code) }
        }
        guard let openID = object.text("openid"), !openID.isEmpty,
            let sessionKey = object.text("session_key")
        else { throw .noAnswer("openid") }
        return WeChatLoginSession(
            openID: WeChatPayOpenID(openID),
            unionID: object.text("unionid").map(WeChatPayOpenID.init), sessionKey: sessionKey)
    }
}

extension WeChatMiniProgram: CustomStringConvertible, CustomReflectable {
    /// The application, never the secret.
    public var description: String { "WeChatMiniProgram(\(appID))" }

    /// The application only.
    public var customMirror: Mirror { Mirror(self, children: ["appID": appID]) }
}

/// Who logged in to a mini program.
public struct WeChatLoginSession: Sendable {
    /// The user in this application.
    public let openID: WeChatPayOpenID
    /// The user in all applications of the same owner, if there is one.
    public let unionID: WeChatPayOpenID?
    /// Decrypts what the mini program sends of the user's data. Never give it to a client, never
    /// log it.
    public let sessionKey: String
}

extension WeChatLoginSession: CustomStringConvertible, CustomReflectable {
    /// A part of the openid, never the session key.
    public var description: String { "WeChatLoginSession(\(openID))" }

    /// The openid's part only.
    public var customMirror: Mirror { Mirror(self, children: ["openID": openID]) }
}

/// Why nobody logged in.
public enum WeChatLoginError: Error, Hashable, Sendable {
    /// WeChat's code: 40029 the code is none, 40163 it was used, 40226 the user is barred by risk
    /// control, 45011 too many requests of this user, 40125 the secret is wrong.
    case refused(code: Int64)
    /// WeChat is busy; the same code may work in a moment.
    case busy
    /// No readable answer. The code may be used up: log in again.
    case noAnswer(String)
}
