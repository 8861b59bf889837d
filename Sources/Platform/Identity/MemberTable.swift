import Basics
import Store
import Web

extension Snapshot {
    /// What is known of a member.
    package func profile(of id: ID<Member>) throws -> Profile? {
        try first("SELECT \(Profile.columns) FROM member WHERE id = \(id)", Profile.init)
    }

    /// The profiles of several members, by id; unknown ones are left out.
    package func profiles(of ids: [ID<Member>]) throws -> [ID<Member>: Profile] {
        let found = try rows(
            "SELECT \(Profile.columns) FROM member WHERE id IN \(list: ids)", Profile.init)
        return Dictionary(uniqueKeysWithValues: found.map { ($0.id, $0) })
    }

    /// The member with this username, in any case, or this phone number.
    package func profile(login: String) throws -> Profile? {
        try first(
            """
            SELECT \(Profile.columns) FROM member
            WHERE username_key = \(Username.key(login)) OR phone = \(login)
            """, Profile.init)
    }

    func profile(phone: PhoneNumber) throws -> Profile? {
        try first("SELECT \(Profile.columns) FROM member WHERE phone = \(phone)", Profile.init)
    }

    func member(inviteCode: String) throws -> ID<Member>? {
        try first("SELECT id FROM member WHERE invite_code = \(inviteCode)") { try $0[0] }
    }

    func record(of id: ID<Member>) throws -> MemberRecord? {
        try first("SELECT \(MemberRecord.columns) FROM member WHERE id = \(id)", MemberRecord.init)
    }

    /// Whose username or phone number begins so, the newest first.
    func profiles(beginning text: String, _ page: PageRequest) throws -> Page<Profile> {
        try profiles(where: Self.beginning(text), page)
    }

    func profileCount(beginning text: String) throws -> Int64 {
        try number("SELECT COUNT(*) FROM member WHERE \(Self.beginning(text))")
    }

    /// Who registered with a member's invite code.
    func profiles(invitedBy member: ID<Member>, _ page: PageRequest) throws -> Page<Profile> {
        try profiles(where: "invited_by = \(member)", page)
    }

    private func profiles(where condition: SQL, _ page: PageRequest) throws -> Page<Profile> {
        let rows = try rows(
            """
            SELECT \(Profile.columns) FROM member
            WHERE id < \(page.after ?? Int64.max) AND (\(condition))
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """, Profile.init)
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    /// A range and not LIKE: it means the same on both engines and uses the indexes.
    private static func beginning(_ text: String) -> SQL {
        guard !text.isEmpty else { return "1 = 1" }
        let from = Username.key(text)
        let to = from + "\u{10FFFF}"
        return """
            (username_key >= \(from) AND username_key < \(to))
            OR (phone >= \(from) AND phone < \(to))
            """
    }
}

extension Transaction {
    func lockMember(_ id: ID<Member>) throws -> Locked<MemberRecord>? {
        try lock("SELECT \(MemberRecord.columns) FROM member WHERE id = \(id)", MemberRecord.init)
    }

    /// - Returns: false if the username, the phone or the invite code is somebody's.
    func insert(_ member: MemberRecord) throws -> Bool {
        let profile = member.profile
        return try run(
            """
            INSERT INTO member (id, username, username_key, phone, roles, status, invite_code,
                invited_by, created_at, password_hash, login_failures, payment_failures)
            VALUES (\(profile.id), \(profile.username), \(Username.key(profile.username)),
                \(profile.phone), \(RoleList(profile.roles)), \(profile.status),
                \(profile.inviteCode), \(profile.invitedBy), \(profile.createdAt),
                \(member.passwordHash), 0, 0)
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ member: Locked<MemberRecord>) throws {
        try run(
            """
            UPDATE member SET roles = \(RoleList(member.profile.roles)),
                status = \(member.profile.status), last_login_at = \(member.profile.lastLoginAt),
                password_hash = \(member.passwordHash), login_failures = \(member.login.failures),
                login_locked_until = \(member.login.until),
                payment_password_hash = \(member.paymentPasswordHash),
                payment_failures = \(member.payment.failures),
                payment_locked_until = \(member.payment.until)
            WHERE id = \(member.value.id)
            """)
    }
}

extension Profile {
    static let columns: SQL = """
        id, username, phone, roles, status, invite_code, invited_by, created_at, last_login_at,
        payment_password_hash IS NOT NULL
        """

    init(row: Row) throws {
        id = try row[0]
        username = try row[1]
        phone = try row[2]
        roles = try (row[3] as RoleList).roles
        status = try row[4]
        inviteCode = try row[5]
        invitedBy = try row[6]
        createdAt = try row[7]
        lastLoginAt = try row[8]
        hasPaymentPassword = try row[9]
    }
}

extension MemberRecord {
    static let columns: SQL = """
        \(Profile.columns), password_hash, payment_password_hash, login_failures,
        login_locked_until, payment_failures, payment_locked_until
        """

    init(row: Row) throws {
        profile = try Profile(row: row)
        passwordHash = try row[10]
        paymentPasswordHash = try row[11]
        login = LockOut(failures: try row[12], until: try row[13])
        payment = LockOut(failures: try row[14], until: try row[15])
    }
}

/// Roles as one column: `admin,member`.
struct RoleList: SQLBindable, SQLDecodable {
    static var sqlType: SQLType { .text }
    let roles: Set<Role>

    init(_ roles: Set<Role>) { self.roles = roles }

    var sqlValue: SQLValue { .text(roles.map(\.rawValue).sorted().joined(separator: ",")) }

    static func decode(_ value: SQLValue) throws(SQLMismatch) -> RoleList {
        let text = try String.decode(value)
        return RoleList(Set(text.split(separator: ",").compactMap { Role(rawValue: String($0)) }))
    }
}
