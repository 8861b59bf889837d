import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@testable import Payments

/// A gateway's bill against our books: what becomes of each line, and of what is in no bill.
@Suite struct ReconciliationTests {
    @Test(arguments: TestEngine.available)
    func `a payment and its fee are booked as the bill says (commerce R12)`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp(411_200)
            try world.says([world.line(payment)], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.status == .completed && run.lines == 1 && run.tally.matched == 1)
            #expect(run.paid == Amount(411_200) && run.fees == Amount(2_467))
            #expect(try await world.books() == [-408_733, -2_467, 0])
            #expect(try await world.balance(.available(world.member)) == 411_200)
        }
    }

    @Test(arguments: TestEngine.available)
    func `five lines are five findings, and a second run adds nothing (ledger case 25)`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let day = world.today
            let matched = try await world.paidTopUp()
            let different = try await world.paidTopUp()
            let missing = try await world.paidTopUp()
            let line = world.line(matched)
            try world.says(
                [line, world.line(different, 900), world.line("KNOBODY", 700), line], of: day)
            let run = try await world.reconcile(day)
            let expected: [ReconciliationItem.Finding: Int] = [
                .matched: 1, .different: 1, .missingHere: 1, .missingThere: 1, .duplicate: 1,
            ]
            #expect(try await world.findings() == expected)
            #expect(run.lines == 4 && run.status == .completed)
            let there = try await world.items(.missingThere)
            #expect(there.map(\.outTradeNo) == [missing.attempt.outTradeNo])
            // 1000 + 900 + 700, less fees of 6, 5 and 4; and 1000 that no bill has. 100 are missing
            // and 700 nobody knows.
            #expect(try await world.books() == [-(3_600 - 15), -15, 600])

            let before = try await world.rows()
            try await world.reconcile(day)
            try await world.reconcile(day, again: true)
            #expect(try await world.rows() == before)
            #expect(try await world.run(day).tally == run.tally)
            #expect(try await world.books() == [-(3_600 - 15), -15, 600])
        }
    }

    @Test(arguments: TestEngine.available, [PaymentAttempt.Status.unknown, .closing, .closed])
    func `a payment of which only the bill tells is settled as by a notification`(
        _ engine: TestEngine, _ status: PaymentAttempt.Status
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            try await world.database.write { tx in
                guard var attempt = try tx.lockAttempt(payment.attempt.id) else { return }
                attempt.status = status
                try tx.save(attempt)
            }
            try world.says([world.line(payment)], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.missingHere == 1 && run.tally.settled == 1)
            let item = try #require(try await world.items().first)
            #expect(item.outcome == .settled && item.status == .resolved)
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.balance(.available(world.member)) == 1_000)
            #expect(try await world.books() == [-994, -6, 0])
            // A notification that comes now is old news.
            #expect(try await world.receive(payment) == .alreadyKnown)
        }
    }

    @Test(arguments: TestEngine.available)
    func `another amount than was asked for is decided where payments are`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            try world.says([world.line(payment, 900)], of: world.today)
            try await world.reconcile(world.today)
            let item = try #require(try await world.items().first)
            #expect(item.finding == .different && item.outcome == .needsReview)
            #expect(item.status == .resolved && item.suspended == .zero)
            #expect(try await world.attempt(payment) == .needsReview)
            #expect(try await world.books() == [-895, -5, 900])
        }
    }

    @Test(arguments: TestEngine.available)
    func `money that nobody waits for goes back`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let before = try await world.paidTopUp()
            let payment = try await world.topUp()
            try await world.setFrozen(true, .available(world.member))
            try world.says([world.line(before), world.line(payment)], of: world.today)
            try await world.reconcile(world.today)
            #expect(try await world.items().map(\.outcome) == [nil, .late])
            try await world.work()
            #expect(try await world.books() == [-988, -12, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund of which only the bill tells is settled`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            world.bank.says(refunds: .refused("no"), .unknown("late"))
            let failed = try await world.refund(payment, 400)
            try await world.work()
            #expect(try await world.status(failed) == .failed)
            let unknown = try await world.refund(payment, 100)
            try await world.work()
            #expect(try await world.status(unknown) == .unknown)
            try world.says(
                [
                    world.line(payment), world.line(failed, of: payment, 400, fee: -2),
                    world.line(unknown, of: payment, 100),
                ], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.settled == 2 && run.tally.missingHere == 2)
            #expect(run.refunded == Amount(500) && run.fees == Amount(4))
            #expect(try await world.status(failed) == .succeeded)
            #expect(try await world.status(unknown) == .succeeded)
            #expect(try await world.balance(.refundsPayable) == 0)
            #expect(try await world.books() == [-(500 - 4), -4, 0])
            // Its own job asks no more.
            let asked = world.bank.asked.count
            try await world.work(after: 3_600)
            #expect(world.bank.asked.count == asked)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund that is under way at the gateway is left to our own question`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            world.bank.says(refunds: .unknown("late"))
            let refund = try await world.refund(payment, 400)
            try await world.work()
            try world.says(
                [world.line(payment), world.line(refund, of: payment, 400, .pending)],
                of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.matched == 2)
            #expect(try await world.status(refund) == .unknown)
            #expect(try await world.books() == [-994, -6, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund of another trade is none of this line's`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let first = try await world.paidTopUp()
            let second = try await world.paidTopUp()
            let refund = try await world.refund(first, 400)
            try await world.work()
            try world.says(
                [
                    world.line(first), world.line(second),
                    world.line(refund, of: second, 400),
                ], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.matched == 2 && run.tally.missingHere == 1)
            #expect(run.tally.missingThere == 1)
            #expect(try await world.refunds(second).map(\.origin) == [.gateway])
            #expect(try await world.balance(.gatewayRefunds) == -400)
            #expect(try await world.balance(.suspense) == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a fee that the contract does not say is booked and told`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let usual = try await world.paidTopUp()
            let high = try await world.paidTopUp()
            try world.says([world.line(usual), world.line(high, fee: 10)], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.matched == 1 && run.tally.fee == 1)
            let item = try #require(try await world.items(.fee).first)
            #expect(item.status == .open && item.expectedFee == Amount(6))
            #expect(item.bookedFee == Amount(10))
            #expect(try await world.books() == [-(2_000 - 16), -16, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `the same line in two bills is one payment`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            let day = world.today
            try world.says([world.line(payment)], of: day)
            try await world.reconcile(day)
            world.clock.advance(by: .days(1))
            try world.says([world.line(payment)], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.duplicate == 1)
            #expect(try await world.books() == [-994, -6, 0])
        }
    }
}

/// Days end at different moments here and there.
@Suite struct DayBorderTests {
    /// The world a second before midnight in Beijing.
    private func withEvening(
        _ engine: TestEngine, _ body: (World, CalendarDate) async throws -> Void
    ) async throws {
        try await World.on(engine) { world in
            let day = world.today
            world.clock.set(BusinessCalendar.end(of: day) - .seconds(1))
            try await body(world, day)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what the next day's bill has was not missing`(_ engine: TestEngine) async throws {
        try await withEvening(engine) { world, day in
            let payment = try await world.paidTopUp()
            let refund = try await world.refund(payment, 400)
            try await world.work()
            try world.says([], of: day)
            let run = try await world.reconcile(day)
            #expect(run.tally.missingThere == 2)
            #expect(try await world.items(.missingThere, .open).count == 2)
            let next = CalendarDate(dayNumber: day.dayNumber + 1)
            try world.says([world.line(payment), world.line(refund, of: payment, 400)], of: next)
            #expect(try await world.reconcile(next).tally.matched == 2)
            let items = try await world.items(.missingThere)
            #expect(items.map(\.status) == [.resolved, .resolved])
            #expect(items.map(\.outcome) == [.billed, .billed])
            // What was found stays found.
            #expect(try await world.run(day).tally.missingThere == 2)
            try await world.reconcile(day, again: true)
            #expect(try await world.items().count == 4)
        }
    }

    @Test(arguments: TestEngine.available)
    func `what the day before's bill had is not missing`(_ engine: TestEngine) async throws {
        try await withEvening(engine) { world, day in
            let payment = try await world.topUp()
            world.clock.advance(by: .seconds(2))
            _ = try await world.receive(payment)
            #expect(world.today > day)
            try world.says([world.line(payment)], of: day)
            try await world.reconcile(day)
            try world.says([], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.lines == 0 && run.tally.missingThere == 0)
            #expect(try await world.findings() == [.matched: 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `only what came on the day itself is looked for`(_ engine: TestEngine) async throws {
        try await withEvening(engine) { world, day in
            _ = try await world.topUp()
            let before = try await world.paidTopUp()
            world.clock.advance(by: .seconds(1))
            _ = try await world.paidTopUp()
            try world.says([], of: day)
            try await world.reconcile(day)
            #expect(try await world.items().map(\.outTradeNo) == [before.attempt.outTradeNo])
        }
    }
}
