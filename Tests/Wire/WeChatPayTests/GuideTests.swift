import Foundation
import Testing
import WeChatPay

/// The guide for adopters says what compiles and works.
@Suite struct GuideTests {
    @Test func `the example in the guide is the one that is compiled`() throws {
        let here = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let example = try String(
            contentsOf: here.appendingPathComponent("GuideExample.swift"), encoding: .utf8)
        let guide = try String(
            contentsOf: here.appendingPathComponent("../../../docs/guides/wechatpay.md"),
            encoding: .utf8)
        let blocks = guide.components(separatedBy: "```swift\n").dropFirst().compactMap {
            $0.components(separatedBy: "```").first
        }
        #expect(blocks.count == 1)
        for block in blocks {
            #expect(example.hasSuffix(block))
        }
    }

    @Test func `the example sells, is told, asks and refunds`() async throws {
        let paid = [("appid", "\"wx8888888888888888\"" as String?)]
        let gateway = Gateway { call in
            switch call.path {
            case "/v3/pay/transactions/native": return .init(body: #"{"code_url":"weixin://x"}"#)
            case "/v3/refund/domestic/refunds": return .init(status: 500, body: "", serial: nil)
            case "/v3/refund/domestic/refunds/KT_000007-1":
                let body = String(decoding: Sample.refund(name: "status"), as: UTF8.self)
                return .init(body: body.replacing("\"R1\"", with: "\"KT_000007-1\""))
            default:
                return .init(body: String(decoding: Sample.transaction(paid), as: UTF8.self))
            }
        }
        let configuration = WeChatPayConfiguration(
            mchID: "1900000109", appIDs: ["wx8888888888888888"],
            credentials: try Sample.configuration().credentials)
        func till() -> Till {
            Till(
                WeChatPayClient(
                    configuration, transport: gateway.transport, now: { Sample.moment }))
        }
        for isTold in [true, false] {
            let till = till()
            // The example's clock is the real one, the gateway's is not: the offer lies beyond.
            await #expect(throws: WeChatPayError.self) {
                try await till.sell(Sale(number: "KT_000007", total: 8880))
            }
            if isTold {
                let (body, headers) = try Sample.notification(Sample.transaction(paid))
                #expect(await till.receive(body, headers) == .success)
                #expect(await till.receive(body, headers) == .success)
                #expect(await till.receive(body, [:]) == .failure(status: 401))
            } else {
                try await till.ask("KT_000007")
            }
            #expect(await till.sale("KT_000007")?.isPaid == true)
            #expect(try await till.refund("KT_000007") == .success)
        }
    }
}
