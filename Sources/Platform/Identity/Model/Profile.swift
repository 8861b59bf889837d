import Basics
import Store
import Web

/// What Kontor knows of a member, without secrets.
package struct Profile: Hashable, Sendable {
    package enum Status: String, SQLText, Codable, CaseIterable {
        case active, locked
    }

    package let id: ID<Member>
    package let username: String
    /// Operators made on the command line have none.
    package let phone: PhoneNumber?
    package var roles: Set<Role>
    package var status: Status
    /// What the member gives to friends.
    package let inviteCode: String
    package let invitedBy: ID<Member>?
    package let createdAt: Instant
    package var lastLoginAt: Instant?
    package var hasPaymentPassword: Bool
}

/// A member's row as the use cases that change it see it.
struct MemberRecord: Sendable {
    var profile: Profile
    var passwordHash: String
    var paymentPasswordHash: String?
    var login: LockOut
    var payment: LockOut

    var id: ID<Member> { profile.id }

    func checkActive() throws(Problem) {
        guard profile.status == .active else { throw .accountLocked }
    }
}
