import Basics
import Store

/// What an SMS code is good for; one made for one purpose is nothing for another.
package enum CodePurpose: String, SQLText, Codable, CaseIterable {
    case register, login
    case resetPassword = "reset-password"
    case paymentPassword = "payment-password"
    case loan, withdrawal
}

/// The newest code of a phone and purpose: used once, within five minutes, with five tries.
///
/// Neither the code nor a hash of it is kept: it follows from the nonce by the server's key.
struct VerificationCode: Hashable, Sendable {
    static let lifetime = Duration.minutes(5)
    static let tries = 5

    let phone: PhoneNumber
    let purpose: CodePurpose
    var nonce: [UInt8]
    var sentAt: Instant
    var wrongTries: Int
    var isUsed: Bool
    /// How many were sent since `windowStart`.
    var sent: Int
    var windowStart: Instant

    /// Before anything was sent.
    init(phone: PhoneNumber, purpose: CodePurpose, at now: Instant) {
        self.phone = phone
        self.purpose = purpose
        nonce = []
        sentAt = now - SendLimits.pause
        wrongTries = 0
        isUsed = true
        sent = 0
        windowStart = now
    }

    var expiresAt: Instant { sentAt + Self.lifetime }

    /// Replaces the code by one that follows from `nonce`.
    mutating func renew(nonce: [UInt8], at now: Instant, limited: Bool) throws(Problem) {
        if windowStart + SendLimits.window <= now {
            windowStart = now
            sent = 0
        }
        if limited {
            if sent > 0 { try Self.wait(until: sentAt + SendLimits.pause, now) }
            if sent >= SendLimits.perWindow {
                try Self.wait(until: windowStart + SendLimits.window, now)
            }
        }
        self.nonce = nonce
        sentAt = now
        sent += 1
        wrongTries = 0
        isUsed = false
    }

    private static func wait(until: Instant, _ now: Instant) throws(Problem) {
        guard now < until else { return }
        throw .tooManyCodes(retryAfter: ((until - now).microseconds + 999_999) / 1_000_000)
    }

    /// What is wrong with trying this code now, whatever was typed.
    func refusal(at now: Instant) -> Problem? {
        if isUsed { return .codeWrong }
        if wrongTries >= Self.tries { return .codeLocked }
        if now >= expiresAt { return .codeExpired }
        return nil
    }
}

/// How often codes are sent: messages cost money and pester people.
enum SendLimits {
    static let pause = Duration.seconds(60)
    static let window = Duration.days(1)
    static let perWindow = 10
}
