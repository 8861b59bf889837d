import Basics
import Money
import Store
import TestKit
import Testing
import Web

@testable import Payments

/// What a payer has to do, where the gateway has to be called for it.
@Suite struct ActionTests {
    @Test(arguments: TestEngine.available)
    func `an attempt is stored before the gateway is called, and called once`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp(channel: "native")
            #expect(world.bank.asked == [])
            #expect(try await world.attempt(payment) == .created)
            let first = try await world.view(payment)
            #expect(first.status == .submitted)
            #expect(first.action?.kind == .qr)
            #expect(first.action?.code == "bank:\(payment.attempt.outTradeNo)/1")
            #expect(first.action?.url == first.action?.code)
            // Loaded again, and the command itself repeated: its stored answer says `created`.
            let again = try await world.view(payment)
            #expect(again.action == first.action)
            let repeated = try await world.payments.withAction(PaymentView(payment.attempt))
            #expect(repeated.action == first.action)
            #expect(repeated.status == .submitted)
            #expect(world.bank.asked == ["action"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `twenty who ask at once are given the same`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp(channel: "native")
            let codes = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<20 {
                    group.addTask { try await world.view(payment).action?.code }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(codes.count == 1)
            #expect(codes.first != .some(nil))
        }
    }

    @Test(arguments: TestEngine.available)
    func `what gets too old to be used is renewed under the same number`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp(channel: "native")
            _ = try await world.view(payment)
            world.clock.advance(by: .seconds(269))
            let young = try await world.view(payment)
            #expect(young.action?.code?.hasSuffix("/1") == true)
            world.clock.advance(by: .seconds(2))
            let renewed = try await world.view(payment)
            #expect(renewed.action?.code == "bank:\(payment.attempt.outTradeNo)/2")
            #expect(world.bank.asked == ["action", "action"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a gateway that cannot be reached leaves the attempt open, and asking again tries again`(
        _ engine: TestEngine
    ) async throws {
        try await World.on(engine) { world in
            let payment = try await world.topUp(channel: "native")
            world.bank.says(failure: .unknown("timeout"))
            let first = try await world.view(payment)
            #expect(first.action == nil)
            #expect(first.actionProblem == .gatewayUnreachable)
            #expect(first.status == .unknown)
            let kept = try await world.database.read { try $0.attempt(payment.attempt.id) }
            #expect(kept?.detail == "timeout")
            world.bank.says(failure: .busy("FREQUENCY_LIMITED"))
            let busy = try await world.view(payment)
            #expect(busy.actionProblem == .gatewayUnreachable)
            world.bank.says(failure: nil)
            let again = try await world.view(payment)
            #expect(again.status == .submitted)
            #expect(again.actionProblem == nil)
            #expect(again.action?.code?.hasPrefix("bank:\(payment.attempt.outTradeNo)/") == true)
            #expect(try await world.receive(payment) == .settled)
        }
    }

    @Test(arguments: TestEngine.available)
    func `only a refusal of what never got through ends an attempt`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let never = try await world.topUp(channel: "native")
            world.bank.says(failure: .refused("NO_AUTH"))
            let refused = try await world.view(never)
            #expect(refused.status == .failed)
            #expect(refused.actionProblem == nil)
            let intent = try await world.database.read { try $0.intent(never.intent.id) }
            #expect(intent?.status == .ended)
            #expect(
                try await world.job("payment-poll", never.attempt.id.description) == nil)

            // The first call was lost on the way back, perhaps: the trade may be there.
            let perhaps = try await world.topUp(channel: "native")
            world.bank.says(failure: .unknown("timeout"))
            _ = try await world.view(perhaps)
            world.bank.says(failure: .refused("NO_AUTH"))
            let open = try await world.view(perhaps)
            #expect(open.status == .unknown)
            #expect(open.actionProblem == .gatewayRefused)
            #expect(try await world.receive(perhaps) == .settled)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a number that is taken is asked about, and may be paid`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let payment = try await world.topUp(channel: "native")
            world.bank.says(failure: .taken("ORDERPAID"))
            world.bank.says(trade: .paid(tradeNo: "t", amount: Amount(1_000)))
            let view = try await world.view(payment)
            #expect(view.status == .paid)
            #expect(view.action == nil)
            #expect(view.actionProblem == nil)
            #expect(try await world.balance(.available(world.member)) == 1_000)
            #expect(world.bank.asked == ["action", "query"])

            let used = try await world.topUp(channel: "native")
            world.bank.says(failure: .taken("OUT_TRADE_NO_USED"))
            world.bank.says(trade: .waiting)
            let open = try await world.view(used)
            #expect(open.status == .created)
            #expect(open.actionProblem == .gatewayRefused)
        }
    }

    @Test(arguments: TestEngine.available)
    func `nobody is called for what is over`(_ engine: TestEngine) async throws {
        try await World.on(engine) { world in
            let paid = try await world.topUp(channel: "native")
            let first = try await world.view(paid)
            _ = try await world.receive(paid)
            #expect(try await world.view(paid).action == nil)
            // The command repeated is answered as it was.
            let repeated = try await world.payments.withAction(PaymentView(paid.attempt))
            #expect(repeated.action == first.action)

            let late = try await world.topUp(channel: "native")
            world.clock.advance(by: .seconds(1_801))
            #expect(try await world.view(late).action == nil)
            #expect(world.bank.asked == ["action"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a channel is told what it needs of its payer, and no more`(_ engine: TestEngine)
        async throws
    {
        try await World.on(engine) { world in
            let told = PayerContext(address: "203.0.113.7")
            let h5 = try await world.topUp(channel: "h5", payer: told)
            _ = try await world.view(h5)
            let jsapi = try await world.topUp(channel: "jsapi", payer: told)
            _ = try await world.view(jsapi)
            let native = try await world.topUp(channel: "native", payer: told)
            _ = try await world.view(native)
            #expect(
                world.bank.payers == [
                    told, PayerContext(account: "account-7"), PayerContext(),
                ])
            for address in [nil, "local", "x.example", "1.2.3.4, 5.6.7.8"] {
                let code = try await refusal {
                    try await world.topUp(channel: "h5", payer: PayerContext(address: address))
                }
                #expect(code == "payer-address-unknown")
            }
            let stranger = Payments(
                database: world.database, gateways: [world.bank.gateway], purposes: [])
            let unknown = try await refusal {
                try await world.database.write { tx in
                    try stranger.topUp(
                        Amount(1), gateway: "bank", channel: "jsapi", by: world.member, title: "",
                        in: tx)
                }
            }
            #expect(unknown == "wechat-account-missing")
        }
    }

    @Test func `an action is written and read back whole`() throws {
        var action = PaymentAction(kind: .jsapi, expiresAt: Instant(seconds: 1_790_000_000))
        action.appId = "wx"
        action.package = "prepay_id=1"
        action.paySign = "a+b/c="
        let bytes = try JSONBytes.encode(action)
        #expect(try JSONBytes.decode(PaymentAction.self, from: bytes) == action)
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(!text.contains("prepayid"))
    }
}
