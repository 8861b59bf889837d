import Basics
import Ledger
import Money
import Store
import TestKit
import Testing

@testable import Payments

/// Whatever a bill says, the books follow it.
@Suite struct BillPropertyTests {
    @Test(arguments: TestEngine.available, [UInt64(1), 2, 3, 4])
    func `what is booked is what the bill adds up to`(_ engine: TestEngine, _ seed: UInt64)
        async throws
    {
        try await World.on(engine) { world in
            var dice = Dice(seed: seed)
            var lines: [GatewayBill.Line] = []
            for index in 0..<40 {
                lines += try await dice.lines(index, world)
            }
            lines.shuffle(using: &dice)
            // Of what comes twice, the first counts.
            var seen: Set<String> = []
            let first = lines.filter {
                seen.insert("\($0.kind) \($0.outTradeNo) \($0.outRefundNo)").inserted
            }
            try world.says(lines, of: world.today)
            let run = try await world.reconcile(world.today)
            let count = try await world.items().count
            #expect(Int64(count) == run.lines + run.tally.missingThere)

            let owed = try first.map { try $0.change().minorUnits - $0.fee.minorUnits }
                .reduce(0, +)
            let unbilled = try await world.items(.missingThere).reduce(Int64(0)) { sum, item in
                sum + (item.kind == .payment ? 1 : -1) * (item.ours?.minorUnits ?? 0)
            }
            let receivable = try await world.balance(.receivable("bank"))
            #expect(-receivable == owed + unbilled, "seed \(seed)")
            let fees = first.map(\.fee.minorUnits).reduce(0, +)
            #expect(try await world.balance(.gatewayFees) == -fees, "seed \(seed)")

            let before = try await world.books()
            try await world.reconcile(world.today, again: true)
            #expect(try await world.books() == before)
        }
    }
}

private struct Dice: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func roll(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &self) }

    mutating func happens(_ percent: Int64) -> Bool { roll(1...100) <= percent }

    /// A payment in some state, perhaps with refunds, and what a bill says of it: mostly the truth.
    mutating func lines(_ index: Int, _ world: World) async throws -> [GatewayBill.Line] {
        let amount = roll(100...1_000_000)
        let off = happens(15) ? roll(-99...99) : 0
        let fee = happens(15) ? roll(0...50) : nil
        if happens(10) { return [world.line("KNOBODY\(index)", amount, fee: fee)] }
        let payment = try await world.topUp(amount)
        let isPaid = happens(70)
        if isPaid { _ = try await world.receive(payment, amount) }
        var lines: [GatewayBill.Line] = []
        if happens(90) { lines.append(world.line(payment, amount + off, fee: fee)) }
        if isPaid && happens(50) {
            let part = roll(1...amount / 2)
            world.bank.says(refunds: happens(70) ? .succeeded : .refused("no"))
            let refund = try await world.refund(payment, part)
            try await world.payments.sendRefund(refund)
            let given = happens(15) ? part + roll(0...9) : part
            if happens(90) {
                lines.append(world.line(refund, of: payment, given, fee: -roll(0...5)))
            }
        }
        if happens(10), let line = lines.first { lines.append(line) }
        return lines
    }
}
