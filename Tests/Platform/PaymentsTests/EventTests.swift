import Basics
import Ledger
import Money
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments

/// Each row of the table of what can happen to a payment, by its name. What is special to one gateway
/// is with that gateway's messages.
@Suite struct EventTests {
    private static let engines = TestEngine.available

    private func disposition(_ payment: Payment, _ world: World) async throws
        -> PaymentAttempt.Disposition?
    {
        try await world.database.read { try $0.attempt(payment.attempt.id)?.disposition }
    }

    @Test(arguments: engines)
    func `success while the attempt is live: state and books change in one transaction`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            // Whatever fails in it undoes all of it: the inbox row, the states, the journal.
            struct Crash: Error {}
            await #expect(throws: Crash.self) {
                try await world.database.write { tx in
                    _ = try tx.insertEvent(gateway: "bank", dedupKey: "k", raw: [1], outcome: "o")
                    let receipt = Receipt(
                        gateway: "bank", outTradeNo: payment.attempt.outTradeNo, tradeNo: "t",
                        amount: Amount(1_000))
                    #expect(try world.payments.receive(receipt, in: tx) == .settled)
                    throw Crash()
                }
            }
            #expect(try await world.attempt(payment) == .submitted)
            #expect(try await world.balance(.receivable("bank")) == 0)
            let isNew = try await world.database.write { tx in
                try tx.insertEvent(gateway: "bank", dedupKey: "k", raw: [1], outcome: "o")
            }
            #expect(isNew)
            #expect(try await world.receive(payment) == .settled)
            #expect(try await world.balance(.receivable("bank")) == -1_000)
        }
    }

    @Test(arguments: engines)
    func `the same success again, and fifty times at once: no effect`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            let outcomes = try await withThrowingTaskGroup(of: ReceiptOutcome.self) { group in
                for _ in 0..<50 { group.addTask { try await world.receive(payment) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes.count { $0 == .settled } == 1)
            #expect(outcomes.count { $0 == .alreadyKnown } == 49)
            #expect(try await world.balance(.available(world.member)) == 1_000)
        }
    }

    @Test(arguments: engines)
    func `news of a number that is not committed yet: not ours, until it is`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            var early = try await world.pledge()
            let number = early.attempt.outTradeNo
            early.attempt.outTradeNo = "KNOTYET"
            #expect(try await world.receive(early) == .unknownTrade)
            #expect(try await world.tell(early, refunded: 10) == .unknownTrade)
            #expect(try await world.tell(early, .succeeded, "r", 10) == .unknownTrade)
            early.attempt.outTradeNo = number
            #expect(try await world.receive(early) == .settled)
        }
    }

    @Test(arguments: engines)
    func `the return comes before the notify: the gateway is asked, and decides`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            func comeBack() async throws -> String? {
                try await world.payments.refresh(
                    gateway: "bank", outTradeNo: payment.attempt.outTradeNo)
            }
            #expect(try await comeBack() == "/pledges/1")
            #expect(try await world.attempt(payment) == .submitted)
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            #expect(try await comeBack() == "/pledges/1")
            #expect(try await world.attempt(payment) == .paid)
            // It can be opened again at any time, and asks nobody then.
            _ = try await comeBack()
            #expect(world.bank.asked == ["query", "query"])
            let stranger = try await world.payments.refresh(gateway: "other", outTradeNo: "K")
            #expect(stranger == nil)
        }
    }

    @Test(arguments: engines)
    func `success after the end: booked as owed, and sent back by itself`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            _ = try await world.payments.resolve(payment.attempt.id, close: true)
            #expect(try await world.attempt(payment) == .closed)
            try await Pledge.giveUp(payment, world)
            #expect(try await world.receive(payment) == .late)
            #expect(try await disposition(payment, world) == .late)
            #expect(try await world.balance(.unappliedReceipts) == 1_000)
            try await world.work()
            let refunds = try await world.refunds(payment)
            #expect(refunds.map(\.origin) == [.late])
            #expect(refunds.map(\.status) == [.succeeded])
            #expect(try await world.balance(.unappliedReceipts) == 0)
            #expect(try await world.balance(.receivable("bank")) == 0)
            #expect(try await world.balance(.available(world.member)) == 0)
        }
    }

    @Test(arguments: engines)
    func `success after its own attempt was closed, while the business still waits: it is paid`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            _ = try await world.payments.resolve(payment.attempt.id, close: true)
            #expect(try await world.receive(payment) == .settled)
        }
    }

    @Test(arguments: engines)
    func `paid by two attempts: the first counts, the second goes back`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let first = try await world.pledge()
            _ = try await world.payments.resolve(first.attempt.id, close: true)
            let second = try await world.pledge()
            #expect(try await world.receive(second) == .settled)
            #expect(try await world.receive(first) == .duplicate)
            try await world.work()
            #expect(try await world.refunds(first).map(\.origin) == [.duplicate])
            #expect(try await world.balance(.receivable("bank")) == -1_000)
            #expect(try await world.balance(.available(world.member)) == 1_000)
        }
    }

    @Test(arguments: engines, [999, 1_001, 0])
    func `another amount: in suspense, and a person decides`(_ engine: TestEngine, _ came: Int64)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            #expect(try await world.receive(payment, came) == .needsReview)
            #expect(try await world.attempt(payment) == .needsReview)
            #expect(try await world.balance(.suspense) == came)
            #expect(try await world.balance(.available(world.member)) == 0)
            // Told again, with the right amount even, it changes nothing: somebody has to look.
            #expect(try await world.receive(payment) == .alreadyKnown)
            let id = payment.attempt.id
            _ = try await world.database.write { tx in
                try world.payments.returnReceipt(id, in: tx)
            }
            try await world.work()
            #expect(try await world.balance(.suspense) == 0)
            #expect(try await world.balance(.receivable("bank")) == 0)
        }
    }

    @Test(arguments: engines)
    func `expired but paid: the poll that was to close it finds the money`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            world.bank.says(trade: .unknown("down"))
            try await world.work(after: 1_801)
            try await Pledge.giveUp(payment, world)
            // The close says closed, and paying has crossed it: it is asked once more.
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            try await world.work(after: 900)
            #expect(try await disposition(payment, world) == .late)
            try await world.work()
            #expect(try await world.balance(.receivable("bank")) == 0)
        }
    }

    @Test(arguments: engines)
    func `old news never undoes newer: closed and waiting leave paid as it is`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            #expect(try await world.receive(payment) == .settled)
            for trade in [Gateway.TradeState.waiting, .closed, .notExist] {
                world.bank.says(trade: trade)
                let known = try await world.payments.resolve(payment.attempt.id, close: true)
                #expect(known == .paid)
            }
            #expect(try await world.attempt(payment) == .paid)
            #expect(world.bank.asked == [])
        }
    }

    @Test(arguments: engines)
    func `without news it is asked 5 s, 15 s, 30 s, 1 m, 3 m, 10 m, 30 m apart, then closed`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            let start = world.clock.now
            var asked: [Int64] = []
            for _ in 0..<46 * 12 {
                let before = world.bank.asked.count
                try await world.work(after: 5)
                let elapsed = world.clock.now.secondsSinceEpoch - start.secondsSinceEpoch
                if world.bank.asked.count > before { asked.append(elapsed) }
            }
            // The gaps, the end of its time, and a quarter of an hour later; in steps of 5 seconds.
            let gaps = zip(asked, asked.dropFirst()).map { $1 - $0 }
            let near = zip(gaps, [15, 30, 60, 180, 600]).map { abs($0 - $1) <= 5 }
            #expect(near == [true, true, true, true, true])
            #expect(asked.contains { (1_801...1_810).contains($0) })
            #expect(asked.last.map { (2_700...2_710).contains($0) } == true)
            #expect(world.bank.asked.suffix(2) == ["close", "query"])
            #expect(world.bank.asked.dropLast(2).allSatisfy { $0 == "query" })
            #expect(try await world.attempt(payment) == .closed)
        }
    }
}
