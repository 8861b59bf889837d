import Basics
import Store
import WeChatPay
import Web

extension WeChatAccount {
    fileprivate static let columns: SQL = "app_id, open_id, member_id, union_id, bound_at"

    fileprivate static func find(_ appID: String, _ openID: WeChatPayOpenID) -> SQL {
        """
        SELECT \(columns) FROM member_wechat
        WHERE app_id = \(appID) AND open_id = \(openID.value)
        """
    }

    fileprivate init(row: Row) throws {
        appID = try row[0]
        openID = WeChatPayOpenID(try row[1])
        member = try row[2]
        unionID = (try row[3] as String?).map(WeChatPayOpenID.init)
        boundAt = try row[4]
    }
}

extension Snapshot {
    /// Whom a mini program knows a member as; nil if the member has never come from there.
    package func weChatOpenID(of member: ID<Member>, appID: String) throws -> WeChatPayOpenID? {
        try weChatAccount(of: member, appID: appID)?.openID
    }

    func weChatAccount(appID: String, _ openID: WeChatPayOpenID) throws -> WeChatAccount? {
        try first(WeChatAccount.find(appID, openID), WeChatAccount.init)
    }

    func weChatAccount(of member: ID<Member>, appID: String) throws -> WeChatAccount? {
        try first(
            """
            SELECT \(WeChatAccount.columns) FROM member_wechat
            WHERE app_id = \(appID) AND member_id = \(member)
            """, WeChatAccount.init)
    }

    func events(of member: ID<Member>) throws -> [MemberEvent] {
        try rows(
            """
            SELECT id, member_id, kind, about, happened_at FROM member_event
            WHERE member_id = \(member) ORDER BY id
            """
        ) { row in
            try MemberEvent(
                id: row[0], member: row[1], kind: row[2], about: row[3], happenedAt: row[4])
        }
    }
}

extension Transaction {
    func lockWeChatAccount(
        appID: String, _ openID: WeChatPayOpenID
    ) throws -> Locked<WeChatAccount>? {
        try lock(WeChatAccount.find(appID, openID), WeChatAccount.init)
    }

    /// - Returns: false if the user is somebody's already, or the member somebody else at WeChat.
    func insert(_ account: WeChatAccount) throws -> Bool {
        try run(
            """
            INSERT INTO member_wechat (\(WeChatAccount.columns))
            VALUES (\(account.appID), \(account.openID.value), \(account.member),
                \(account.unionID?.value), \(account.boundAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    func save(_ account: Locked<WeChatAccount>) throws {
        try run(
            """
            UPDATE member_wechat SET union_id = \(account.unionID?.value)
            WHERE app_id = \(account.appID) AND open_id = \(account.openID.value)
            """)
    }

    func note(_ kind: MemberEvent.Kind, of member: ID<Member>, about: String) throws {
        try run(
            """
            INSERT INTO member_event (id, member_id, kind, about, happened_at)
            VALUES (\(ID<MemberEvent>.make()), \(member), \(kind), \(about), \(now))
            """)
    }

    /// - Returns: false if the number is somebody's.
    func setPhone(_ phone: PhoneNumber, of member: Locked<MemberRecord>) throws -> Bool {
        guard try profile(phone: phone) == nil else { return false }
        // Somebody else may register it in this moment; the index has the last word.
        return try run(
            """
            UPDATE member SET phone = \(phone) WHERE id = \(member.value.id) AND phone IS NULL
            """) == 1
    }
}
