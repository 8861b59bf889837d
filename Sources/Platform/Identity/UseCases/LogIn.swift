import Basics
import CryptoExtras
import JWTKit
import Store
import Web

/// What a program gets when it logs in.
package struct Tokens: Sendable {
    package let accessToken: String
    package let refreshToken: String
    /// When the access token ends.
    package let expiresAt: Instant
    package let profile: Profile
}

/// What a browser gets when it logs in.
package struct PageSession: Sendable {
    package let cookie: String
    package let expiresAt: Instant
    package let profile: Profile
}

/// How somebody who logs in proves who they are.
package enum LogIn: Sendable {
    /// `login` is a username or a phone number.
    case password(login: String, password: String)
    case code(phone: PhoneNumber, code: String)
}

extension Identity {
    /// Logs a program in.
    package func logIn(_ logIn: LogIn) async throws -> Tokens {
        let record = try await open(logIn, kind: .token, cookieHash: nil)
        return try await tokens(for: record.session, record.profile)
    }

    /// Logs a browser in.
    package func logInToPages(_ logIn: LogIn) async throws -> PageSession {
        let cookie = Base64URL.encode(SymmetricKey(size: .bits256).bytes)
        let record = try await open(logIn, kind: .page, cookieHash: Self.cookieHash(cookie))
        return PageSession(
            cookie: cookie, expiresAt: record.session.expiresAt, profile: record.profile)
    }

    /// Cookies are random, so a plain hash keeps them as safe as a slow one would.
    static func cookieHash(_ cookie: String) -> [UInt8] {
        Array(SHA256.hash(data: Array(cookie.utf8)))
    }

    func tokens(for session: SessionRecord, _ profile: Profile) async throws -> Tokens {
        let keys = try await keyring.keys()
        let access = AccessToken(
            Session(
                id: session.id, memberID: profile.id, username: profile.username,
                roles: profile.roles),
            at: database.clock.unmoved)
        let refresh = RefreshToken(session: session.id, rotation: session.rotations)
        return Tokens(
            accessToken: try await keys.access.sign(access),
            refreshToken: refresh.text(key: keys.refresh), expiresAt: access.expiresAt,
            profile: profile)
    }

    private typealias Opened = (session: SessionRecord, profile: Profile)

    private func open(_ logIn: LogIn, kind: SessionRecord.Kind, cookieHash: [UInt8]?) async throws
        -> Opened
    {
        let now = database.clock.unmoved
        switch logIn {
        case .password(let login, let password):
            let found = try await database.read { snapshot in try snapshot.profile(login: login) }
            guard let member = found?.id else {
                _ = try await hasher.verify(password, nil)
                throw Problem.credentialsWrong
            }
            return try await turns.run(member) {
                let hash = try await checkPassword(of: member, password, wrong: .credentialsWrong)
                return try await database.write { tx in
                    guard let locked = try tx.lockMember(member) else {
                        throw Problem.credentialsWrong
                    }
                    try locked.value.checkLogIn(comparedWith: hash, at: tx.now, .credentialsWrong)
                    return try tx.open(locked, kind, cookieHash, at: now)
                }
            }
        case .code(let phone, let code):
            let proof = try await proof(code: code, phone: phone, purpose: .login)
            return try await database.write { tx in
                try tx.use(proof)
                guard let profile = try tx.profile(phone: phone),
                    let locked = try tx.lockMember(profile.id)
                else { throw Problem.credentialsWrong }
                return try tx.open(locked, kind, cookieHash, at: now)
            }
        }
    }

    /// Compares a password and counts a wrong one. The caller has the member's turn.
    ///
    /// Comparing is slow, and another node may compare at the same time: which guesses count is decided
    /// under the lock of the row. So what rests on a right one asks `checkLogIn` in its transaction.
    /// - Returns: the hash that it was compared with.
    func checkPassword(of member: ID<Member>, _ password: String, wrong: Problem) async throws
        -> String?
    {
        let now = database.clock.now
        let record = try await database.read { snapshot in try snapshot.record(of: member) }
        try record?.login.check(at: now, .loginLocked)
        if try await hasher.verify(password, record?.passwordHash) { return record?.passwordHash }
        try await database.write { tx in
            guard var locked = try tx.lockMember(member) else { return }
            try locked.login.check(at: tx.now, .loginLocked)
            locked.login.countFailure(at: tx.now)
            try tx.save(locked)
        }
        throw wrong
    }
}

extension MemberRecord {
    /// Whether a comparison made before the row was locked still holds.
    /// - Throws: `login-locked`, or `wrong` if the password is another by now.
    func checkLogIn(comparedWith hash: String?, at now: Instant, _ wrong: Problem) throws(Problem) {
        try login.check(at: now, .loginLocked)
        guard passwordHash == hash else { throw wrong }
    }
}

extension Transaction {
    /// A new session of a member who has proved who they are. Each takes a few with it that ended long
    /// ago, so that their table stays as large as what is in use.
    /// - Parameter unmoved: credentials end by the clock that nobody moves.
    func open(
        _ member: Locked<MemberRecord>, _ kind: SessionRecord.Kind, _ cookieHash: [UInt8]?,
        at unmoved: Instant
    ) throws -> (session: SessionRecord, profile: Profile) {
        try member.value.checkActive()
        var member = member
        member.profile.lastLoginAt = now
        member.login.clear()
        try save(member)
        let session = SessionRecord(
            id: .make(), member: member.value.id, kind: kind, cookieHash: cookieHash, rotations: 0,
            createdAt: now, expiresAt: unmoved + SessionRecord.lifetime, revokedAt: nil)
        try insert(session)
        try forgetSessions(endedBefore: unmoved - SessionRecord.keptAfterEnd, most: 4)
        return (session, member.profile)
    }
}
