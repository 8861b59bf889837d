import Basics
import Ledger
import Money
import Scheduling
import Store
import TestKit
import Testing

@testable import Payments

/// What the gateway has given back: the books follow it, whoever asked for it.
@Suite struct ForeignRefundTests {
    private static let engines = TestEngine.available

    private func paid(_ world: World) async throws -> Payment {
        let payment = try await world.topUp()
        #expect(try await world.receive(payment) == .settled)
        return payment
    }

    @Test(arguments: engines)
    func `a refund that nobody here sent is kept and posted, once`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            #expect(try await world.tell(payment, refunded: 300, number: "HZ01RF001") == .foreign)
            #expect(
                try await world.tell(payment, refunded: 300, number: "HZ01RF001") == .alreadyKnown)
            #expect(try await world.balance(.gatewayRefunds) == -300)
            #expect(try await world.balance(.receivable("bank")) == -700)
            // A second one, and the first told once more, late.
            #expect(try await world.tell(payment, refunded: 450) == .foreign)
            #expect(try await world.tell(payment, refunded: 300) == .alreadyKnown)
            let refunds = try await world.refunds(payment)
            #expect(refunds.map(\.amount) == [Amount(300), Amount(150)])
            #expect(refunds.allSatisfy { $0.origin == .gateway && $0.status == .succeeded })
            #expect(refunds.first?.outRequestNo == "HZ01RF001")
            // What is left can be given back, and no more.
            let tooMuch = try await refusal { try await world.refund(payment, 551) }
            #expect(tooMuch == "refund-exceeds-payment")
            _ = try await world.refund(payment, 550)
            try await world.work()
            #expect(try await world.balance(.receivable("bank")) == 0)
        }
    }

    @Test(arguments: engines)
    func `a refund of ours in flight is not counted as theirs`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .unknown("timeout"), .succeeded)
            try await world.work()
            #expect(try await world.status(ours) == .unknown)
            // The gateway has done it, and tells before it answers.
            let told = try await world.tell(payment, refunded: 400, number: ours.description)
            #expect(told == .asked)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            try await world.work()
            #expect(try await world.status(ours) == .succeeded)
            #expect(try await world.refunds(payment).count == 1)
            #expect(try await world.balance(.receivable("bank")) == -600)
        }
    }

    @Test(arguments: engines)
    func `theirs beside one of ours is found when ours is known`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .processing, .succeeded)
            try await world.work()
            #expect(try await world.status(ours) == .submitted)
            #expect(try await world.tell(payment, refunded: 650) == .alreadyKnown)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            try await world.work(after: 16)
            #expect(try await world.status(ours) == .succeeded)
            #expect(try await world.balance(.gatewayRefunds) == -250)
            #expect(try await world.balance(.receivable("bank")) == -350)
        }
    }

    @Test(arguments: engines)
    func `news of one refund settles it without asking`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .processing)
            try await world.work()
            #expect(try await world.tell(payment, .succeeded, ours.description, 400) == .settled)
            #expect(try await world.status(ours) == .succeeded)
            #expect(
                try await world.tell(payment, .succeeded, ours.description, 400) == .alreadyKnown)
            #expect(
                try await world.tell(payment, .abnormal, ours.description, 400) == .alreadyKnown)
            #expect(try await world.status(ours) == .succeeded)
            #expect(try await world.balance(.refundsPayable) == 0)
            // Theirs, by their number.
            #expect(try await world.tell(payment, .succeeded, "50000000382019", 100) == .foreign)
            #expect(
                try await world.tell(payment, .succeeded, "50000000382019", 100) == .alreadyKnown)
            #expect(try await world.tell(payment, .closed, "50000000382020", 100) == .alreadyKnown)
            #expect(try await world.balance(.receivable("bank")) == -500)
            #expect(try await world.balance(.gatewayRefunds) == -100)
        }
    }

    @Test(arguments: engines)
    func `bad news of one of ours makes us ask`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .processing, .abnormal("ABNORMAL"), .succeeded)
            try await world.work()
            #expect(try await world.tell(payment, .abnormal, ours.description, 400) == .asked)
            try await world.work()
            #expect(try await world.status(ours) == .abnormal)
            #expect(try await world.balance(.refundsPayable) == 400)
            let other = try await world.tell(payment, .succeeded, ours.description, 399)
            #expect(other == .needsReview)
            #expect(try await world.status(ours) == .abnormal)

            // Mended at the gateway, and asked again by an operator.
            _ = try await world.database.write { tx in
                try world.payments.retryRefund(ours, in: tx)
            }
            try await world.work()
            #expect(try await world.status(ours) == .succeeded)
        }
    }

    @Test(arguments: engines)
    func `one that was credited and is paid after all has been paid twice`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .abnormal("ABNORMAL"))
            try await world.work()
            _ = try await world.database.write { tx in
                try world.payments.creditRefund(ours, by: world.member, in: tx)
            }
            #expect(try await world.balance(.available(world.member)) == 1_000)
            #expect(try await world.tell(payment, .succeeded, ours.description, 400) == .foreign)
            #expect(
                try await world.tell(payment, .succeeded, ours.description, 400) == .alreadyKnown)
            #expect(try await world.status(ours) == .credited)
            #expect(try await world.balance(.gatewayRefunds) == -400)
            #expect(try await world.balance(.receivable("bank")) == -600)
        }
    }

    @Test(arguments: engines)
    func `a refund that overtakes its payment brings it along`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            #expect(try await world.tell(payment, refunded: 300) == .foreign)
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.balance(.available(world.member)) == 1_000)
            #expect(try await world.balance(.receivable("bank")) == -700)
        }
    }

    @Test(arguments: engines, [true, false])
    func `a payment that has gone back before we knew of it buys nothing, and may come again`(
        _ engine: TestEngine, _ isNumbered: Bool
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.pledge()
            func told() async throws -> RefundOutcome {
                isNumbered
                    ? try await world.tell(payment, .succeeded, "50000000382019", 1_000)
                    : try await world.tell(payment, refunded: 1_000)
            }
            #expect(try await told() == .cameAndWent)
            #expect(try await told() == .alreadyKnown)
            // Its own news come late, and the gateway is asked no more.
            #expect(try await world.receive(payment) == .alreadyKnown)
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            try await world.work(after: 3_600)
            #expect(world.bank.asked.isEmpty)
            #expect(try await world.attempt(payment) == .paid)
            #expect(try await world.refunds(payment).map(\.status) == [.succeeded])
            for account in [
                AccountAddress.receivable("bank"), .unappliedReceipts, .gatewayRefunds,
                .available(world.member),
            ] {
                #expect(try await world.balance(account) == 0)
            }
            let again = try await world.pledge()
            #expect(try await world.receive(again) == .settled)
            #expect(try await world.balance(.available(world.member)) == 1_000)

            // A top-up is nothing but its payment: it is over.
            let topUp = try await world.topUp()
            #expect(try await world.tell(topUp, refunded: 1_000) == .cameAndWent)
            let intent = try await world.database.read { try $0.intent(topUp.intent.id) }
            #expect(intent?.status == .ended)
            #expect(try await world.balance(.receivable("bank")) == -1_000)
        }
    }

    @Test(arguments: engines, [true, false])
    func `a refund that was refused to us and is made at the console is ours, done`(
        _ engine: TestEngine, _ isNumbered: Bool
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            world.bank.says(refunds: .refused("no"), .abnormal("ABNORMAL"))
            let refused = try await world.refund(payment, 400)
            try await world.work()
            let abnormal = try await world.refund(payment, 100)
            try await world.work()
            let told =
                isNumbered
                ? try await world.tell(payment, .succeeded, "50000000382019", 400)
                : try await world.tell(payment, refunded: 400)
            #expect(told == .settled)
            #expect(try await world.status(refused) == .succeeded)
            #expect(try await world.balance(.refundsPayable) == 100)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            #expect(try await world.balance(.receivable("bank")) == -600)
            let retried = try await refusal {
                try await world.database.write { tx in
                    try world.payments.creditRefund(refused, by: world.member, in: tx)
                }
            }
            #expect(retried == "refund-not-failed")

            // What merely cannot reach its payer is still on its way.
            #expect(try await world.tell(payment, .succeeded, "50000000382020", 100) == .foreign)
            #expect(try await world.status(abnormal) == .abnormal)
            // And should the gateway do what it refused, it has paid twice.
            #expect(
                try await world.tell(payment, .succeeded, refused.description, 400) == .foreign)
            #expect(try await world.balance(.gatewayRefunds) == -500)
            #expect(try await world.balance(.receivable("bank")) == -100)
        }
    }

    @Test(arguments: engines, [true, false])
    func `a refund that is refused to us after it was made at the console is ours, done`(
        _ engine: TestEngine, _ isBilled: Bool
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            // Another one, of before: nobody can have meant ours by it.
            #expect(try await world.tell(payment, .succeeded, "50000000382018", 300) == .foreign)
            world.clock.advance(by: .seconds(1))
            world.bank.says(refunds: .unknown("NOT_ENOUGH"), .refused("no"))
            let ours = try await world.refund(payment, 300)
            try await world.work()
            #expect(try await world.tell(payment, .succeeded, "50000000382019", 300) == .foreign)
            #expect(try await world.balance(.gatewayRefunds) == -600)
            if isBilled {
                try world.says(
                    [
                        world.line(payment), world.line("50000000382018", of: payment, 300),
                        world.line("50000000382019", of: payment, 300),
                    ], of: world.today)
                try await world.reconcile(world.today)
            }
            try await world.work(after: 6)
            #expect(try await world.status(ours) == .succeeded)
            let refunds = try await world.refunds(payment)
            #expect(refunds.map(\.outRequestNo) == ["50000000382018", "50000000382019"])
            #expect(try await world.balance(.refundsPayable) == 0)
            #expect(try await world.balance(.gatewayRefunds) == -300)
            #expect(try await world.balance(.receivable("bank")) == (isBilled ? -(400 - 6) : -400))
            // It is told again, and the bill is read again: it is known.
            #expect(
                try await world.tell(payment, .succeeded, "50000000382019", 300) == .alreadyKnown)
            if isBilled {
                let before = try await world.rows()
                try await world.reconcile(world.today, again: true)
                #expect(try await world.rows() == before)
                #expect(try await world.items(nil, .open).isEmpty)
            }
        }
    }

    @Test(arguments: engines, [(Int64(400), true), (400, false), (999, true), (999, false)])
    func `what has gone back of a wrong amount is not given again`(
        _ engine: TestEngine, _ decided: (gone: Int64, isCredited: Bool)
    ) async throws {
        let (gone, isCredited) = decided
        try await World.on(engine) { world in
            let payment = try await world.topUp()
            #expect(try await world.receive(payment, 999) == .needsReview)
            #expect(try await world.tell(payment, .succeeded, "50000000382019", gone) == .foreign)
            #expect(try await world.balance(.suspense) == 999)
            _ = try await world.database.write { tx in
                isCredited
                    ? try world.payments.creditReceipt(
                        payment.attempt.id, by: world.member, in: tx)
                    : try world.payments.returnReceipt(payment.attempt.id, in: tx)
            }
            try await world.work()
            let left = 999 - gone
            #expect(try await world.balance(.suspense) == 0)
            #expect(try await world.balance(.gatewayRefunds) == 0)
            #expect(try await world.balance(.available(world.member)) == (isCredited ? left : 0))
            #expect(try await world.balance(.receivable("bank")) == (isCredited ? -left : 0))
        }
    }

    @Test(arguments: engines)
    func `a refund in process is asked about more and more rarely`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await paid(world)
            let ours = try await world.refund(payment, 400)
            world.bank.says(refunds: .processing)
            try await world.work()
            var gaps: [Int64] = []
            for _ in 0..<14 {
                let job = try await world.job("payment-refund", ours.description)
                let due = try #require(job).dueAt
                let gap = (due - world.clock.now).components.seconds
                gaps.append(gap)
                try await world.work(after: gap + 1)
            }
            #expect(gaps.first == 15)
            #expect(gaps.last == 3_600)
            #expect(zip(gaps, gaps.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }
}
