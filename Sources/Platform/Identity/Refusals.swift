import Basics

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
}
