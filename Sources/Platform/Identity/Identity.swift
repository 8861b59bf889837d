import Basics
import Store
import WeChatPay
import Web

/// Who is who: members, what they prove themselves with, and what they are logged in with.
///
/// Its use cases are in `UseCases/`, one verb a file. Other modules call
/// - `snapshot.profile(of:)`, `snapshot.profiles(of:)` for names,
/// - `identity.proof(code:phone:purpose:)` before and `tx.use(proof)` in a transaction that an SMS
///   code confirms,
/// - `snapshot.weChatOpenID(of:appID:)` for a payment inside WeChat,
/// - `identity.paymentPasswords.verify(_:_:)` before one that a payment password confirms.
package final class Identity: Sendable {
    package struct Options: Sendable {
        package var passwordCost = PasswordHasher.Cost.standard
        /// Whether codes are limited to one a minute and ten a day for a phone and purpose.
        package var limitsCodes = true
        package init() {}
    }

    let database: Database
    let options: Options
    let sms: SMSSender
    /// Whose users may log in; nil where there is no mini program.
    let weChat: WeChatMiniProgram?
    let hasher: PasswordHasher
    let keyring: Keyring
    let messages: Messages
    let sessions: SessionCache
    let turns = Turns<ID<Member>>()
    package let paymentPasswords: PaymentPasswords

    package init(
        database: Database, sms: SMSSender, weChat: WeChatMiniProgram? = nil,
        options: Options = Options()
    ) {
        self.database = database
        self.sms = sms
        self.weChat = weChat
        self.options = options
        hasher = PasswordHasher(cost: options.passwordCost)
        sessions = SessionCache(news: database.news)
        keyring = Keyring(database: database)
        messages = Messages(files: [("identity", EmbeddedFiles(Embedded.files))])
        paymentPasswords = PaymentPasswords(database: database, hasher: hasher)
    }
}
