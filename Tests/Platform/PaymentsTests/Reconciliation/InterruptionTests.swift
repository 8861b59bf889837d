import Basics
import Ledger
import Money
import Store
import TestKit
import Testing
import Web

@testable import Payments

/// A run that stops anywhere is completed by the next, and two runs at once are one.
@Suite struct InterruptionTests {
    /// A business that is not always running.
    private struct Ghost: PaymentPurpose {
        let name = "ghost"
        func id(_ subject: Int64) -> String { "ghost_\(subject)" }
        func page(_ subject: Int64) -> String { "/" }
        func lock(_ subject: Int64, in tx: Transaction) throws {}
        func accepts(_ payment: Payment, in tx: Transaction) throws -> Bool { true }
        func settle(_ payment: Payment, in tx: Transaction) throws {
            try tx.post(topUpJournal(payment))
        }
        func attemptEnded(_ payment: Payment, in tx: Transaction) throws {}
    }

    private func withGhost(_ world: World) -> Payments {
        Payments(database: world.database, gateways: [world.bank.gateway], purposes: [Ghost()])
    }

    @Test(arguments: TestEngine.available)
    func `a run that stopped at a line goes on there, without its bill`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let day = world.today
            let house = withGhost(world)
            let haunted = try await world.database.write { tx in
                try house.open(
                    Payments.Demand(
                        purpose: "ghost", subject: 1, member: world.member, title: "Ghost",
                        amount: Amount(1_000), expiresAt: tx.now + .minutes(30)),
                    gateway: "bank", channel: "page", in: tx)
            }
            var lines: [GatewayBill.Line] = []
            for _ in 0..<60 { lines.append(world.line(try await world.paidTopUp())) }
            lines.insert(world.line(haunted), at: 55)
            try world.says(lines, of: day)
            await #expect(throws: StoreError.self) {
                try await world.payments.reconcile(world.bank.gateway, day)
            }
            let stopped = try await world.run(day)
            #expect(stopped.status == .matching && stopped.lines == 61 && stopped.looked == 55)
            #expect(try await world.balance(.gatewayFees) == -55 * 6)

            world.bank.says(bill: .unknown("away"), of: day)
            #expect(try await house.reconcile(world.bank.gateway, day))
            let run = try await world.run(day)
            #expect(run.status == .completed && run.looked == 61)
            #expect(run.tally.matched == 60 && run.tally.settled == 1)
            #expect(try await world.books() == [-61 * 994, -61 * 6, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `lines that were stored before are not stored again`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let day = world.today
            let payments = [try await world.paidTopUp(), try await world.paidTopUp()]
            let twin = world.line(payments[0])
            let lines = [twin, twin, world.line(payments[1])]
            // A node stored two lines and died.
            try await world.database.write { tx in
                let id = try tx.openRun("bank", day).id
                guard var run = try tx.lockReconciliationRun(id) else { return }
                for (index, content) in lines.prefix(2).enumerated() {
                    let line = BillLine(
                        id: .make(), run: id, number: Int64(index + 1), content: content)
                    #expect(try tx.insert(line, occurrence: index, gateway: "bank"))
                    run.lines += 1
                    run.paid = try run.paid.adding(content.amount)
                    run.fees = try run.fees.adding(content.fee)
                }
                try tx.save(run)
            }
            try world.says(lines, of: day)
            let run = try await world.reconcile(day)
            #expect(run.lines == 3 && run.paid == Amount(3_000) && run.fees == Amount(18))
            #expect(try await world.findings() == [.matched: 2, .duplicate: 1])
        }
    }

    @Test(arguments: TestEngine.available)
    func `four runs at once do it once`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let day = world.today
            var lines: [GatewayBill.Line] = []
            for _ in 0..<70 { lines.append(world.line(try await world.paidTopUp())) }
            let unpaid = try await world.topUp()
            lines += [world.line(unpaid), world.line("KNOBODY", 300), lines[0]]
            _ = try await world.paidTopUp()
            try world.says(lines, of: day)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        _ = try await world.payments.reconcile(world.bank.gateway, day)
                    }
                }
                try await group.waitForAll()
            }
            let run = try await world.run(day)
            #expect(run.status == .completed && run.lines == 73 && run.looked == 73)
            #expect(
                try await world.findings() == [
                    .matched: 70, .missingHere: 2, .duplicate: 1, .missingThere: 1,
                ])
            // 71 payments of 1000 and one of 300 in the bill, one of 1000 in none.
            #expect(try await world.balance(.receivable("bank")) == -(71_300 - 71 * 6 - 2 + 1_000))
            #expect(try await world.balance(.suspense) == 300)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a bill that was added to is compared in what is new`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let day = world.today
            let first = world.line(try await world.paidTopUp())
            let second = world.line(try await world.paidTopUp())
            try world.says([first], of: day)
            #expect(try await world.reconcile(day).tally.missingThere == 1)
            try world.says([second, first], of: day)
            #expect(try await world.reconcile(day).lines == 1)
            let run = try await world.reconcile(day, again: true)
            #expect(run.status == .completed && run.lines == 2 && run.tally.matched == 2)
            #expect(try await world.items(.missingThere).map(\.outcome) == [.billed])
            #expect(try await world.books() == [-2 * 994, -12, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a line that the books refuse waits for a person, and the others do not wait for it`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            let refused = try await world.topUpOfFullWallet()
            let after = try await world.paidTopUp()
            try world.says(
                [world.line(payment), world.line(refused), world.line(after)], of: world.today)
            let run = try await world.reconcile(world.today)
            #expect(run.tally.matched == 2 && run.tally.missingHere == 1 && run.tally.settled == 0)
            let item = try #require(try await world.items(.missingHere, .open).first)
            #expect(item.outcome == .refused && item.suspended == .zero)
            #expect(try await world.attempt(refused) == .submitted)
            #expect(try await world.books() == [-(2_000 - 18), -18, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `nothing is compared while the gateway's account is frozen`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.paidTopUp()
            try world.says([world.line(payment)], of: world.today)
            try await world.setFrozen(true, .receivable("bank"))
            let code = try await refusal {
                try await world.payments.reconcile(world.bank.gateway, world.today)
            }
            #expect(code == "account-frozen")
            #expect(try await world.items().isEmpty)
            try await world.setFrozen(false, .receivable("bank"))
            #expect(try await world.reconcile(world.today).tally.matched == 1)
        }
    }
}

extension World {
    /// A top-up whose money the books do not take: the wallet that it is for is full.
    fileprivate func topUpOfFullWallet() async throws -> Payment {
        let other = ID<Member>(rawValue: 8)
        return try await database.write { tx in
            let full = Posting(
                debit: "expense:promotions", credit: .available(other), amount: Amount(.max))
            try tx.post(Journal(kind: "test", reference: "full", postings: [full]))
            return try payments.topUp(
                Amount(1_000), gateway: "bank", channel: "page", by: other, title: "Top-up",
                in: tx)
        }
    }
}
