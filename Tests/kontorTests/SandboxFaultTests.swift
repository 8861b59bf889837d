import Alipay
import Basics
import Foundation
import Sandbox
import Scheduling
import Store
import TestKit
import Testing
import Web

/// What goes wrong when it is told to, and how time passes.
@Suite struct SandboxFaultTests {
    @Test(arguments: TestEngine.available)
    func `a notice comes eight times in 25 hours until it is acknowledged`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            world.merchant.answer("success\n")
            try await world.paid("K1")
            #expect(world.merchant.bodies.count == 1)
            try await world.advance(239)
            #expect(world.merchant.bodies.count == 1)
            try await world.advance(2)
            #expect(world.merchant.bodies.count == 2)
            for minutes in [10, 10, 60, 120, 360, 900, 10_000] {
                try await world.advance(Int64(minutes) * 60 + 1)
            }
            let notices = try world.notices
            #expect(notices.count == 8)
            #expect(Set(notices.map(\.notifyID)).count == 1)
            #expect(Set(notices.map(\.notifyTime)).count == 8)
            let view = try await world.send("GET", "/api/v1/sandbox/alipay/trades/K1")
            #expect(view.text.contains("given-up"))

            world.merchant.answer("success")
            let resent = try await world.send("POST", "/sandbox/alipay/trades/K1/resend")
            #expect(resent.status == 200 && resent.text.contains("\"acknowledged\""))
            #expect(world.merchant.bodies.count == 9)
        }
    }

    @Test(arguments: TestEngine.available)
    func `notices are lost, late, doubled or wrong`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.fault(#"{"dropNotify":1}"#)
            try await world.paid("K1")
            #expect(world.merchant.bodies.isEmpty)
            try await world.advance(241)
            #expect(world.merchant.bodies.count == 1)

            try await world.fault(#"{"outTradeNo":"K2","delaySeconds":90}"#)
            try await world.paid("K2")
            #expect(world.merchant.bodies.count == 1)
            try await world.advance(91)
            #expect(world.merchant.bodies.count == 2)

            try await world.fault(#"{"outTradeNo":"K3","duplicateNotify":3}"#)
            try await world.paid("K3")
            #expect(world.merchant.bodies.count == 6)

            try await world.fault(#"{"outTradeNo":"K4","wrongAmount":true}"#)
            try await world.paid("K4")
            #expect(try world.notices.last?.total.fen == 36_101)

            try await world.fault(#"{"outTradeNo":"K5","badSignature":true}"#)
            try await world.paid("K5")
            let last = try #require(world.merchant.bodies.last)
            #expect(throws: AlipayVerificationError.badSignature) {
                try world.client.notification(last)
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `the gateway fails in the ways a client must survive`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            let trade = AlipayTradeReference.outTradeNo("K1")
            try await world.fault(#"{"loseResponse":1}"#)
            let amount = AlipayAmount(fen: 100)
            await #expect(throws: AlipayError.unknown(.httpStatus(504))) {
                _ = try await world.client.refund(trade, amount: amount, outRequestNo: "R1")
            }
            let state = try await world.client.refundQuery(trade, outRequestNo: "R1")
            #expect(state == .succeeded(amount))
            try await world.fault(#"{"unavailable":1}"#)
            await #expect(throws: AlipayError.unknown(.httpStatus(503))) {
                _ = try await world.client.query(trade)
            }
            try await world.fault(#"{"strictRefunds":true}"#)
            do {
                _ = try await world.client.refund(trade, amount: amount, outRequestNo: "R2")
                Issue.record("refunded too soon")
            } catch AlipayError.unknown(.gateway(let fault)) {
                #expect(fault.subCode == AlipaySubCode.systemError)
            }
            try await world.advance(4)
            let later = try await world.client.refund(trade, amount: amount, outRequestNo: "R2")
            #expect(later.fundChange)

            _ = try await world.open(try world.address("K2"))
            try await world.fault(#"{"closeFails":1,"payAfterClose":true}"#)
            let failed = await subCode { _ = try await world.client.close(.outTradeNo("K2")) }
            #expect(failed == AlipaySubCode.systemError)
            #expect(try await world.client.close(.outTradeNo("K2")) == .closed)
            #expect(try await world.pay("K2").status == 200)
            let calls = try await world.send("GET", "/sandbox/alipay/calls?outTradeNo=K2")
            let items = try world.object(calls)["items"] as? [[String: Any]]
            #expect(
                items?.compactMap { $0["method"] as? String }
                    == ["alipay.trade.close", "alipay.trade.close", "alipay.trade.page.pay"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `faults are shown, merged and checked`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.fault(#"{"dropNotify":true,"delaySeconds":5}"#)
            try await world.fault(#"{"outTradeNo":"K1","dropNotify":false}"#)
            let own = try world.object(
                await world.send("GET", "/sandbox/alipay/faults?outTradeNo=K1"))
            #expect(own["dropNotify"] as? Bool == false && own["delaySeconds"] as? Int == 5)
            let all = try world.object(await world.send("GET", "/sandbox/alipay/faults"))
            #expect(all["dropNotify"] as? Bool == true)
            for json in [#"{"nonsense":1}"#, #"{"dropNotify":-1}"#, #"{"dropNotify":1.0}"#, "[]"] {
                let answer = try await world.send("POST", "/sandbox/alipay/faults", json: json)
                #expect(answer.status == 400, "\(json): \(answer.text)")
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `the clock goes forward, stays there and is followed`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let before = world.database.clock.now
            let moved = try await world.send(
                "POST", "/api/v1/sandbox/clock", json: #"{"advanceSeconds":3600}"#)
            #expect(moved.status == 200 && moved.text.contains("\"offsetSeconds\":3600"))
            #expect(world.database.clock.now == before + .hours(1))
            for json in ["-1", "99999999999", "9223372036854775807"] {
                let answer = try await world.send(
                    "POST", "/sandbox/clock", json: "{\"advanceSeconds\":\(json)}")
                #expect(answer.status == 422, "\(answer.text)")
            }
            // As after a restart, or on another node.
            world.database.clock.setOffset(microseconds: 0)
            try await world.sandbox.clock.follow()
            #expect(world.database.clock.now == before + .hours(1))
            let read = try await world.send("GET", "/sandbox/clock")
            #expect(try world.object(read)["offsetSeconds"] as? Int == 3_600)
        }
    }

    @Test(arguments: TestEngine.available)
    func `the dashboard and its forms`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.paid("K1")
            let page = try await world.send("GET", "/sandbox?lang=en")
            #expect(page.status == 200)
            #expect(page.text.contains(#"data-test="sandbox-trade" data-id="K1""#))
            #expect(!page.text.contains(">sandbox."), "a text is missing")
            let token = try #require(
                page.text.firstMatch(of: /name="_csrf" value="([0-9a-f]+)"/)?.output.1)
            let cookie = try #require(page.cookie("kontor_csrf"))
            let before = world.database.clock.now
            for (path, fields) in [
                ("/sandbox/clock/advance", "advanceSeconds=60"),
                ("/sandbox/faults", "gateway=alipay&fault=dropNotify&on=1"),
                ("/sandbox/resend", "gateway=alipay&outTradeNo=K1"),
            ] {
                let answer = try await world.web.answer(
                    LocalCall(
                        "POST", path,
                        headers: [
                            ("Content-Type", "application/x-www-form-urlencoded"),
                            ("Cookie", "kontor_csrf=\(cookie)"),
                        ], body: Array("_csrf=\(token)&\(fields)".utf8)))
                #expect(answer.status == 303, "\(path): \(answer.text)")
            }
            #expect(world.database.clock.now == before + .minutes(1))
            let faults = try await world.send("GET", "/sandbox/alipay/faults")
            #expect(faults.text.contains("\"dropNotify\":true"))
            #expect(world.web.messages.missingKeys().isEmpty)
            #expect(world.web.messages.faults.isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `keys are made once and kept`(_ engine: TestEngine) async throws {
        try await withDatabase(engine, migrations: schedulingMigrations) { database in
            let nowhere = NoticeTransport { _ in .init(body: []) }
            let silent = AlipayTransport { _, _ in .init(body: []) }
            let began = ContinuousClock.now
            let first = try await SandboxModule.open(
                database: database, publicURL: "http://x", transport: nowhere)
            print("five keys: \(ContinuousClock.now - began)")
            let second = try await SandboxModule.open(
                database: database, publicURL: "http://x", transport: nowhere)
            let form = try AlipayForm([("a", "1")]).signedAsNotification(
                with: AlipayPrivateKey(TestKeys.alipay))
            // Random keys, the same ones both times: neither takes the test's key.
            for module in [first, second] {
                let client = AlipayClient(module.alipay.configuration, transport: silent)
                #expect(throws: AlipayVerificationError.self) {
                    try client.notification(Array(form.encoded.utf8))
                }
            }
            let order = AlipayOrder(
                outTradeNo: "K", amount: AlipayAmount(fen: 1), subject: "x",
                expires: Date(timeIntervalSince1970: 1_790_000_060))
            let urls = try [first, second].map {
                try AlipayClient($0.alipay.configuration, transport: silent).pageURL(
                    order, notifyURL: "http://x", at: Date(timeIntervalSince1970: 1_790_000_000))
            }
            #expect(urls[0] == urls[1])
        }
    }
}
