import AsyncHTTPClient
import Foundation
import Synchronization
import Testing
import WeChatPay
import WireTestKit

@testable import WeChatPayExample

/// The guide for adopters says what compiles and works.
@Suite struct GuideTests {
    @Test func `every line of Swift in the guide is compiled`() throws {
        let guide = try Guide("wechatpay", example: "WeChatPayExample")
        #expect(guide.strays == [])
        #expect(guide.blocks.count >= 5)
        // And the till is there as a whole.
        let till = try #require(guide.files["Till.swift"])
        #expect(guide.blocks.contains(till))
    }

    /// What the example's till remembers.
    private final class Memory: Sales {
        private let lines = Mutex<[String]>([])
        private let isAway: Bool
        var all: [String] { lines.withLock { $0 } }

        init(isAway: Bool = false) { self.isAway = isAway }

        func sale(_ number: String) throws -> Sale? {
            if isAway { throw CancellationError() }
            return number == GuideTests.sale.number ? GuideTests.sale : nil
        }
        func markPaid(_ number: String, transactionID: String?) {
            lines.withLock { $0.append("paid \(transactionID ?? "")") }
        }
        func flag(_ number: String, _ why: String) { lines.withLock { $0.append(why) } }
    }

    private static let sale = Sale(
        number: "KT_000007", total: 8880, title: "Swift course",
        expires: Sample.moment.addingTimeInterval(1800))
    private static let appID = "\"wx8888888888888888\"" as String?

    private func till(
        _ memory: Memory = Memory(), _ answer: @escaping @Sendable (Gateway.Call) -> Gateway.Answer
    ) throws -> Till {
        let configuration = WeChatPayConfiguration(
            mchID: "1900000109", appIDs: ["wx8888888888888888"],
            credentials: try Sample.configuration().credentials)
        let client = WeChatPayClient(
            configuration, transport: Gateway(answer).transport, now: { Sample.moment })
        return Till(wechat: client, sales: memory)
    }

    @Test func `the example reads its keys from files`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent("till-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ text: String, to name: String) throws {
            try Data(text.utf8).write(to: folder.appendingPathComponent(name))
        }
        try write(Sample.certificate(Keys.merchant), to: "apiclient_cert.pem")
        try write(Keys.merchant.pemRepresentation, to: "apiclient_key.pem")
        try write(Keys.wechat.publicKey.pemRepresentation, to: "pub_key.pem")
        // Editors end a file with a line break.
        try write("0123456789abcdef0123456789abcdef\r\n", to: "apiv3.key")
        let till = try Till.make(keys: folder, http: .shared, sales: Memory())
        #expect(till.wechat.configuration.mchID == "1900000109")
        try write(Sample.certificate(Keys.stranger), to: "apiclient_cert.pem")
        #expect(throws: WeChatPayKeyError.certificateOfAnotherKey) {
            try Till.make(keys: folder, http: .shared, sales: Memory())
        }
    }

    @Test func `the example offers a code and a mini program's cashier`() async throws {
        let till = try till { call in
            call.path.hasSuffix("native")
                ? .init(body: #"{"code_url":"weixin://x"}"#) : .init(body: #"{"prepay_id":"wx1"}"#)
        }
        #expect(try await till.code(for: Self.sale) == "weixin://x")
        let payer = WeChatPayOpenID("oUpF8uMuAJO_M2pxb1Q9")
        #expect(try await till.miniProgram(for: Self.sale, payer: payer).package == "prepay_id=wx1")
    }

    @Test func `the example takes payments and nothing else`() async throws {
        let memory = Memory()
        let till = try till(memory) { _ in .init() }
        func told(_ till: Till, _ changes: [(String, String?)] = []) async throws -> WeChatPayReply
        {
            let content = Sample.transaction([("appid", Self.appID)] + changes)
            let (body, headers) = try Sample.notification(content)
            return await till.notified(body, headers)
        }
        #expect(try await told(till) == .success)
        #expect(try await told(till) == .success)
        #expect(memory.all == ["paid 42", "paid 42"])
        // Genuine, and not what was ordered: for a person.
        let less = #"{"total":1,"currency":"CNY"}"#
        #expect(try await told(till, [("amount", less)]) == .success)
        #expect(memory.all.count == 3)
        #expect(memory.all.last?.contains("8880") == true)
        // A sale that nobody knows, and a database that is away: it is to come again.
        #expect(try await told(till, [("out_trade_no", "\"KT_000008\"")]) == .failure())
        let away = try self.till(Memory(isAway: true)) { _ in .init() }
        #expect(try await told(away) == .failure())
        let (body, _) = try Sample.notification(Sample.transaction())
        #expect(await till.notified(body, [:]) == .failure(status: 401))
        let (bad, headers) = try Sample.notification(
            Sample.refund(status: "ABNORMAL"), type: "REFUND.ABNORMAL")
        #expect(await till.notified(bad, headers) == .success)
        #expect(memory.all.last == "refund R1 went wrong")
    }

    @Test func `the example asks when nobody tells`() async throws {
        let memory = Memory()
        let paid = String(
            decoding: Sample.transaction([("appid", Self.appID)]), as: UTF8.self)
        let told = try till(memory) { _ in .init(body: paid) }
        #expect(try await told.isPaid(Self.sale))
        let other = paid.replacing("8880", with: "1")
        let toldOther = try till(memory) { _ in .init(body: other) }
        #expect(try await !toldOther.isPaid(Self.sale))
        #expect(memory.all.first == "paid 42")
        #expect(memory.all.count == 2)
    }

    @Test func `the example refunds once, and asks where it does not know`() async throws {
        let answer = String(decoding: Sample.refund(name: "status"), as: UTF8.self)
        let calls = Mutex<[String]>([])
        let till = try till { call in
            calls.withLock { $0.append(call.method) }
            return call.method == "POST"
                ? .init(status: 500, body: "", serial: nil) : .init(body: answer)
        }
        #expect(try await till.refund(Self.sale, 880, number: "R1") == .success)
        #expect(calls.withLock { $0 } == ["POST", "GET"])
    }
}
