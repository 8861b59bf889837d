import Basics
import Foundation
import Money
import Store
import TestKit
import Testing
import Web

@testable import Payments

/// What is open at a gateway that has been taken out of the configuration.
@Suite struct NotConfiguredTests {
    /// One payment that is open, one that was paid, and a refund that is under way.
    private func withOpenCases(
        _ engine: TestEngine, _ body: (World, Payment, ID<PaymentRefund>) async throws -> Void
    ) async throws {
        try await World.on(engine) { world in
            let open = try await world.topUp()
            let paid = try await world.topUp(2_000)
            #expect(try await world.receive(paid, 2_000) == .settled)
            let refund = try await world.refund(paid, 400)
            try await body(world, open, refund)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what is open there is counted, and what is over is not`(_ engine: TestEngine)
        async throws
    {
        try await withOpenCases(engine) { world, open, refund in
            let told = try await world.withoutBank.openElsewhere()
            #expect(told == [OpenElsewhere(gateway: "bank", attempts: 1, refunds: 1)])
            #expect(try await world.payments.openElsewhere() == [])

            world.bank.says(trade: .closed)
            try await world.work(after: 6)
            #expect(try await world.status(refund) == .succeeded)
            #expect(try await world.attempt(open) == .closed)
            #expect(try await world.withoutBank.openElsewhere() == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `operators find it by its problem`(_ engine: TestEngine) async throws {
        try await withOpenCases(engine) { world, open, refund async throws in
            func found(_ payments: Payments, _ status: PaymentAttempt.Status? = nil)
                async throws -> [String]
            {
                let page = PageRequest(limit: 10)
                return try await world.database.read { snapshot in
                    let attempts = try payments.attempts(
                        in: status, with: .gatewayNotConfigured, page: page, in: snapshot)
                    let refunds = try payments.refunds(
                        in: nil, from: nil, with: .gatewayNotConfigured, page: page, in: snapshot)
                    return attempts.items.map(\.id.description)
                        + refunds.items.map(\.id.description)
                }
            }
            let ids = [open.attempt.id.description, refund.description]
            #expect(try await found(world.withoutBank) == ids)
            #expect(try await found(world.withoutBank, .submitted) == ids)
            #expect(try await found(world.withoutBank, .paid) == [refund.description])
            #expect(try await found(world.payments) == [])
        }
    }

    @Test(arguments: TestEngine.available)
    func `who pays is told that the gateway cannot be reached, until it is back`(
        _ engine: TestEngine
    ) async throws {
        try await withOpenCases(engine) { world, open, _ in
            let away = try await world.withoutBank.withAction(PaymentView(open.attempt))
            #expect(away.actionProblem == .gatewayUnreachable)
            #expect(away.action == nil)
            let back = try await world.view(open)
            #expect(back.actionProblem == nil)
            #expect(back.action?.kind == .redirect)
        }
    }

    @Test func `operators see it on their page`() async throws {
        try await withOpenCases(.sqlite) { world, open, _ in
            func page(_ payments: Payments) async throws -> String {
                let module = PaymentsModule(
                    payments: payments, alipay: nil, weChatPay: nil, shopName: "Shop")
                let boss = Session(
                    id: ID(rawValue: 2), memberID: ID(rawValue: 9), username: "boss",
                    roles: [.member, .operator, .finance])
                let desk = Desk(
                    server: try WebServer.make(
                        module, people: ["boss": boss], database: world.database))
                return try await desk.open("/operator/payments", as: "boss").text
            }
            let away = try await page(world.withoutBank)
            #expect(away.components(separatedBy: "data-test=\"stranded\"").count == 3)
            #expect(away.contains(open.attempt.outTradeNo))
            #expect(away.contains("the gateway is not configured"))
            #expect(!away.contains("Nothing waits for a decision."))
            let here = try await page(world.payments)
            #expect(!here.contains("data-test=\"stranded\""))
        }
    }

    private struct Desk: WebTest { let server: WebServer }
}
