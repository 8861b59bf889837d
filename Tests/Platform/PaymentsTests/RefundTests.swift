import Basics
import Money
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments

/// Money on its way back, and a gateway that says yes, no, or nothing that can be relied on.
@Suite struct RefundTests {
    /// A top-up that was paid, and a refund of part of it that was promised.
    private func withRefund(
        _ engine: TestEngine, _ body: (World, ID<PaymentRefund>) async throws -> Void
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            #expect(try await world.receive(payment) == .settled)
            let refund = try await world.refund(payment, 400)
            #expect(try await world.balance(.refundsPayable) == 400)
            try await body(world, refund)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund is paid out of what the gateway owes us, once`(_ engine: TestEngine)
        async throws
    {
        try await withRefund(engine) { world, refund in
            try await world.work()
            #expect(try await world.status(refund) == .succeeded)
            #expect(try await world.balance(.refundsPayable) == 0)
            #expect(try await world.balance(.receivable("bank")) == -600)
            // The job came to its end on a node that died before it could say so.
            try await world.payments.sendRefund(refund)
            #expect(world.bank.asked == ["refund \(refund)"])
            #expect(try await world.balance(.receivable("bank")) == -600)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund that the gateway refuses has failed, stays owed and is not sent again`(
        _ engine: TestEngine
    ) async throws {
        try await withRefund(engine) { world, refund in
            world.bank.says(refunds: .refused("no"))
            try await world.work()
            #expect(try await world.status(refund) == .failed)
            #expect(try await world.balance(.refundsPayable) == 400)
            #expect(try await world.balance(.receivable("bank")) == -1_000)
            #expect(try await world.job("payment-refund", refund.description) == nil)
            try await world.work(after: 3_600)
            #expect(world.bank.asked.count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund nobody can tell about is asked for again under its number until it is known`(
        _ engine: TestEngine
    ) async throws {
        try await withRefund(engine) { world, refund in
            world.bank.says(refunds: .unknown("late"), .unknown("later"), .succeeded)
            try await world.work()
            #expect(try await world.status(refund) == .unknown)
            #expect(try await world.balance(.refundsPayable) == 400)
            try await world.work(after: 1)
            #expect(world.bank.asked.count == 1)
            try await world.work(after: 5)
            #expect(try await world.status(refund) == .unknown)
            try await world.work(after: 6)
            #expect(try await world.status(refund) == .succeeded)
            #expect(world.bank.asked == Array(repeating: "refund \(refund)", count: 3))
            #expect(try await world.balance(.refundsPayable) == 0)
            #expect(try await world.balance(.receivable("bank")) == -600)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund nobody can tell about for long is asked about ever more rarely`(
        _ engine: TestEngine
    ) async throws {
        try await withRefund(engine) { world, refund in
            world.bank.says(refunds: .unknown("NOT_ENOUGH"))
            try await world.work()
            var gaps: [Int64] = []
            for _ in 0..<20 {
                let job = try await world.job("payment-refund", refund.description)
                let due = try #require(job).dueAt
                let gap = (due - world.clock.now).components.seconds
                gaps.append(gap)
                try await world.work(after: gap + 1)
            }
            #expect(gaps.first == 5)
            #expect(gaps.last == 600)
            #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 <= $1 })
            #expect(world.bank.asked.count == 21)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund waits for a gateway that is not set up`(_ engine: TestEngine) async throws {
        try await withRefund(engine) { world, refund in
            for (seconds, wait) in [(20, 10), (580, 300), (86_400, 600)] as [(Int64, Int64)] {
                try await world.work(world.withoutBank, after: seconds)
                #expect(try await world.status(refund) == .requested)
                let job = try await world.job("payment-refund", refund.description)
                let gap = try #require(job).dueAt - world.clock.now
                #expect(gap > .seconds(wait - 1) && gap < .seconds(wait + 1))
            }
            try await world.work(after: 601)
            #expect(try await world.status(refund) == .succeeded)
        }
    }

    @Test(arguments: TestEngine.available)
    func `all refunds together never exceed what came`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            let early = try await refusal { try await world.refund(payment, 1) }
            #expect(early == "refund-exceeds-payment")
            _ = try await world.receive(payment)
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await refusal { try await world.refund(payment, 300) } }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(codes.count { $0 == nil } == 3)
            #expect(codes.count { $0 == "refund-exceeds-payment" } == 7)
            try await world.work()
            #expect(Set(world.bank.asked).count == 3)
            #expect(try await world.balance(.receivable("bank")) == -100)
        }
    }
}
