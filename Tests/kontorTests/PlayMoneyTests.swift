import AsyncHTTPClient
import Basics
import Foundation
import Identity
import Money
import Store
import TestKit
import Testing
import Web

@testable import Payments
@testable import kontor

/// The sandbox and a live gateway never meet: neither in one server nor, one after the other, in one
/// database.
@Suite struct PlayMoneyTests {
    /// A database that servers come to, one after the other.
    private struct Place {
        let database: String

        /// Starts a server as it is told to, lets `body` use it, and stops it.
        /// - Returns: why it did not start.
        func start(
            _ change: (inout Settings) -> Void, _ body: (Server) async throws -> Void = { _ in }
        ) async throws -> [String] {
            var settings = Settings()
            settings.database = database
            settings.publicURL = "https://shop.example"
            settings.passwordRounds = 16
            change(&settings)
            do {
                let server = try await Server.make(
                    settings, port: 8_080, sandboxKeys: TestKeys.sandbox)
                try await body(server)
                await server.database.close()
                try await server.http.shutdown()
                return []
            } catch let fault as SettingsFault {
                return fault.lines
            }
        }
    }

    private func withPlace(
        _ engine: TestEngine, _ body: (Place, KeyFolder) async throws -> Void
    ) async throws {
        let place = try await TestPlace.make(engine, migrations: [])
        let folder = try KeyFolder()
        defer { folder.remove() }
        try await body(Place(database: place.location), folder)
        try await place.remove()
    }

    @Test(arguments: TestEngine.available)
    func `a database that was a sandbox's takes no live gateway`(_ engine: TestEngine) async throws
    {
        try await withPlace(engine) { place, folder in
            for _ in 0..<2 {
                let played = try await place.start { $0.isSandbox = true }
                #expect(played == [])
            }
            let alipay = try folder.alipay()
            let weChatPay = try folder.weChatPay()
            let refusals = [
                try await place.start { $0.alipay = alipay },
                try await place.start { $0.weChatPay = weChatPay },
            ]
            for lines in refusals {
                #expect(lines.count == 1 && lines.first?.contains("a sandbox's") == true)
            }
            // Refused, it has let go of the database; and without a gateway it may be looked at.
            let plain = try await place.start { _ in }
            #expect(plain == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a database with real payments takes no sandbox`(_ engine: TestEngine) async throws {
        try await withPlace(engine) { place, folder in
            let live = try folder.alipay()
            let begun = try await place.start {
                $0.alipay = live
            } _: { server in
                let payments = server.modules.payments
                let member = try await server.modules.identity.addOperator(
                    username: try Username("boss"), password: "correct horse battery",
                    roles: [.admin])
                _ = try await server.database.write { tx in
                    try payments.topUp(
                        Amount(1_000), gateway: "alipay", channel: "page", by: member.id,
                        title: "Top-up", in: tx)
                }
            }
            #expect(begun == [])
            // As if the live gateway's settings had been lost.
            for _ in 0..<2 {
                let refused = try await place.start { $0.isSandbox = true }
                #expect(refused.count == 1)
                #expect(refused.first?.contains("--sandbox needs another database") == true)
            }
            // Refused, it has left nothing behind.
            let again = try await place.start { $0.alipay = live }
            #expect(again == [])
        }
    }
}
