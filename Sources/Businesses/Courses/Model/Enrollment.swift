import Basics
import Web

/// A member's access to a course: one per member and course, however often it is bought.
struct Enrollment: Entity, Hashable, Sendable {
    static let prefix = "enr"

    enum Status: String, Codable, CaseIterable {
        case active, expired
        /// Everything that gave access was given back.
        case refunded
    }

    let id: ID<Enrollment>
    let member: ID<Member>
    let courseID: ID<Course>
    let startedAt: Instant
    /// Follows from the grants; nil if none is left.
    var accessUntil: Instant?

    func status(at now: Instant) -> Status {
        guard let accessUntil else { return .refunded }
        return now < accessUntil ? .active : .expired
    }

    /// Until when the course is open to the member; nil if it is closed.
    func ownedUntil(at now: Instant) -> Instant? {
        status(at: now) == .active ? accessUntil : nil
    }
}

/// What one order line gave: days of access, from when it was paid.
struct Grant: Hashable, Sendable {
    /// The order line's id, which makes granting twice impossible.
    let orderLine: Int64
    let enrollmentID: ID<Enrollment>
    let days: Int64
    let grantedAt: Instant
    /// When the line was refunded.
    var revokedAt: Instant?

    /// The end of access with this grant, which extends from the later of its own time and the end so
    /// far (commerce D20).
    func extending(_ end: Instant?) -> Instant {
        Swift.max(grantedAt, end ?? grantedAt) + .days(days)
    }
}

extension Sequence<Grant> {
    /// The end of access by all grants that were not revoked. Replaying all of them makes a refund end
    /// exactly its own period, whichever of the stacked ones it is.
    func accessEnd() -> Instant? {
        let standing = filter { $0.revokedAt == nil }
            .sorted { ($0.grantedAt, $0.orderLine) < ($1.grantedAt, $1.orderLine) }
        return standing.reduce(nil) { end, grant in grant.extending(end) }
    }
}
