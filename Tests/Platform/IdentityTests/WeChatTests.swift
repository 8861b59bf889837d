import Basics
import Store
import Synchronization
import TestKit
import Testing
import WeChatPay
import Web

@testable import Identity

/// Log-in by the code of a mini program (payments reference 1.7: code2session).
@Suite struct WeChatTests {
    @Test(arguments: TestEngine.available)
    func `a new user becomes a member, and stays the same one`(_ engine: TestEngine) async throws {
        let phone = WeChatPhone()
        try await World.on(engine, weChat: phone.program) { world in
            let first = try await world.identity.logIn(weChatCode: phone.code("o-alice"))
            let again = try await world.otherNode.identity.logIn(
                weChatCode: phone.code("o-alice", union: "union-alice"))
            let other = try await world.identity.logIn(weChatCode: phone.code("o-bob"))
            #expect(first.profile.id == again.profile.id)
            #expect(other.profile.id != first.profile.id)
            #expect(first.profile.phone == nil && first.profile.roles == [.member])
            #expect(try await world.session(again)?.memberID == first.profile.id)
            let refreshed = try await world.identity.refresh(again.refreshToken)
            #expect(refreshed.profile.id == first.profile.id)

            let member = first.profile.id
            let (account, events) = try await world.database.read { snapshot in
                (
                    try snapshot.weChatAccount(of: member, appID: "wx1"),
                    try snapshot.events(of: member)
                )
            }
            #expect(account?.openID.value == "o-alice" && account?.unionID?.value == "union-alice")
            #expect(events.map(\.kind) == [.weChatRegistered])
            #expect(events.map(\.about) == ["wx1"])
            let elsewhere = try await world.database.read {
                try $0.weChatOpenID(of: member, appID: "wx2")
            }
            #expect(elsewhere == nil)
            // There is no password to guess, the empty one included.
            for password in ["", " ", "scrypt"] {
                let refused = try await refusal {
                    try await world.logIn(first.profile.username, password)
                }
                #expect(refused == "credentials-wrong")
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `log-ins of one new user at once make one member`(_ engine: TestEngine) async throws {
        let phone = WeChatPhone()
        try await World.on(engine, weChat: phone.program) { world in
            let codes = (0..<12).map { _ in phone.code("o-alice") }
            let other = world.otherNode
            let members = try await withThrowingTaskGroup(of: ID<Member>.self) { group in
                for (index, code) in codes.enumerated() {
                    let identity = (index % 2 == 0 ? world : other).identity
                    group.addTask { try await identity.logIn(weChatCode: code).profile.id }
                }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(members.count == 1)
            let (page, total) = try await world.identity.members(beginning: "", PageRequest())
            #expect(total == 1 && page.items.map(\.id) == Array(members))
        }
    }

    @Test(arguments: [
        (40_029, "wechat-code-invalid"), (40_163, "wechat-code-used"),
        (45_011, "wechat-log-ins-too-many"), (40_226, "wechat-user-barred"),
        (40_125, "wechat-refused"), (40_013, "wechat-refused"), (-1, "wechat-unavailable"),
    ])
    func `what WeChat refuses is told apart`(errcode: Int, code: String) async throws {
        let program = WeChatPhone.program { _ in #"{"errcode":\#(errcode),"errmsg":"no"}"# }
        try await World.on(.sqlite, weChat: program) { world in
            let refused = try await refusal { try await world.identity.logIn(weChatCode: "c") }
            #expect(refused == code)
            let count = try await world.identity.members(beginning: "", PageRequest()).total
            #expect(count == 0)
        }
    }

    @Test func `no answer, a code used twice, and no mini program at all`() async throws {
        struct Away: Error {}
        try await World.on(.sqlite, weChat: WeChatPhone.program { _ in throw Away() }) { world in
            let refused = try await refusal { try await world.identity.logIn(weChatCode: "c") }
            #expect(refused == "wechat-unavailable")
        }
        let phone = WeChatPhone()
        try await World.on(.sqlite, weChat: phone.program) { world in
            let code = phone.code("o-alice")
            _ = try await world.identity.logIn(weChatCode: code)
            let used = try await refusal { try await world.identity.logIn(weChatCode: code) }
            #expect(used == "wechat-code-used")
            let empty = try await refusal { try await world.identity.logIn(weChatCode: "") }
            #expect(empty == "wechat-code-invalid")
        }
        try await World.on(.sqlite) { world in
            let refused = try await refusal { try await world.identity.logIn(weChatCode: "c") }
            #expect(refused == "wechat-log-in-off")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a member who is locked does not come in by WeChat either`(_ engine: TestEngine)
        async throws
    {
        let phone = WeChatPhone()
        try await World.on(engine, weChat: phone.program) { world in
            let tokens = try await world.identity.logIn(weChatCode: phone.code("o-alice"))
            let boss = try await world.boss()
            _ = try await world.identity.lock(tokens.profile.id, by: boss)
            #expect(try await world.session(tokens) == nil)
            let refused = try await refusal {
                try await world.identity.logIn(weChatCode: phone.code("o-alice"))
            }
            #expect(refused == "account-locked")
        }
    }

    @Test(arguments: TestEngine.available)
    func `WeChat is added to an account that is there`(_ engine: TestEngine) async throws {
        let phone = WeChatPhone()
        try await World.on(engine, weChat: phone.program) { world in
            let member = try await world.register()
            let absent = try await refusal {
                try await world.identity.weChatAccount(of: member.id)
            }
            #expect(absent == "not-found")
            for _ in 0..<2 {
                let bound = try await world.identity.bindWeChat(
                    of: member.id, code: phone.code("o-alice"))
                #expect(bound.member == member.id)
            }
            let tokens = try await world.identity.logIn(weChatCode: phone.code("o-alice"))
            #expect(tokens.profile.id == member.id && tokens.profile.username == "li-lei")
            let events = try await world.database.read { try $0.events(of: member.id) }
            #expect(events.map(\.kind) == [.weChatBound])

            let second = try await refusal {
                try await world.identity.bindWeChat(of: member.id, code: phone.code("o-new"))
            }
            #expect(second == "wechat-already-bound")
            let bob = try await world.register("bob", "13912345679")
            let taken = try await refusal {
                try await world.identity.bindWeChat(of: bob.id, code: phone.code("o-alice"))
            }
            #expect(taken == "wechat-taken")
        }
    }

    @Test(arguments: TestEngine.available)
    func `a user from WeChat adds a phone, and then has a password like everybody`(
        _ engine: TestEngine
    ) async throws {
        let phone = WeChatPhone()
        try await World.on(engine, weChat: phone.program) { world in
            let inviter = try await world.register("ann", "13912345670")
            let tokens = try await world.identity.logIn(
                weChatCode: phone.code("o-alice"), inviteCode: inviter.inviteCode)
            let member = tokens.profile.id
            #expect(tokens.profile.invitedBy == inviter.id)
            let unknown = try await refusal {
                try await world.identity.logIn(
                    weChatCode: phone.code("o-bob"), inviteCode: "NOBODY99")
            }
            #expect(unknown == "invite-code-unknown")

            let number = try PhoneNumber("13912345678")
            let wrong = try await refusal {
                try await world.identity.bindPhone(of: member, number, code: "000000")
            }
            #expect(wrong == "verification-code-wrong")
            let taken = try await refusal {
                try await world.identity.bindPhone(
                    of: member, try PhoneNumber("13912345670"),
                    code: try await world.code("13912345670", .register))
            }
            #expect(taken == "phone-taken")
            let profile = try await world.identity.bindPhone(
                of: member, number, code: try await world.code("13912345678", .register))
            #expect(profile.id == member && profile.phone == number)
            let again = try await refusal {
                try await world.identity.bindPhone(
                    of: member, try PhoneNumber("13912345677"),
                    code: try await world.code("13912345677", .register))
            }
            #expect(again == "phone-already-set")

            try await world.identity.resetPassword(
                phone: number, code: try await world.code("13912345678", .resetPassword),
                to: World.password)
            let logged = try await world.logIn("13912345678")
            #expect(logged.profile.id == member)
        }
    }

    @Test func `neither session key nor openid is in what is sent or shown`() async throws {
        let phone = WeChatPhone()
        try await World.on(.sqlite, weChat: phone.program) { world in
            let tokens = try await world.identity.logIn(
                weChatCode: phone.code("o-alice", union: "union-alice"))
            let account = try await world.identity.weChatAccount(of: tokens.profile.id)
            var text = String(decoding: try JSONBytes.encode(TokensView(tokens)), as: UTF8.self)
            text += String(
                decoding: try JSONBytes.encode(WeChatAccountView(account)), as: UTF8.self)
            dump(account, to: &text)
            dump(world.identity.weChat, to: &text)
            for secret in ["o-alice", "union-alice", WeChatPhone.sessionKey, "s3cret"] {
                #expect(!text.contains(secret), "\(secret)")
            }
        }
    }
}

extension World {
    fileprivate func boss() async throws -> Session {
        _ = try await identity.addOperator(
            username: try Username("boss"), password: "boss-password", roles: [.admin])
        return try await liveSession(try await logIn("boss", "boss-password"))
    }
}

/// WeChat, with a user who presses "log in".
private final class WeChatPhone: Sendable {
    static let sessionKey = "tiihtNczf5v6AKRyjwEUhQ=="

    private let codes = Mutex<[String: String]>([:])
    private let count = Atomic(0)

    /// A code for this user, good once.
    func code(_ openID: String, union: String? = nil) -> String {
        let code = "code-\(count.add(1, ordering: .relaxed).newValue)"
        let more = union.map { #","unionid":"\#($0)""# } ?? ""
        codes.withLock {
            $0[code] = #"{"openid":"\#(openID)","session_key":"\#(Self.sessionKey)"\#(more)}"#
        }
        return code
    }

    var program: WeChatMiniProgram {
        Self.program { [self] url in
            let code = url.firstMatch(of: /js_code=([^&]+)/).map { String($0.1) } ?? ""
            return codes.withLock { codes in
                guard let answer = codes[code] else { return #"{"errcode":40029}"# }
                codes[code] = #"{"errcode":40163}"#
                return answer
            }
        }
    }

    static func program(_ answer: @escaping @Sendable (String) throws -> String)
        -> WeChatMiniProgram
    {
        WeChatMiniProgram(
            appID: "wx1", secret: "s3cret",
            transport: WeChatPayTransport { request in
                .init(body: Array(try answer(request.url).utf8))
            })
    }
}
