import Basics
import JWTKit
import Web

/// What an access token says. That its session is still good is asked of the database.
struct AccessToken: JWTPayload {
    static let lifetime = Duration.minutes(15)

    let sid: String
    let sub: String
    let name: String
    let roles: [String]
    let iat: Int64
    let exp: Int64

    init(_ session: Session, at now: Instant) {
        sid = session.id.description
        sub = session.memberID.description
        name = session.username
        roles = session.roles.map(\.rawValue).sorted()
        iat = now.secondsSinceEpoch
        exp = (now + Self.lifetime).secondsSinceEpoch
    }

    var expiresAt: Instant { Instant(seconds: exp) }
    var session: ID<Session>? { ID(sid) }

    /// Time is looked at elsewhere, by Kontor's clock, which the sandbox moves.
    func verify(using algorithm: some JWTAlgorithm) {}
}
