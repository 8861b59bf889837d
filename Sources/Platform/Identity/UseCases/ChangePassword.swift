import Basics
import Store
import Web

extension Identity {
    /// Changes the log-in password and logs out everywhere, here as well.
    package func changePassword(of member: ID<Member>, from current: String, to new: String)
        async throws
    {
        let hash = try await turns.run(member) {
            try await checkPassword(of: member, current, wrong: .passwordWrong)
        }
        try await setPassword(new, of: member, pointer: "/newPassword") { tx in
            try tx.lockMember(member)?.value.checkLogIn(
                comparedWith: hash, at: tx.now, .passwordWrong)
        }
    }

    /// The same for somebody who has forgotten it and holds the phone.
    package func resetPassword(phone: PhoneNumber, code: String, to new: String) async throws {
        let proof = try await proof(code: code, phone: phone, purpose: .resetPassword)
        let member = try await database.read { try $0.profile(phone: phone)?.id }
        guard let member else {
            // The code is tried all the same: guesses count, known phone or not.
            try await database.write { tx in try tx.use(proof) }
            throw Problem.phoneUnknown
        }
        try await setPassword(new, of: member, pointer: "/newPassword") { tx in try tx.use(proof) }
    }

    private func setPassword(
        _ password: String, of member: ID<Member>, pointer: String,
        after check: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        let profile = try await database.read { try $0.profile(of: member) }
        do {
            let names = [profile?.username, profile?.phone?.text].compactMap { $0 }
            try PasswordRules.check(password, isNot: names)
        } catch { throw error.at(pointer) }
        let hash = try await hasher.hash(password)
        let sessions = sessions
        try await database.write { tx in
            try check(tx)
            guard var locked = try tx.lockMember(member) else { throw Problem.notFound }
            locked.passwordHash = hash
            locked.login.clear()
            try tx.save(locked)
            try tx.logOutEverywhere(member, sessions)
        }
    }
}
