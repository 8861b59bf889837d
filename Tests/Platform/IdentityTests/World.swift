import Basics
import Scheduling
import Store
import Synchronization
import TestKit
import Testing
import WeChatPay
import Web

@testable import Identity

/// An Identity on a fresh database, with a telephone that remembers and a clock that obeys.
struct World: Sendable {
    static let password = "correct-horse-9"
    static let migrations = schedulingMigrations + identityMigrations

    let database: Database
    let time: TestClock
    let telephone: Telephone
    let identity: Identity

    final class Telephone: Sendable {
        private let messages = Mutex<[SMSMessage]>([])
        private let isDead = Mutex(false)
        struct Dead: Error {}

        var sender: SMSSender {
            SMSSender { [self] message in
                if isDead.withLock({ $0 }) { throw Dead() }
                messages.withLock { $0.append(message) }
            }
        }
        var all: [SMSMessage] { messages.withLock { $0 } }
        func die(_ dead: Bool) { isDead.withLock { $0 = dead } }
        /// The newest code that a phone received.
        func code(_ phone: PhoneNumber) -> String { all.last { $0.phone == phone }?.code ?? "" }
    }

    init(
        _ database: Database, _ time: TestClock, telephone: Telephone = Telephone(),
        weChat: WeChatMiniProgram? = nil
    ) {
        self.database = database
        self.time = time
        self.telephone = telephone
        var options = Identity.Options()
        options.passwordCost = .cheap
        identity = Identity(
            database: database, sms: telephone.sender, weChat: weChat, options: options)
    }

    /// Another node on the same database.
    var otherNode: World {
        World(database, time, telephone: telephone, weChat: identity.weChat)
    }

    @discardableResult
    static func on<Value>(
        _ engine: TestEngine, weChat: WeChatMiniProgram? = nil,
        _ body: (World) async throws -> Value
    ) async throws -> Value {
        let time = TestClock()
        return try await withDatabase(engine, migrations: migrations, clock: time.clock) {
            try await body(World($0, time, weChat: weChat))
        }
    }

    /// A code for a phone, as it was sent.
    func code(_ phone: String, _ purpose: CodePurpose) async throws -> String {
        time.advance(by: .seconds(61))
        let phone = try PhoneNumber(phone)
        try await identity.requestCode(phone: phone, purpose: purpose)
        return telephone.code(phone)
    }

    func register(
        _ username: String = "li-lei", _ phone: String = "13912345678", inviteCode: String? = nil
    ) async throws -> Profile {
        try await identity.register(
            Registration(
                phone: try PhoneNumber(phone), username: try Username(username),
                password: Self.password, code: try await code(phone, .register),
                inviteCode: inviteCode))
    }

    func logIn(_ login: String = "li-lei", _ password: String = World.password) async throws
        -> Tokens
    {
        try await identity.logIn(.password(login: login, password: password))
    }

    func session(_ tokens: Tokens) async throws -> Session? {
        try await identity.authenticate(.bearer(tokens.accessToken))
    }

    /// The same, where there must be one.
    func liveSession(_ tokens: Tokens) async throws -> Session {
        try #require(try await session(tokens))
    }
}

/// The code of the problem that `body` ends with; nil if it succeeds.
func refusal<Value>(_ body: () async throws -> Value) async throws -> String? {
    do {
        _ = try await body()
        return nil
    } catch let problem as Problem {
        return problem.code
    }
}
