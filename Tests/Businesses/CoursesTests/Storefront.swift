import Basics
import Foundation
import Ledger
import Scheduling
import Store
import TestKit
import Testing
import Web

@testable import Checkout
@testable import Courses
@testable import Payments
@testable import Promotions

/// Courses with Checkout behind a web server, and a few people who are known by their names.
struct Storefront: WebTest, Sendable {
    let server: WebServer
    let database: Database
    let checkout: Checkout
    let clock: TestClock

    static let people: [String: Session] = [
        "alice": Session(id: ID(rawValue: 1), memberID: ID(rawValue: 11), username: "alice"),
        "bob": Session(id: ID(rawValue: 2), memberID: ID(rawValue: 12), username: "bob"),
        "operator": Session(
            id: ID(rawValue: 3), memberID: ID(rawValue: 13), username: "operator",
            roles: [.member, .operator]),
    ]

    static func with(
        _ engine: TestEngine = .sqlite, _ body: (Storefront) async throws -> Void
    ) async throws {
        let clock = TestClock(.at("2026-02-01T00:00:00Z"))
        let migrations =
            ledgerMigrations + schedulingMigrations + WebModule().migrations
            + promotionsMigrations + paymentsMigrations + checkoutMigrations + coursesMigrations
        try await withDatabase(engine, migrations: migrations, clock: clock.clock) { database in
            let payments = Payments(database: database, gateways: [], purposes: [])
            let checkout = Checkout(
                database: database, payments: payments, sellers: [CourseSeller()])
            let module = CoursesModule(database: database, checkout: checkout)
            let server = try WebServer.make(module, people: people, database: database)
            try await body(
                Storefront(server: server, database: database, checkout: checkout, clock: clock))
        }
    }
}

extension LocalAnswer {
    /// How often something with this `data-test` name is on the page.
    func count(_ name: String, id: String? = nil) -> Int {
        let wanted = "data-test=\"\(name)\"" + (id.map { " data-id=\"\($0)\"" } ?? "")
        return text.components(separatedBy: wanted).count - 1
    }

    /// Where it leads.
    var location: String? { header("Location") }
}
