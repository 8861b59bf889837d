import Basics
import Store
import Web

/// A log-in: of a program, with access and refresh tokens, or of a browser, with a cookie.
struct SessionRecord: Hashable, Sendable {
    enum Kind: String, SQLText { case token, page }

    /// Without being refreshed, by a clock that the sandbox does not move.
    static let lifetime = Duration.days(30)
    /// For questions about who was logged in.
    static let keptAfterEnd = Duration.days(90)

    let id: ID<Session>
    let member: ID<Member>
    let kind: Kind
    /// The hash of the cookie's value.
    let cookieHash: [UInt8]?
    /// How often its refresh token was rotated; only the newest is good.
    var rotations: Int64
    let createdAt: Instant
    var expiresAt: Instant
    var revokedAt: Instant?

    func isGood(at now: Instant) -> Bool { revokedAt == nil && now < expiresAt }
}
