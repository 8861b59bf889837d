import Basics
import Money
import Store
import TestKit
import Testing
import WeChatPay

@testable import Payments

/// What WeChat Pay tells by itself, from the bytes to the books.
@Suite struct WeChatPayNotifyTests {
    private static let engines = TestEngine.available

    private func with(
        _ engine: TestEngine, _ body: (World, FakeWeChat, Payments, Payment) async throws -> Void
    ) async throws {
        try await World.on(engine) { world in
            let fake = FakeWeChat(world.clock)
            let payments = Payments(
                database: world.database, gateways: [try fake.gateway()], purposes: [Pledge()])
            let member = world.member
            let payment = try await world.database.write { tx in
                try payments.topUp(
                    Amount(1_000), gateway: "wechatpay", channel: "native", by: member,
                    title: "Top-up", in: tx)
            }
            try await body(world, fake, payments, payment)
        }
    }

    private func tell(
        _ payments: Payments, _ fake: FakeWeChat, _ type: String, _ content: String,
        id: String = "n1"
    ) async throws -> NotifyAnswer {
        let message = try fake.notify(type, content, id: id)
        return try await payments.receiveWeChatPayNotify(
            message.body, message.headers, client: try fake.client())
    }

    private func outcomes(_ world: World) async throws -> [String] {
        try await world.database.read { snapshot in
            try snapshot.rows("SELECT outcome FROM gateway_event ORDER BY id") {
                try $0[0] as String
            }
        }
    }

    @Test(arguments: engines)
    func `a payment is told three times and booked once`(_ engine: TestEngine) async throws {
        try await with(engine) { world, fake, payments, payment in
            let content = FakeWeChat.order(payment.attempt.outTradeNo)
            for id in ["n1", "n1", "n2"] {
                let answer = try await tell(
                    payments, fake, "TRANSACTION.SUCCESS", content, id: id)
                #expect(answer == .success)
            }
            #expect(try await outcomes(world) == ["settled"])
            #expect(try await world.balance(.receivable("wechatpay")) == -1_000)
            #expect(try await world.balance(.available(world.member)) == 1_000)
        }
    }

    @Test(arguments: engines)
    func `what is not WeChat Pay's changes nothing, and is not kept`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world, fake, payments, payment in
            let client = try fake.client()
            let content = FakeWeChat.order(payment.attempt.outTradeNo)
            let good = try fake.notify("TRANSACTION.SUCCESS", content)
            let forged = try fake.notify(
                "TRANSACTION.SUCCESS", content, by: FakeWeChat.merchantKey)
            func answer(_ body: [UInt8], _ headers: WeChatPayHeaders) async throws -> NotifyAnswer {
                try await payments.receiveWeChatPayNotify(body, headers, client: client)
            }
            #expect(try await answer(forged.body, forged.headers) == .forged("bad_signature"))
            #expect(try await answer(good.body + [0x20], good.headers) == .forged("bad_signature"))
            #expect(try await answer(good.body, [:]) == .forged("missing_header"))
            // WeChat Pay's own probe.
            let probe = WeChatPayHeaders(
                good.headers.fields.map {
                    let isSignature = $0.name == "Wechatpay-Signature"
                    return (name: $0.name, value: isSignature ? "WECHATPAY/SIGNTEST/x" : $0.value)
                })
            #expect(try await answer(good.body, probe) == .forged("bad_signature"))
            // The same bytes, five minutes later.
            world.clock.advance(by: .seconds(300))
            #expect(try await answer(good.body, good.headers) == .forged("timestamp_expired"))
            #expect(try await outcomes(world) == [])
            #expect(try await world.attempt(payment) == .created)
        }
    }

    @Test(arguments: engines)
    func `a genuine message about somebody else is refused`(_ engine: TestEngine) async throws {
        try await with(engine) { world, fake, payments, payment in
            let number = payment.attempt.outTradeNo
            let strangers = [
                (FakeWeChat.order(number, mchID: "1900000110"), "other_merchant"),
                (FakeWeChat.order(number, appID: "wx1"), "other_app"),
                (FakeWeChat.order(number, "NOTPAY"), "not_paid"),
            ]
            for (content, reason) in strangers {
                let answer = try await tell(payments, fake, "TRANSACTION.SUCCESS", content)
                #expect(answer == .forged(reason))
            }
            #expect(try await world.attempt(payment) == .created)
            #expect(try await outcomes(world) == [])
        }
    }

    @Test(arguments: engines)
    func `a number of another gateway is unknown here, is kept, and is told again`(
        _ engine: TestEngine
    ) async throws {
        try await with(engine) { world, fake, payments, _ in
            let other = try await world.topUp()
            let content = FakeWeChat.order(other.attempt.outTradeNo)
            for _ in 0..<2 {
                let answer = try await tell(payments, fake, "TRANSACTION.SUCCESS", content)
                #expect(answer == .again)
            }
            #expect(try await outcomes(world) == ["unknown-trade"])
            #expect(try await world.attempt(other) == .submitted)
        }
    }

    @Test(arguments: engines, [("CNY", Int64(999)), ("USD", 1_000)])
    func `another amount or currency waits for a person`(
        _ engine: TestEngine, _ came: (currency: String, total: Int64)
    ) async throws {
        try await with(engine) { world, fake, payments, payment in
            let content = FakeWeChat.order(
                payment.attempt.outTradeNo, total: came.total, currency: came.currency)
            let answer = try await tell(payments, fake, "TRANSACTION.SUCCESS", content)
            #expect(answer == .success)
            #expect(try await world.attempt(payment) == .needsReview)
            let held = came.currency == "CNY" ? came.total : 0
            #expect(try await world.balance(.suspense) == held)
            #expect(try await world.balance(.available(world.member)) == 0)
        }
    }

    @Test(arguments: engines)
    func `refunds: ours is settled, theirs is booked, each once`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world, fake, payments, payment in
            let number = payment.attempt.outTradeNo
            let paid = FakeWeChat.order(number)
            _ = try await tell(payments, fake, "TRANSACTION.SUCCESS", paid)
            let ours = try await world.refund(payment, 400)
            let done = FakeWeChat.refund(
                ours.description, of: number, "SUCCESS", amount: 400, in: true)
            let theirs = FakeWeChat.refund(
                "console-1", of: number, "SUCCESS", amount: 100, in: true)
            for _ in 0..<2 {
                for content in [done, theirs] {
                    let answer = try await tell(payments, fake, "REFUND.SUCCESS", content)
                    #expect(answer == .success)
                }
            }
            #expect(try await world.status(ours) == .succeeded)
            #expect(try await world.balance(.gatewayRefunds) == -100)
            #expect(try await world.balance(.receivable("wechatpay")) == -500)
            #expect(
                try await outcomes(world) == ["settled", "refund-settled", "refund-by-gateway"])
        }
    }

    @Test(arguments: engines)
    func `an abnormal refund is asked about, and then waits for an operator`(_ engine: TestEngine)
        async throws
    {
        try await with(engine) { world, fake, payments, payment in
            let number = payment.attempt.outTradeNo
            _ = try await tell(payments, fake, "TRANSACTION.SUCCESS", FakeWeChat.order(number))
            let ours = try await world.refund(payment, 400)
            func said(_ word: String, in notify: Bool) -> String {
                FakeWeChat.refund(ours.description, of: number, word, amount: 400, in: notify)
            }
            fake.answers((200, said("PROCESSING", in: false)), (200, said("ABNORMAL", in: false)))
            try await world.work(payments)
            #expect(try await world.status(ours) == .submitted)
            let answer = try await tell(
                payments, fake, "REFUND.ABNORMAL", said("ABNORMAL", in: true))
            #expect(answer == .success)
            try await world.work(payments)
            #expect(try await world.status(ours) == .abnormal)
            #expect(try await world.balance(.refundsPayable) == 400)
        }
    }

    @Test(arguments: engines)
    func `an event that is not known is kept and acknowledged`(_ engine: TestEngine) async throws {
        try await with(engine) { world, fake, payments, _ in
            let answer = try await tell(payments, fake, "COUPON.USE", "{}", id: "n9")
            #expect(answer == .success)
            #expect(try await outcomes(world) == ["ignored"])
        }
    }

    @Test(arguments: engines)
    func `what is kept can be verified again`(_ engine: TestEngine) async throws {
        try await with(engine) { world, fake, payments, payment in
            let content = FakeWeChat.order(payment.attempt.outTradeNo)
            _ = try await tell(payments, fake, "TRANSACTION.SUCCESS", content)
            let raw = try await world.database.read { snapshot in
                try snapshot.rows("SELECT raw FROM gateway_event") { try $0[0] as [UInt8] }
            }
            let text = String(decoding: try #require(raw.first), as: UTF8.self)
            let parts = text.split(separator: "\n\n", maxSplits: 1)
            let lines = parts[0].split(separator: "\n").map { $0.split(separator: ": ") }
            let headers = WeChatPayHeaders(
                lines.map { (name: String($0[0]), value: String($0[1])) })
            let client = try fake.client()
            let again = try await client.notification(Array(parts[1].utf8), headers)
            #expect(again.id == "n1")
        }
    }
}
