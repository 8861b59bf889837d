import Basics
import Web

/// A message to a telephone.
package struct SMSMessage: Hashable, Sendable {
    package let phone: PhoneNumber
    package let purpose: CodePurpose
    package let code: String
    /// What the person reads, with the code in it.
    package let text: String
    package let at: Instant
}

/// Sends messages; a provider's, or the sandbox's outbox. It may be asked twice for the same one.
package struct SMSSender: Sendable {
    package let send: @Sendable (SMSMessage) async throws -> Void

    package init(_ send: @escaping @Sendable (SMSMessage) async throws -> Void) {
        self.send = send
    }

    /// For a server that has no provider: nothing is sent, and the request says so.
    package static let none = SMSSender { _ in throw Problem.unavailable(retryAfter: 60) }
}
