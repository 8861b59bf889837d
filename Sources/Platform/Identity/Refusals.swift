import Basics
import WeChatPay

/// What Identity refuses.
extension Problem {
    static let phoneInvalid = Problem.rule("phone-invalid", "/phone")
    static let phoneTaken = Problem.conflict("phone-taken").at("/phone")
    static let usernameInvalid = Problem.rule("username-invalid", "/username")
    static let usernameTaken = Problem.conflict("username-taken").at("/username")
    static let inviteCodeUnknown = Problem.rule("invite-code-unknown", "/inviteCode")

    static let passwordTooShort = Problem.rule("password-too-short")
    static let passwordTooLong = Problem.rule("password-too-long")
    static let passwordTooSimple = Problem.rule("password-too-simple")
    static let passwordWrong = Problem.rule("password-wrong", "/currentPassword")

    /// Wrong, used, replaced by a newer one, or never sent: nobody is told which.
    package static let codeWrong = Problem.rule("verification-code-wrong", "/code")
    package static let codeExpired = Problem.rule("verification-code-expired", "/code")
    package static let codeLocked = Problem(.locked, "verification-code-locked").at("/code")
    static func tooManyCodes(retryAfter seconds: Int64) -> Problem {
        Problem(
            .tooMany, "verification-codes-too-many", parameters: ["retryAfter": .number(seconds)])
    }

    /// No such member or a wrong password: nobody is told which.
    static let credentialsWrong = Problem(.unauthenticated, "credentials-wrong")
    static let loginLocked = Problem(.locked, "login-locked")
    static let accountLocked = Problem(.forbidden, "account-locked")
    static let refreshTokenInvalid = Problem(.unauthenticated, "refresh-token-invalid")
    static let phoneUnknown = Problem.rule("phone-unknown", "/phone")
    /// An operator made on the command line has no phone, and so no SMS codes.
    static let phoneMissing = Problem.conflict("phone-missing")

    static let paymentPasswordInvalid = Problem.rule("payment-password-invalid", "/paymentPassword")
    package static let paymentPasswordWrong = Problem.rule(
        "payment-password-wrong", "/paymentPassword")
    package static let paymentPasswordNotSet = Problem.conflict("payment-password-not-set")
    package static let paymentPasswordLocked = Problem(.locked, "payment-password-locked")
    static let paymentPasswordRequired = Problem.rule(
        "payment-password-required", "/paymentPassword")

    static let keyNameInvalid = Problem.rule("api-key-name-invalid", "/name")
    /// A key may do no more than whoever makes it, and never manage accounts.
    static let keyRolesInvalid = Problem.rule("api-key-roles-invalid", "/roles")

    /// Operators lock and demote others, never themselves.
    static let notOnYourself = Problem.rule("not-on-yourself")

    /// A number that is there is not exchanged for another without a person looking at it.
    static let phoneAlreadySet = Problem.conflict("phone-already-set")
}

/// What WeChat refuses.
extension Problem {
    /// There is no mini program here.
    static let weChatOff = Problem.conflict("wechat-log-in-off")
    static let weChatCodeInvalid = Problem.rule("wechat-code-invalid", "/jsCode")
    static let weChatCodeUsed = Problem.rule("wechat-code-used", "/jsCode")
    static let weChatTooMany = Problem(
        .tooMany, "wechat-log-ins-too-many", parameters: ["retryAfter": .number(60)])
    /// WeChat's risk control has something against this user.
    static let weChatUserBarred = Problem(.forbidden, "wechat-user-barred")
    /// Busy, or no answer that can be read. Nobody was logged in; the code may be used up.
    static let weChatUnavailable = Problem(.unavailable, "wechat-unavailable")
    /// WeChat says no to us and not to the user: a wrong secret (40125), a wrong application (40013).
    static func weChatRefused(_ code: Int64) -> Problem {
        Problem(.unavailable, "wechat-refused", parameters: ["errcode": .number(code)])
    }

    static let weChatTaken = Problem.conflict("wechat-taken").at("/jsCode")
    static let weChatAlreadyBound = Problem.conflict("wechat-already-bound")

    /// What a log-in at WeChat that came to nothing is to whoever tried.
    init(_ error: WeChatLoginError) {
        switch error {
        case .refused(40_029): self = .weChatCodeInvalid
        case .refused(40_163): self = .weChatCodeUsed
        case .refused(45_011): self = .weChatTooMany
        case .refused(40_226): self = .weChatUserBarred
        case .refused(let code): self = .weChatRefused(code)
        case .busy, .noAnswer: self = .weChatUnavailable
        }
    }
}
