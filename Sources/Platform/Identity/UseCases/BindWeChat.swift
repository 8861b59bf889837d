import Basics
import Store
import WeChatPay
import Web

extension Identity {
    /// Adds the WeChat user whom a mini program's `wx.login` has given this code to a member who is
    /// logged in, so that both ways lead to one account. Again is no matter.
    ///
    /// - Throws: `wechat-…`; `wechat-taken` if the user is another member, `wechat-already-bound` if
    ///   the member is another user.
    func bindWeChat(of member: ID<Member>, code: String) async throws -> WeChatAccount {
        let user = try await weChatUser(code)
        return try await database.write { tx in
            guard let locked = try tx.lockMember(member) else { throw Problem.notFound }
            try locked.value.checkActive()
            let account = WeChatAccount(
                appID: user.appID, openID: user.openID, member: member, unionID: user.unionID,
                boundAt: tx.now)
            if try tx.insert(account) {
                try tx.note(.weChatBound, of: member, about: user.appID)
                return account
            }
            guard let known = try tx.lockWeChatAccount(appID: user.appID, user.openID) else {
                throw Problem.weChatAlreadyBound
            }
            guard known.member == member else { throw Problem.weChatTaken }
            return known.value
        }
    }

    /// - Throws: `not-found` if the member has never come from the mini program.
    func weChatAccount(of member: ID<Member>) async throws -> WeChatAccount {
        guard let weChat else { throw Problem.notFound }
        let account = try await database.read { snapshot in
            try snapshot.weChatAccount(of: member, appID: weChat.appID)
        }
        guard let account else { throw Problem.notFound }
        return account
    }
}
