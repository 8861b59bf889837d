import Alipay
import Basics
import Foundation
import Sandbox
import Store
import TestKit
import Testing
import WeChatPay
import Web

/// What goes wrong with WeChat Pay when it is told to, and how time passes.
@Suite struct SandboxWeChatFaultTests {
    @Test(arguments: TestEngine.available)
    func `a notice comes sixteen times in about a day until it is acknowledged`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            world.merchant.answer(#"{"code":"FAIL"}"#, status: 500)
            try await world.wechatPaid("KT0001")
            let pauses: [Int64] = [
                15, 15, 30, 180, 600, 1_200, 1_800, 1_800, 1_800, 3_600, 10_800, 10_800, 10_800,
                21_600, 21_600,
            ]
            for (index, pause) in pauses.enumerated() {
                #expect(world.merchant.letters.count == index + 1)
                try await world.advance(pause + 1)
            }
            try await world.advance(1_000_000)
            #expect(world.merchant.letters.count == 16)
            let view = try await world.send("GET", "/sandbox/wechatpay/trades/KT0001")
            #expect(view.text.contains("given-up"))
            world.merchant.answer("", status: 204)
            let resent = try await world.send("POST", "/sandbox/wechatpay/trades/KT0001/resend")
            #expect(resent.status == 200 && resent.text.contains("\"acknowledged\""))
            // Each with the same id, and a nonce of its own.
            #expect(world.merchant.letters.count == 17)
            #expect(Set(world.merchant.bodies).count == 17)
        }
    }

    @Test(arguments: TestEngine.available)
    func `notices are lost, late, doubled or wrong`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            func fault(_ json: String) async throws {
                try await world.fault(json, at: "wechatpay")
            }
            try await fault(#"{"dropNotify":1}"#)
            try await world.wechatPaid("KT0001")
            #expect(world.merchant.letters.isEmpty)
            try await world.advance(16)
            #expect(world.merchant.letters.count == 1)

            try await fault(#"{"outTradeNo":"KT0002","delaySeconds":90}"#)
            try await world.wechatPaid("KT0002")
            #expect(world.merchant.letters.count == 1)
            try await world.advance(91)
            #expect(world.merchant.letters.count == 2)

            try await fault(#"{"outTradeNo":"KT0003","duplicateNotify":3}"#)
            try await world.wechatPaid("KT0003")
            #expect(world.merchant.letters.count == 6)
            let ids = try await world.wechatNotices().map(\.id)
            #expect(Set(ids).count == 3)

            try await fault(#"{"outTradeNo":"KT0004","wrongAmount":true}"#)
            try await world.wechatPaid("KT0004")
            guard case .paid(let paid)? = try await world.wechatNotices().last?.event else {
                Issue.record("no payment")
                return
            }
            #expect(paid.total == 36_101)

            let spoiled: [(String, WeChatPayVerificationError)] = [
                (#"{"outTradeNo":"KT0005","badSignature":1}"#, .badSignature),
                (#"{"outTradeNo":"KT0006","staleTimestamp":1}"#, .timestampExpired),
            ]
            for (json, error) in spoiled {
                try await fault(json)
                try await world.wechatPaid(String(json.dropFirst(15).prefix(6)))
                let letter = try #require(world.merchant.letters.last)
                await #expect(throws: error) {
                    _ = try await world.wechat.notification(
                        letter.body, WeChatPayHeaders(letter.headers))
                }
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `a probe goes before the notice, and must not be believed`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.fault(#"{"signatureProbe":1}"#, at: "wechatpay")
            try await world.wechatPaid("KT0001")
            #expect(world.merchant.letters.count == 2)
            let probe = try #require(world.merchant.letters.first)
            await #expect(throws: WeChatPayVerificationError.signatureProbe) {
                _ = try await world.wechat.notification(
                    probe.body, WeChatPayHeaders(probe.headers))
            }
            let genuine = try #require(world.merchant.letters.last)
            _ = try await world.wechat.notification(
                genuine.body, WeChatPayHeaders(genuine.headers))
            // This merchant says yes to everything, which the log tells.
            let view = try await world.send("GET", "/sandbox/wechatpay/trades/KT0001")
            #expect(view.text.contains("probe-accepted"))
            // One who believes neither is sent the notice again.
            world.merchant.answer("", status: 401)
            try await world.fault(
                #"{"outTradeNo":"KT0002","signatureProbe":1}"#, at: "wechatpay")
            try await world.wechatPaid("KT0002")
            #expect(world.merchant.letters.count == 4)
            try await world.advance(16)
            #expect(world.merchant.letters.count == 5)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a notice is overtaken by the next about the same trade`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine) { world in
            try await world.fault(#"{"reorderNotify":1}"#, at: "wechatpay")
            try await world.wechatPaid("KT0001")
            #expect(world.merchant.letters.isEmpty)
            _ = try await world.refund("KT0001", 100, "R1")
            try await world.advance(6)
            let types = try await world.wechatNotices().map(\.eventType)
            #expect(types == ["REFUND.SUCCESS", "TRANSACTION.SUCCESS"])
            // If none comes, it goes by itself.
            try await world.fault(#"{"reorderNotify":1}"#, at: "wechatpay")
            try await world.wechatPaid("KT0002")
            #expect(world.merchant.letters.count == 2)
            try await world.advance(601)
            #expect(world.merchant.letters.count == 3)

            try await world.fault(#"{"reorderNotify":1,"staleTimestamp":1}"#)
            try await world.paid("K1")
            _ = try await world.send(
                "POST", "/sandbox/alipay/trades/K1/refund", json: #"{"amount":100}"#)
            try await world.advance(0)
            let alipay = try world.merchant.bodies.suffix(2).map {
                try world.client.notification($0)
            }
            #expect(alipay.map { $0.outRequestNo == nil } == [false, true])
        }
    }

    @Test(arguments: TestEngine.available)
    func `the gateway fails in the ways a client must survive`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            func fault(_ json: String) async throws {
                try await world.fault(json, at: "wechatpay")
            }
            try await world.wechatPaid("KT0001")
            try await fault(#"{"loseResponse":1}"#)
            await #expect(throws: WeChatPayError.unknown(.httpStatus(504))) {
                _ = try await world.refund("KT0001", 100, "R1")
            }
            #expect(try await world.refundStatus("R1") == .processing)
            try await fault(#"{"unavailable":1}"#)
            await #expect(throws: WeChatPayError.unknown(.httpStatus(503))) {
                _ = try await world.wechat.query(.outTradeNo("KT0001"))
            }
            try await fault(#"{"systemError":1}"#)
            let failed = await wechatCode { _ = try await world.refund("KT0001", 100, "R2") }
            #expect(failed == WeChatPayCode.systemError)
            #expect(try await world.refundStatus("R2") == nil)
            try await fault(#"{"refuseRefunds":1}"#)
            let poor = await wechatCode { _ = try await world.refund("KT0001", 100, "R2") }
            #expect(poor == WeChatPayCode.notEnough)
            try await fault(#"{"strictRefunds":true}"#)
            let soon = await wechatCode { _ = try await world.refund("KT0001", 100, "R2") }
            #expect(soon == WeChatPayCode.frequencyLimited)
            try await world.advance(61)
            #expect(try await world.refund("KT0001", 100, "R2").status == .processing)

            _ = try await world.wechat.nativePrepay(world.order("KT0002"))
            try await fault(#"{"closeFails":1,"payAfterClose":true}"#)
            let open = await wechatCode { _ = try await world.wechat.close(outTradeNo: "KT0002") }
            #expect(open == WeChatPayCode.systemError)
            #expect(try await world.wechat.close(outTradeNo: "KT0002") == .closed)
            #expect(try await world.payWeChat("KT0002").status == 200)
            #expect(try await world.state("KT0002") == .success)
            let calls = try await world.send("GET", "/sandbox/wechatpay/calls?outTradeNo=KT0002")
            let items = try world.object(calls)["items"] as? [[String: Any]]
            #expect(items?.compactMap { $0["code"] as? String } == ["200", "204", "500", "200"])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a paid order is paid once more under another number`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            try await world.wechatPaid("KT0001")
            try await world.fault(#"{"doublePay":true}"#, at: "wechatpay")
            #expect(try await world.payWeChat("KT0001").status == 200)
            let ids = try await world.wechatNotices().map { notice -> String? in
                guard case .paid(let paid) = notice.event else { return nil }
                return paid.transactionID
            }
            #expect(ids.count == 2 && Set(ids).count == 2)
            try await world.paid("K1")
            try await world.fault(#"{"doublePay":true}"#)
            #expect(try await world.pay("K1").status == 200)
            let numbers = try world.merchant.bodies.suffix(2).map {
                try world.client.notification($0).tradeNo
            }
            #expect(Set(numbers).count == 2)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a share of the notices is signed with the platform certificate`(
        _ engine: TestEngine
    ) async throws {
        try await withSandbox(engine, seed: 7) { world in
            try await world.fault(#"{"certificatePercent":50}"#, at: "wechatpay")
            for number in 10..<40 { try await world.wechatPaid("KT00\(number)") }
            let serials = world.merchant.letters.compactMap { letter in
                letter.headers.first { $0.name == "Wechatpay-Serial" }?.value
            }
            let certified = serials.filter { !$0.hasPrefix("PUB_KEY_ID_") }.count
            // By the seed, always the same ones.
            #expect((8...22).contains(certified), "\(certified) of 30")
            #expect(try await world.wechatNotices().count == 30)
            for json in [#"{"certificatePercent":101}"#, #"{"certificatePercent":true}"#] {
                let answer = try await world.send("POST", "/sandbox/wechatpay/faults", json: json)
                #expect(answer.status == 400)
            }
            let other = try await world.send(
                "POST", "/sandbox/alipay/faults", json: #"{"signatureProbe":1}"#)
            #expect(other.status == 400)
        }
    }

    /// A merchant from before the public keys: nothing is configured, and all is fetched.
    @Test(arguments: TestEngine.available)
    func `certificates alone are enough`(_ engine: TestEngine) async throws {
        try await withSandbox(engine) { world in
            let keys = try world.object(await world.send("GET", "/sandbox/wechatpay/merchant"))
            func text(_ name: String) throws -> String { try #require(keys[name] as? String) }
            let configuration = WeChatPayConfiguration(
                mchID: try text("mchId"), appIDs: [try text("appId")],
                credentials: try WeChatPayCredentials(
                    merchantKey: WeChatPayPrivateKey(text("privateKey")),
                    merchantSerial: text("serialNo"),
                    apiV3Key: WeChatPayAPIv3Key(text("apiV3Key")), fetchesCertificates: true),
                baseURLs: [try text("baseUrl")])
            let now = world.now
            let client = WeChatPayClient(
                configuration, transport: SandboxWorld.wechatTransport(world.web), now: { now })
            let certificates = try await client.fetchCertificates()
            #expect(certificates.map(\.serial) == [try text("platformSerialNo")])
            _ = try await client.nativePrepay(world.order("KT0001"))
            try await world.fault(#"{"certificatePercent":100}"#, at: "wechatpay")
            try await world.payWeChat("KT0001")
            let letter = try #require(world.merchant.letters.first)
            let notice = try await client.notification(
                letter.body, WeChatPayHeaders(letter.headers))
            #expect(notice.eventType == "TRANSACTION.SUCCESS")
        }
    }
}
