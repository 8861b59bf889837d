import Basics
import Store
import TestKit
import Testing
import Web

@testable import Promotions

/// The module behind a web server, with a few people who are known by their names.
struct Shop: WebTest, Sendable {
    let server: WebServer
    let database: Database

    static func with(
        _ engine: TestEngine = .sqlite, at now: Instant = june5, scopes: CouponScopes = .init(),
        _ body: (Shop) async throws -> Void
    ) async throws {
        let migrations = WebModule().migrations + promotionsMigrations
        let clock = TestClock(now).clock
        try await withDatabase(engine, migrations: migrations, clock: clock) { database in
            let module = PromotionsModule(database: database, scopes: scopes)
            let server = try WebServer.make(module, people: people, database: database)
            try await body(Shop(server: server, database: database))
        }
    }

    static let people: [String: Session] = [
        "alice": Session(id: ID(rawValue: 2), memberID: alice, username: "alice"),
        "bob": Session(id: ID(rawValue: 3), memberID: bob, username: "bob"),
        "operator": Session(
            id: ID(rawValue: 1), memberID: anOperator, username: "operator",
            roles: [.member, .operator]),
    ]
}
