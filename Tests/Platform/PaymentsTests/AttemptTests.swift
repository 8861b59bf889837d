import Basics
import Money
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments

/// Tries to pay, from being opened to the gateway's word about their end.
@Suite struct AttemptTests {
    /// A second try to pay the same thing.
    private func again(_ payment: Payment, _ world: World) async throws -> Payment {
        try await world.database.write { tx in
            try world.payments.open(
                Payments.Demand(
                    purpose: "top-up", subject: payment.intent.subject, member: world.member,
                    title: "Top-up", amount: payment.intent.amount,
                    expiresAt: payment.intent.expiresAt), gateway: "bank", channel: "page", in: tx)
        }
    }

    @Test(arguments: TestEngine.available)
    func `nothing is paid by two attempts that live at the same time`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            func opened() async throws -> String? {
                try await refusal { try await again(payment, world) }
            }
            #expect(try await opened() == "payment-in-progress")
            // Nor while nobody can tell how the first one stands.
            world.bank.says(trade: .unknown("late"))
            try await world.work(after: 6)
            #expect(try await world.attempt(payment) == .unknown)
            #expect(try await opened() == "payment-in-progress")
            #expect(try await world.receive(payment) == .settled)
            #expect(try await opened() == "already-paid")
        }
    }

    @Test(arguments: TestEngine.available, PaymentAttempt.Status.allCases)
    func `an attempt for which nobody waits makes room for another`(
        _ engine: TestEngine, _ status: PaymentAttempt.Status
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            try await world.database.write { tx in
                if var attempt = try tx.lockAttempt(payment.attempt.id) {
                    attempt.status = status
                    try tx.save(attempt)
                }
            }
            let code = try await refusal { try await again(payment, world) }
            let isLive = [.created, .submitted, .unknown].contains(status)
            #expect(code == (isLive ? "payment-in-progress" : nil))
        }
    }

    @Test(arguments: TestEngine.available)
    func `an attempt is asked about again and again, and paid when the gateway says so`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            let key = payment.attempt.id.description
            let delays: [Int64] = [5, 15, 30, 60]
            for (round, delay) in delays.enumerated() {
                #expect(try await world.job("payment-poll", key)?.payload == String(round))
                world.bank.says(trade: round == 1 ? .unknown("late") : .notExist)
                try await world.work(after: delay - 1)
                #expect(world.bank.asked.count == round)
                try await world.work(after: 2)
                #expect(world.bank.asked.count == round + 1)
            }
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            try await world.work(after: 181)
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.balance(.available(world.member)) == 1_000)
            #expect(try await world.job("payment-poll", key) == nil)
        }
    }

    @Test(arguments: TestEngine.available, [Int64(0), 1, 999, 1_001])
    func `a payment of another amount is decided once, and its object ends`(
        _ engine: TestEngine, _ received: Int64
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            #expect(try await world.receive(payment, received) == .needsReview)
            #expect(try await world.balance(.suspense) == received)
            let early = try await refusal { try await self.again(payment, world) }
            #expect(early == "payment-in-review")
            let payments = world.payments
            let id = payment.attempt.id
            let actor = world.member
            let decided = try await world.database.write { tx in
                try payments.creditReceipt(id, by: actor, in: tx)
            }
            #expect(decided.disposition == .credited)
            #expect(try await world.balance(.suspense) == 0)
            #expect(try await world.balance(.available(world.member)) == received)
            let again = try await refusal {
                try await world.database.write { tx in try payments.returnReceipt(id, in: tx) }
            }
            #expect(again == "payment-not-in-review")
        }
    }

    @Test(arguments: TestEngine.available)
    func `the poll of an attempt waits for a gateway that is not set up`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            let key = payment.attempt.id.description
            try await world.work(world.withoutBank, after: 6)
            #expect(try await world.job("payment-poll", key)?.payload == "1")
            try await world.work(world.withoutBank, after: 1_800)
            #expect(try await world.attempt(payment) == .submitted)
            #expect(try await world.job("payment-poll", key)?.payload == "2")
            // It was paid in time: neither the missing gateway nor the clock decides.
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            try await world.work(after: 31)
            #expect(world.bank.asked == ["query"])
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.balance(.available(world.member)) == 1_000)
        }
    }

    @Test(arguments: TestEngine.available)
    func `past its time an attempt is closed, and only the gateway's word ends it`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            world.bank.says(trade: .unknown("late"))
            world.bank.says(close: .unknown("late"))
            try await world.work(after: 1_801)
            #expect(try await world.attempt(payment) == .unknown)
            // Money may be on its way for another quarter of an hour; then it is closed.
            try await world.work(after: 898)
            #expect(world.bank.asked.contains("close") == false)
            try await world.work(after: 2)
            #expect(world.bank.asked.last == "close")
            #expect(try await world.attempt(payment) == .unknown)
            world.bank.says(close: .closed)
            try await world.work(after: 3_600)
            #expect(try await world.attempt(payment) == .closed)
            #expect(world.bank.asked.suffix(3) == ["close", "close", "query"])
            #expect(try await world.job("payment-poll", payment.attempt.id.description) == nil)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an attempt whose trade does not exist is closing until its time is over`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            world.bank.says(close: .notExist)
            world.bank.says(trade: .notExist)
            let first = try await world.payments.resolve(payment.attempt.id, close: true)
            #expect(first == .closing)
            #expect(try await world.attempt(payment) == .closing)
            // The address that was handed out can still be paid, and its money is welcome.
            #expect(try await world.receive(payment) == .settled)
            #expect(try await world.balance(.available(world.member)) == 1_000)

            let other = try await world.topUp()
            _ = try await world.payments.resolve(other.attempt.id, close: true)
            try await world.work(after: 1_801)
            #expect(try await world.attempt(other) == .closed)
        }
    }

    @Test(arguments: TestEngine.available)
    func `money that comes twice is owed, and goes back once (commerce D10)`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let first = try await world.topUp()
            world.bank.says(close: .notExist)
            _ = try await world.payments.resolve(first.attempt.id, close: true)
            // As with an order, which outlives its attempts.
            try await world.database.write { tx in
                if var intent = try tx.lockIntent(first.intent.id) {
                    intent.status = .open
                    try tx.save(intent)
                }
            }
            let second = try await again(first, world)
            #expect(try await world.receive(second) == .settled)
            #expect(try await world.receive(first) == .duplicate)
            #expect(try await world.receive(first) == .alreadyKnown)
            #expect(try await world.receive(first, 999) == .needsReview)
            #expect(try await world.balance(.unappliedReceipts) == 1_000)
            try await world.work()
            #expect(world.bank.asked.count { $0.hasPrefix("refund") } == 1)
            #expect(try await world.balance(.unappliedReceipts) == 0)
            #expect(try await world.balance(.receivable("bank")) == -1_000)
            #expect(try await world.balance(.available(world.member)) == 1_000)
        }
    }
}
