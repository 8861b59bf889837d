import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

/// The gateway keeps the protocol of WeChat Pay's API v3, seen through the real client.
@Suite struct SandboxWeChatTests {
    @Test(arguments: TestEngine.available)
    func `an order is placed, placed again, and no other in its name`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            #expect(try await world.wechat.query(.outTradeNo("KT0001")) == .notExist)
            #expect(try await world.wechat.close(outTradeNo: "KT0001") == .notExist)
            #expect(try await world.payWeChat("KT0001").status == 404)
            let order = world.order("KT0001")
            let code = try await world.wechat.nativePrepay(order)
            #expect(code.hasPrefix("weixin://wxpay/bizpayurl?pr="))
            #expect(try await world.wechat.nativePrepay(order) == code)
            var other = order
            other.total = 1
            let changed = other
            let used = await wechatCode { _ = try await world.wechat.nativePrepay(changed) }
            #expect(used == WeChatPayCode.outTradeNoUsed)
            #expect(try await world.state("KT0001") == .notPaid)
            let view = try await world.send("GET", "/api/v1/sandbox/wechatpay/trades/KT0001")
            #expect(try world.object(view)["status"] as? String == "NOTPAY")
        }
    }

    @Test(arguments: TestEngine.available)
    func `paying tells the merchant, encrypted, before it answers`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            let notices = try await world.wechatNotices()
            #expect(notices.count == 1)
            guard case .paid(let paid)? = notices.first?.event else {
                Issue.record("no payment")
                return
            }
            try paid.check(world.wechat.configuration, outTradeNo: "KT0001", total: 36_100)
            #expect(paid.tradeType == "NATIVE" && paid.state == .success)
            let plain = String(decoding: world.merchant.bodies[0], as: UTF8.self)
            #expect(!plain.contains("KT0001"))
            let found = try await world.wechat.query(.outTradeNo("KT0001"))
            #expect(found == .found(paid))
            let id = try #require(paid.transactionID)
            #expect(id.utf8.count == 32)
            #expect(try await world.wechat.query(.transactionID(id)) == .found(paid))
            let stranger = try await world.wechat.query(.transactionID(String(id.dropLast()) + "x"))
            #expect(stranger == .notExist)

            let again = try world.object(await world.payWeChat("KT0001"))
            #expect(world.merchant.letters.count == 1)
            let notifies = try #require(again["notifies"] as? [[String: Any]])
            #expect(notifies.first?["status"] as? String == "acknowledged")
            let late = await wechatCode {
                _ = try await world.wechat.nativePrepay(world.order("KT0001"))
            }
            #expect(late == WeChatPayCode.orderPaid)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an unpaid order closes by itself or when asked`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            _ = try await world.wechat.nativePrepay(world.order("KT0001"))
            #expect(try await world.wechat.close(outTradeNo: "KT0001") == .closed)
            #expect(try await world.wechat.close(outTradeNo: "KT0001") == .closed)
            #expect(try await world.state("KT0001") == .closed)
            #expect(try await world.payWeChat("KT0001").status == 409)
            let closed = await wechatCode {
                _ = try await world.wechat.nativePrepay(world.order("KT0001"))
            }
            #expect(closed == WeChatPayCode.orderClosed)

            _ = try await world.wechat.nativePrepay(world.order("KT0002"))
            // By the clock alone, with no job.
            world.clock.advance(by: .minutes(31))
            #expect(try await world.state("KT0002") == .closed)
            #expect(try await world.payWeChat("KT0002").status == 409)

            try await world.wechatPaid("KT0003")
            let paid = await wechatCode { _ = try await world.wechat.close(outTradeNo: "KT0003") }
            #expect(paid == WeChatPayCode.orderPaid)
            #expect(world.merchant.letters.count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund is under way before it is done, and told`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            #expect(try await world.refundStatus("R1") == nil)
            let first = try await world.refund("KT0001", 6_663, "R1")
            #expect(first.status == .processing && first.refund == 6_663)
            let same = try await world.refund("KT0001", 6_663, "R1")
            #expect(same.refundID == first.refundID)
            #expect(try await world.state("KT0001") == .refund)
            try await world.advance(6)
            #expect(try await world.refundStatus("R1") == .success)
            guard case .refund(let told)? = try await world.wechatNotices().last?.event else {
                Issue.record("no refund told")
                return
            }
            try told.check(
                world.wechat.configuration, outTradeNo: "KT0001", outRefundNo: "R1", refund: 6_663)
            #expect(told.status == .success && told.refundID == first.refundID)

            let invalid = WeChatPayCode.invalidRequest
            let refused: [(String, Int64, Int64, String)] = [
                ("R1", 1, 36_100, invalid), ("R2", 29_438, 36_100, invalid),
                ("R2", 100, 36_101, invalid),
            ]
            for (number, fen, total, code) in refused {
                let answer = await wechatCode {
                    _ = try await world.refund("KT0001", fen, number, total: total)
                }
                #expect(answer == code, "\(number) \(fen) \(total)")
            }
            let rest = try await world.refund("KT0001", 29_437, "R2")
            #expect(rest.status == .processing)
            try await world.advance(6)
            #expect(try await world.refundStatus("R2") == .success)
            _ = try await world.wechat.nativePrepay(world.order("KT0002"))
            let unpaid = await wechatCode { _ = try await world.refund("KT0002", 1, "R3") }
            #expect(unpaid == invalid)
            let unknown = await wechatCode { _ = try await world.refund("KT0009", 1, "R3") }
            #expect(unknown == "RESOURCE_NOT_EXISTS")
        }
    }

    @Test(arguments: TestEngine.available)
    func `fifty refunds of an order are taken, and none after a year`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            for number in 1...50 {
                _ = try await world.refund("KT0001", 1, "R\(number)")
            }
            let more = await wechatCode { _ = try await world.refund("KT0001", 1, "R51") }
            #expect(more == WeChatPayCode.invalidRequest)
            try await world.wechatPaid("KT0002")
            try await world.advance(366 * 86_400)
            let late = await wechatCode { _ = try await world.refund("KT0002", 1, "R52") }
            #expect(late == WeChatPayCode.invalidRequest)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refund may end otherwise, or begin at the gateway's console`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            try await world.fault(#"{"abnormalRefunds":1}"#, at: "wechatpay")
            _ = try await world.refund("KT0001", 100, "R1")
            try await world.fault(#"{"abnormalRefunds":0,"closedRefunds":1}"#, at: "wechatpay")
            _ = try await world.refund("KT0001", 36_000, "R2")
            try await world.advance(6)
            #expect(try await world.refundStatus("R1") == .abnormal)
            #expect(try await world.refundStatus("R2") == .closed)
            let types = try await world.wechatNotices().map(\.eventType)
            #expect(Set(types.dropFirst()) == ["REFUND.ABNORMAL", "REFUND.CLOSED"])

            // What was closed can be given back after all.
            let console = try await world.send(
                "POST", "/sandbox/wechatpay/trades/KT0001/refund", json: #"{"amount":36000}"#)
            #expect(console.status == 200, "\(console.text)")
            try await world.advance(6)
            guard case .refund(let told)? = try await world.wechatNotices().last?.event else {
                Issue.record("no refund told")
                return
            }
            #expect(told.refund == 36_000 && told.outRefundNo.hasPrefix("CONSOLE"))
            let more = try await world.send(
                "POST", "/sandbox/wechatpay/trades/KT0001/refund", json: #"{"amount":1}"#)
            #expect(more.status == 409)
        }
    }

    @Test(arguments: TestEngine.available)
    func `only requests that the merchant has signed are believed`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            let path = "/v3/pay/transactions/out-trade-no/KT0001?mchid=\(SandboxWeChatPay.mchID)"
            let folder = "/sandbox/wechatpay"
            func ask(
                signed: String, sent: String? = nil, mchID: String = SandboxWeChatPay.mchID,
                serial: String? = nil, age: Int64 = 0, answerBy: String? = nil
            ) async throws -> String {
                let keys = try world.object(
                    await world.send("GET", "/sandbox/wechatpay/merchant"))
                let text = try #require(keys["privateKey"] as? String)
                let own = try #require(keys["serialNo"] as? String)
                let header = try WeChatPayAuthorization(
                    method: "GET", path: signed, body: [], mchID: mchID, serial: serial ?? own,
                    nonce: "N1", timestamp: Int64(world.now.timeIntervalSince1970) - age,
                    key: WeChatPayPrivateKey(text))
                var headers = [(name: "Authorization", value: header.headerValue)]
                if let answerBy { headers.append((name: "Wechatpay-Serial", value: answerBy)) }
                let answer = try await world.web.answer(
                    LocalCall("GET", sent ?? folder + path, headers: headers))
                return "\(answer.status) \(answer.text)"
            }
            #expect(try await ask(signed: folder + path).contains("ORDER_NOT_EXIST"))
            // As clients do that know only the real gateway's addresses.
            #expect(try await ask(signed: path).contains("ORDER_NOT_EXIST"))
            let refused = [
                try await ask(signed: folder + path, sent: folder + path + "&a=1"),
                try await ask(signed: folder + path, mchID: "1900000002"),
                try await ask(signed: folder + path, serial: "5A"),
                try await ask(signed: folder + path, age: 300),
                try await ask(signed: folder + path, age: -301),
            ]
            for answer in refused {
                #expect(answer.hasPrefix("401 ") && answer.contains("SIGN_ERROR"), "\(answer)")
            }
            #expect(refused[0].contains("sign_message_length"))
            #expect(try await ask(signed: folder + path, age: 299).hasPrefix("404 "))
            let serial = try await ask(signed: folder + path, answerBy: "PUB_KEY_ID_9")
            #expect(serial.hasPrefix("400 "))
            let nothing = try await ask(
                signed: folder + "/v3/nothing", sent: folder + "/v3/nothing")
            #expect(nothing.hasPrefix("404 "))
            let unsigned = try await world.send("GET", folder + path)
            #expect(unsigned.status == 401)
            let calls = try await world.send("GET", "/sandbox/wechatpay/calls")
            #expect(calls.text.contains("SIGN_ERROR"))
        }
    }

    @Test(arguments: TestEngine.available)
    func `orders that break a rule are refused`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let far = "http://10.0.0.1/notify"
            var cases: [(String, (inout WeChatPayOrder) -> Void)] = []
            cases.append((WeChatPayCode.paramError, { $0.notifyURL = far }))
            cases.append((WeChatPayCode.paramError, { $0.total = 10_000_000_001 }))
            for (code, change) in cases {
                var order = world.order("KT0001")
                change(&order)
                let wrong = order
                let answer = await wechatCode { _ = try await world.wechat.nativePrepay(wrong) }
                #expect(answer == code)
            }
            let found = try await world.wechat.query(.outTradeNo("KT0001"))
            #expect(found == .notExist)
        }
    }
}
