import Basics
import Store
import Web

/// What operators do with members.
extension Identity {
    /// Whose username or phone number begins so, and how many those are.
    package func members(beginning text: String, _ page: PageRequest) async throws
        -> (page: Page<Profile>, total: Int64)
    {
        try await database.survey { snapshot in
            (
                try snapshot.profiles(beginning: text, page),
                try snapshot.profileCount(beginning: text)
            )
        }
    }

    /// Locks a member out: every session ends, and logging in is refused.
    package func lock(_ member: ID<Member>, by actor: Session) async throws -> Profile {
        try await change(member, by: actor) { record in record.profile.status = .locked }
    }

    /// Lets a member in again, wrong passwords forgotten.
    package func unlock(_ member: ID<Member>, by actor: Session) async throws -> Profile {
        try await change(member, by: actor) { record in
            record.profile.status = .active
            record.login.clear()
            record.payment.clear()
        }
    }

    /// Gives a member exactly these roles, beside `member`.
    package func setRoles(_ roles: Set<Role>, of member: ID<Member>, by actor: Session)
        async throws -> Profile
    {
        try await change(member, by: actor) { record in
            record.profile.roles = roles.union([.member])
        }
    }

    private func change(
        _ member: ID<Member>, by actor: Session,
        _ change: @escaping @Sendable (inout MemberRecord) -> Void
    ) async throws -> Profile {
        guard member != actor.memberID else { throw Problem.notOnYourself }
        let sessions = sessions
        return try await database.write { tx in
            guard var locked = try tx.lockMember(member) else { throw Problem.notFound }
            // Who may lock or demote an admin is an admin.
            guard actor.has(.admin) || !locked.profile.roles.contains(.admin) else {
                throw Problem.forbidden
            }
            change(&locked.value)
            try tx.save(locked)
            if locked.profile.status == .locked {
                try tx.logOutEverywhere(member, sessions)
            } else {
                // Roles are read with the session; what is in memory is older.
                tx.afterCommit { sessions.forget(member: member) }
            }
            return locked.profile
        }
    }
}
