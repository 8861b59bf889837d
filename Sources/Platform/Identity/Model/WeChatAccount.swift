import Basics
import Store
import WeChatPay
import Web

/// Whom WeChat knows a member as, in one mini program.
///
/// Nothing that WeChat says of a user beyond that is kept: the session key of a log-in decrypts
/// users' data, and what is not stored cannot leak.
struct WeChatAccount: Hashable, Sendable {
    let appID: String
    let openID: WeChatPayOpenID
    let member: ID<Member>
    /// The user in all applications of the same owner, if WeChat has told.
    var unionID: WeChatPayOpenID?
    let boundAt: Instant
}

/// Something that happened to an account and is never forgotten.
struct MemberEvent: Entity, Hashable, Sendable {
    static let prefix = "mev"

    enum Kind: String, SQLText {
        /// The account was made by a log-in from WeChat.
        case weChatRegistered = "wechat-registered"
        /// A member who was logged in added their WeChat.
        case weChatBound = "wechat-bound"
        case phoneBound = "phone-bound"
    }

    let id: ID<MemberEvent>
    let member: ID<Member>
    let kind: Kind
    /// What it was about: an application's id, never an openid or a number.
    let about: String
    let happenedAt: Instant
}
