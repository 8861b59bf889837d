import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@testable import Payments

/// Refunds that were made at the gateway's own console: they are told by messages and by bills, and
/// booked once.
@Suite struct BilledRefundTests {
    private static let engines = TestEngine.available

    @Test(arguments: engines, [true, false])
    func `a refund that a notification told is matched, whoever made it`(
        _ engine: TestEngine, _ isNumbered: Bool
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            // The second is as large as the first.
            for (sum, number) in [(Int64(300), "HZ01RF001"), (600, "HZ01RF002")] {
                let told = try await world.tell(
                    payment, refunded: sum, number: isNumbered ? number : nil)
                #expect(told == .foreign)
            }
            try world.says(
                [
                    world.line(payment), world.line("HZ01RF001", of: payment, 300),
                    world.line("HZ01RF002", of: payment, 300),
                    world.line("HZ01RF003", of: payment, 300),
                ], of: world.today)
            let run = try await world.reconcile(world.today)
            // Of the third only the bill tells.
            #expect(run.tally.matched == 3 && run.tally.missingHere == 1 && run.tally.settled == 1)
            #expect(run.tally.missingThere == 0)
            #expect(try await world.refunds(payment).count == 3)
            #expect(try await world.balance(.gatewayRefunds) == -900)
            #expect(try await world.books() == [-(100 - 6), -6, 0])
        }
    }

    @Test(arguments: engines, [nil, "HZ01RF002", "HZ01RF003"])
    func `of several that were told as a sum the bill's lines are told apart`(
        _ engine: TestEngine, _ number: String?
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            // The messages about the first and the second were lost, or ours was under way meanwhile.
            #expect(try await world.tell(payment, refunded: 600, number: number) == .foreign)
            // And one by itself, less than the sum.
            #expect(try await world.tell(payment, refunded: 700) == .foreign)
            try world.says(
                [
                    world.line(payment), world.line("HZ01RF001", of: payment, 100),
                    world.line("HZ01RF002", of: payment, 200),
                    world.line("HZ01RF003", of: payment, 300),
                    world.line("HZ01RF004", of: payment, 100),
                ], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.matched == 5)
            #expect(try await world.items(nil, .open).isEmpty)
            let refunds = try await world.refunds(payment)
            #expect(refunds.map(\.amount.minorUnits).sorted() == [100, 100, 200, 300])
            #expect(refunds.allSatisfy { $0.status == .succeeded && $0.origin == .gateway })
            #expect(try await world.balance(.gatewayRefunds) == -700)
            #expect(try await world.books() == [-(300 - 6), -6, 0])
            // What is told once more is known.
            #expect(try await world.tell(payment, refunded: 700) == .alreadyKnown)
            let before = try await world.rows()
            try await world.reconcile(world.today, again: true)
            #expect(try await world.rows() == before)
        }
    }

    @Test(arguments: engines)
    func `of a sum whose other part is in the next day's bill nothing is lost`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            #expect(try await world.tell(payment, refunded: 300) == .foreign)
            let first = world.today
            try world.says(
                [world.line(payment), world.line("HZ01RF001", of: payment, 100)], of: first)
            try await world.reconcile(first)
            let missing = try #require(try await world.items(.missingThere, .open).first)
            #expect(missing.ours == Amount(200))
            world.clock.advance(by: .days(1))
            try world.says([world.line("HZ01RF002", of: payment, 200)], of: world.today)
            try await world.reconcile(world.today)
            #expect(try await world.items(nil, .open).isEmpty)
            #expect(try await world.balance(.gatewayRefunds) == -300)
        }
    }

    @Test(arguments: engines)
    func `several that add up to what was refused to us are for a person, and the books are right`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            world.bank.says(refunds: .refused("no"))
            let ours = try await world.refund(payment, 300)
            try await world.work()
            #expect(try await world.tell(payment, refunded: 300) == .settled)
            #expect(try await world.status(ours) == .succeeded)
            try world.says(
                [
                    world.line(payment), world.line("HZ01RF001", of: payment, 100),
                    world.line("HZ01RF002", of: payment, 200),
                ], of: world.today)
            try await world.reconcile(world.today)
            let open = try await world.items(nil, .open)
            #expect(open.map(\.finding) == [.different] && open.first?.refund == ours)
            #expect(try await world.balance(.gatewayRefunds) == -200)
            // What the gateway owes is what it says.
            #expect(try await world.books() == [-(700 - 6), -6, 200])
        }
    }

    @Test(arguments: engines)
    func `a refund of which the bill tells first is booked once`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            try world.says(
                [world.line(payment), world.line("HZ01RF001", of: payment, 300)], of: world.today)
            try await world.reconcile(world.today)
            let item = try #require(try await world.items(.missingHere).first)
            #expect(item.status == .resolved && item.outcome == .refundedThere)
            #expect(item.refund != nil && item.suspended == .zero)
            #expect(try await world.balance(.gatewayRefunds) == -300)
            #expect(try await world.books() == [-(700 - 6), -6, 0])

            // The messages come after all: one of the refund, two of their sum.
            let one = try await world.tell(payment, .succeeded, "HZ01RF001", 300)
            #expect(one == .alreadyKnown)
            #expect(try await world.tell(payment, refunded: 300) == .alreadyKnown)
            let before = try await world.rows()
            try await world.reconcile(world.today, again: true)
            #expect(try await world.rows() == before)
            #expect(try await world.tell(payment, refunded: 450) == .foreign)
            #expect(try await world.balance(.gatewayRefunds) == -450)
        }
    }

    @Test(arguments: engines)
    func `notifications and bills at once book it once`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            let day = world.today
            try world.says(
                [world.line(payment), world.line("HZ01RF001", of: payment, 300)], of: day)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        try await world.tell(payment, .succeeded, "HZ01RF001", 300)
                    }
                    group.addTask {
                        _ = try await world.payments.reconcile(world.bank.gateway, day)
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await world.refunds(payment).count == 1)
            #expect(try await world.balance(.gatewayRefunds) == -300)
            #expect(try await world.books() == [-(700 - 6), -6, 0])
        }
    }

    @Test(arguments: engines)
    func `what was credited here and paid there is known by its own number`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            world.bank.says(refunds: .abnormal("ABNORMAL"))
            let ours = try await world.refund(payment, 400)
            try await world.work()
            _ = try await world.database.write { tx in
                try world.payments.creditRefund(ours, by: world.member, in: tx)
            }
            try world.says(
                [world.line(payment), world.line(ours, of: payment, 400)], of: world.today)
            try await world.reconcile(world.today)
            #expect(
                try await world.tell(payment, .succeeded, ours.description, 400) == .alreadyKnown)
            #expect(try await world.status(ours) == .credited)
            #expect(try await world.balance(.gatewayRefunds) == -400)
            #expect(try await world.books() == [-(600 - 6), -6, 0])
        }
    }

    @Test(arguments: engines)
    func `what was refused to us and done by hand is ours`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            world.bank.says(refunds: .refused("no"))
            let ours = try await world.refund(payment, 400)
            try await world.work()
            try world.says(
                [world.line(payment), world.line("HZ01RF001", of: payment, 400)], of: world.today)
            try await world.reconcile(world.today)
            #expect(try await world.items(.missingHere).map(\.outcome) == [.settled])
            #expect(try await world.status(ours) == .succeeded)
            #expect(try await world.balance(.refundsPayable) == 0)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            #expect(try await world.books() == [-(600 - 6), -6, 0])
        }
    }

    @Test(arguments: engines)
    func `what came and went in one bill buys nothing`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            try world.says(
                [world.line("HZ01RF001", of: payment, 1_000, fee: -6), world.line(payment)],
                of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.missingHere == 1 && run.tally.matched == 1 && run.tally.settled == 1)
            #expect(try await world.items(.missingHere).map(\.outcome) == [.refundedThere])
            #expect(try await world.items(nil, .open).isEmpty)
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.balance(.available(world.member)) == 0)
            #expect(try await world.balance(.unappliedReceipts) == 0)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            #expect(try await world.books() == [0, 0, 0])
            // Nothing is sent after it.
            try await world.work(after: 60)
            #expect(!world.bank.asked.contains { $0.hasPrefix("refund") })
        }
    }

    @Test(arguments: engines)
    func `what nobody asked for waits for a frozen account`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            try world.says([world.line("HZ01RF001", of: payment, 300)], of: world.today)
            try await world.setFrozen(true, .receivable("bank"))
            let code = try await refusal {
                try await world.payments.reconcile(world.bank.gateway, world.today)
            }
            #expect(code == "account-frozen")
            #expect(try await world.items().isEmpty)
            try await world.setFrozen(false, .receivable("bank"))
            try await world.reconcile(world.today)
            #expect(try await world.balance(.gatewayRefunds) == -300)
        }
    }
}
