import Basics
import Store
import WeChatPay
import Web

extension Identity {
    /// Logs in whoever a mini program's `wx.login` has given this code to. A user who comes for the
    /// first time becomes a member, with a name that can be guessed by nobody and no password.
    ///
    /// - Parameter inviteCode: of a friend; looked at only if an account is made.
    /// - Throws: `wechat-…`, `account-locked`, `invite-code-unknown`.
    package func logIn(weChatCode code: String, inviteCode: String? = nil) async throws -> Tokens {
        let user = try await weChatUser(code)
        let now = database.clock.unmoved
        // Two log-ins of one new user may each find nobody; whoever comes second begins again, and
        // finds the member that the first has made.
        for _ in 0..<3 {
            do {
                let opened = try await database.write { tx in
                    let member = try tx.member(of: user, inviteCode: inviteCode)
                    guard let locked = try tx.lockMember(member) else { throw Problem.notFound }
                    try tx.learn(user)
                    return try tx.open(locked, .token, nil, at: now)
                }
                return try await tokens(for: opened.session, opened.profile)
            } catch is SomebodyWasFaster {
                continue
            }
        }
        throw Problem.unavailable()
    }

    /// Asks WeChat whom the code was given to. A code is good for one question.
    func weChatUser(_ code: String) async throws -> WeChatUser {
        guard let weChat else { throw Problem.weChatOff }
        do {
            let session = try await weChat.session(code: code)
            return WeChatUser(
                appID: weChat.appID, openID: session.openID, unionID: session.unionID)
        } catch {
            throw Problem(error)
        }
    }
}

/// What is believed of a log-in at WeChat.
struct WeChatUser: Sendable {
    let appID: String
    let openID: WeChatPayOpenID
    let unionID: WeChatPayOpenID?
}

/// Ends a transaction so that nothing of it stays.
private struct SomebodyWasFaster: Error {}

extension Transaction {
    /// The member this user is, or a new one.
    fileprivate func member(of user: WeChatUser, inviteCode: String?) throws -> ID<Member> {
        if let known = try weChatAccount(appID: user.appID, user.openID) { return known.member }
        let profile = try addMember(
            username: try Self.newUsername(), phone: nil, passwordHash: "", roles: [.member],
            invitedBy: try inviter(inviteCode))
        let account = WeChatAccount(
            appID: user.appID, openID: user.openID, member: profile.id, unionID: user.unionID,
            boundAt: now)
        guard try insert(account) else { throw SomebodyWasFaster() }
        try note(.weChatRegistered, of: profile.id, about: user.appID)
        return profile.id
    }

    /// WeChat names a user across applications only once its owner has linked them.
    fileprivate func learn(_ user: WeChatUser) throws {
        guard let unionID = user.unionID,
            var account = try lockWeChatAccount(appID: user.appID, user.openID),
            account.unionID != unionID
        else { return }
        account.unionID = unionID
        try save(account)
    }

    /// `wx-` and 40 random bits: what WeChat calls a user is nobody else's business.
    private static func newUsername() throws -> Username {
        try Username("wx-" + Base32.encode(Int64.random(in: 0..<(1 << 40)), digits: 8))
    }
}
