import Basics
import Store
import Web

/// What a new member brings.
package struct Registration: Sendable {
    package var phone: PhoneNumber
    package var username: Username
    package var password: String
    package var code: String
    package var inviteCode: String?

    package init(
        phone: PhoneNumber, username: Username, password: String, code: String,
        inviteCode: String? = nil
    ) {
        self.phone = phone
        self.username = username
        self.password = password
        self.code = code
        self.inviteCode = inviteCode
    }
}

extension Identity {
    package func register(_ registration: Registration) async throws -> Profile {
        let (phone, username) = (registration.phone, registration.username)
        do {
            try PasswordRules.check(
                registration.password, isNot: [username.text, phone.text])
        } catch { throw error.at("/password") }
        // Asked again below, for real; here it spares the work of hashing.
        try await database.read { snapshot in try snapshot.checkFree(phone, username) }
        let hash = try await hasher.hash(registration.password)
        let proof = try await proof(code: registration.code, phone: phone, purpose: .register)
        return try await database.write { tx in
            try tx.use(proof)
            return try tx.addMember(
                username: username, phone: phone, passwordHash: hash, roles: [.member],
                invitedBy: try tx.inviter(registration.inviteCode))
        }
    }

    /// Makes an account on the command line, with these roles beside `member`.
    /// - Parameter phone: nobody has proved that it is theirs, so it is for demo data only.
    package func addOperator(
        username: Username, phone: PhoneNumber? = nil, password: String, roles: Set<Role>
    ) async throws -> Profile {
        try PasswordRules.check(password, isNot: [username.text])
        let hash = try await hasher.hash(password)
        return try await database.write { tx in
            try tx.addMember(
                username: username, phone: phone, passwordHash: hash,
                roles: roles.union([.member]), invitedBy: nil)
        }
    }

    /// - Throws: `not-found`, for an id from a session never.
    package func profile(of member: ID<Member>) async throws -> Profile {
        let profile = try await database.read { snapshot in try snapshot.profile(of: member) }
        guard let profile else { throw Problem.notFound }
        return profile
    }

    /// Who registered with a member's invite code, newest first.
    package func invitations(of member: ID<Member>, _ page: PageRequest) async throws
        -> Page<Profile>
    {
        try await database.read { snapshot in try snapshot.profiles(invitedBy: member, page) }
    }

    package func isAvailable(_ phone: PhoneNumber) async throws -> Bool {
        try await database.read { snapshot in try snapshot.profile(phone: phone) == nil }
    }

    package func isAvailable(_ username: Username) async throws -> Bool {
        try await database.read { snapshot in
            try snapshot.profile(login: username.text) == nil
        }
    }
}

extension Snapshot {
    fileprivate func checkFree(_ phone: PhoneNumber?, _ username: Username) throws {
        if let phone, try profile(phone: phone) != nil { throw Problem.phoneTaken }
        if try profile(login: username.text) != nil { throw Problem.usernameTaken }
    }

    /// Whose invite code it is; nobody's if there is none.
    func inviter(_ code: String?) throws -> ID<Member>? {
        guard let code, !code.isEmpty else { return nil }
        guard let inviter = try member(inviteCode: code.uppercased()) else {
            throw Problem.inviteCodeUnknown
        }
        return inviter
    }
}

extension Transaction {
    /// - Parameter passwordHash: empty for a member without a password, who logs in otherwise.
    func addMember(
        username: Username, phone: PhoneNumber?, passwordHash: String, roles: Set<Role>,
        invitedBy: ID<Member>?
    ) throws -> Profile {
        try checkFree(phone, username)
        // Invite codes are random; that one is taken already happens once in a very long while.
        for _ in 0..<5 {
            let profile = Profile(
                id: .make(), username: username.text, phone: phone, roles: roles, status: .active,
                inviteCode: Self.newInviteCode(), invitedBy: invitedBy, createdAt: now,
                lastLoginAt: nil, hasPaymentPassword: false)
            let member = MemberRecord(
                profile: profile, passwordHash: passwordHash, paymentPasswordHash: nil,
                login: LockOut(), payment: LockOut())
            if try insert(member) { return profile }
            // Somebody else was faster by a moment.
            try checkFree(phone, username)
        }
        throw Problem.unavailable()
    }

    /// Eight digits of base 32: 40 bits, none of which look alike.
    private static func newInviteCode() -> String {
        Base32.encode(Int64.random(in: 0..<(1 << 40)), digits: 8).uppercased()
    }
}
