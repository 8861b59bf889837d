import Alipay
import Foundation
import Synchronization
import Testing

/// Bills, from their address to their lines. The files were made by `Vectors/Bills/make.py`.
@Suite struct BillTests {
    @Test func `a trade bill becomes payments and refunds in fen`() throws {
        guard case .trades(let lines) = try AlipayBill(.trades, zip: file("trades.zip")) else {
            Issue.record("not a trade bill")
            return
        }
        #expect(lines.map(\.kind) == [.payment, .refund, .payment])
        #expect(lines.map(\.outTradeNo) == ["KT_7", "KT_7", "KT_8"])
        #expect(lines.map(\.outRequestNo) == [nil, "rfd_1", nil])
        #expect(lines.map(\.amount.fen) == [8_880, -880, 411_200])
        #expect(lines.map(\.received.fen) == [8_880, -880, 411_200])
        #expect(lines.map(\.fee.fen) == [-53, 5, -2_467])
        #expect(lines[0].tradeNo == "2025030122001477861000811871")
        #expect(lines[0].subject == "爱家租房<100>")
        #expect(lines[0].completedAt == AlipayTime.moment("2025-03-01 10:47:15"))
        #expect(lines[1].columns["备注"] == "refund")
        // A character that GBK has and GB 2312 has not, and a title with a comma in it.
        #expect(lines[2].columns["对方账户"] == "镕***@sandbox.com")
        #expect(lines[2].subject == #"Swift, "A/B""#)
    }

    @Test func `an account bill becomes entries with the balance after each`() throws {
        guard case .account(let lines) = try AlipayBill(.account, zip: file("account.zip")) else {
            Issue.record("not an account bill")
            return
        }
        #expect(lines.map(\.entryNo) == ["401", "402"])
        #expect(lines.map(\.income.fen) == [8_880, 0])
        #expect(lines.map(\.expense.fen) == [0, -53])
        #expect(lines.map(\.balance.fen) == [108_880, 108_827])
        #expect(lines.map(\.business) == ["在线支付", "收费"])
        #expect(lines.map(\.outTradeNo) == ["KT_7", "KT_7"])
    }

    @Test func `a bill of another kind, or with a summary only, is none`() throws {
        #expect(throws: AlipayBillError.zip("there is no bill in it")) {
            try AlipayBill(.account, zip: file("trades.zip"))
        }
    }

    static let header = "支付宝交易号,商户订单号,业务类型,商品名称,订单金额（元）,商家实收（元）,服务费（元）"
    static let line = "22\t,KT_7\t,交易 ,Swift,88.80,88.80,-0.53"
    static let end = "#-----业务明细列表结束-----"

    struct Broken: Sendable {
        let text: String
        let error: AlipayBillError
    }

    @Test(arguments: [
        Broken(text: "", error: .columnMissing("支付宝交易号")),
        Broken(text: "a,b\n1,2\n\(end)", error: .columnMissing("支付宝交易号")),
        Broken(text: "\(header)\n\(line)", error: .truncated),
        Broken(
            text: "\(header.replacing(",服务费（元）", with: ""))\n22,KT_7,交易,S,1.00,1.00\n\(end)",
            error: .columnMissing("服务费（元）")),
        Broken(
            text: "#x\n\(header)\n\(line)\n\(line),7\n\(end)",
            error: .line(4, column: "服务费（元）")),
        Broken(
            text: "\(header)\n\(line.replacing("88.80,88.80", with: "88.8a,88.80"))\n\(end)",
            error: .line(2, column: "订单金额（元）")),
        Broken(
            text: "\(header)\n\(line.replacing("-0.53", with: "--0.53"))\n\(end)",
            error: .line(2, column: "服务费（元）")),
        Broken(
            text: "\(header)\n\(line.replacing("22", with: ""))\n\(end)",
            error: .line(2, column: "支付宝交易号")),
        Broken(text: "\(header)\n\"\(line)\n\(end)", error: .line(2, column: "")),
    ])
    func `a bill that cannot be read whole is refused at its line`(broken: Broken) {
        #expect(throws: broken.error) {
            try AlipayBill(.trades, csv: Array(broken.text.utf8))
        }
    }

    @Test func `both charsets and all line ends are read`() throws {
        let text = "\(Self.header)\n\(Self.line)\n\(Self.end)"
        let plain = try AlipayBill(.trades, csv: Array(text.utf8))
        for bytes in [
            [0xEF, 0xBB, 0xBF] + Array(text.utf8), Array(text.replacing("\n", with: "\r\n").utf8),
            Array(text.replacing("（元）", with: "(元)").utf8),
        ] {
            guard case .trades(let lines) = try AlipayBill(.trades, csv: bytes) else { continue }
            #expect(lines.map(\.amount.fen) == [8_880])
        }
        #expect(throws: AlipayBillError.charset) {
            try AlipayBill(.trades, csv: [0xFF, 0xFF, 0xFF] + Array(text.utf8))
        }
        guard case .trades(let lines) = plain else { return }
        #expect(lines.count == 1)
    }

    @Test func `a zip file is not believed about itself`() throws {
        let whole = try file("trades.zip")
        for (change, place) in [(UInt8(0x01), 14), (0xFF, 0x30)] {
            var damaged = whole
            damaged[place] ^= change
            _ = try? AlipayBill(.trades, zip: damaged)
        }
        for length in 0..<whole.count {
            #expect(throws: AlipayBillError.self) {
                try AlipayBill(.trades, zip: Array(whole[..<length]))
            }
        }
        // A bomb says that it is small and unpacks to more; one that says its size is not unpacked.
        let bomb = Zip.bomb(says: 1_000)
        #expect(throws: AlipayBillError.zip("a file in it is damaged")) {
            try AlipayBill(.trades, zip: bomb)
        }
        #expect(throws: AlipayBillError.zip("a file in it is too large")) {
            try AlipayBill(.trades, zip: Zip.bomb(says: 4_000_000_000))
        }
        // A name leads nowhere: the file is read, wherever it says it belongs.
        let text = "\(Self.header)\n\(Self.line)\n\(Self.end)"
        let slip = Zip.stored("../../etc/cron.d/bill.csv", Array(text.utf8))
        guard case .trades(let lines) = try AlipayBill(.trades, zip: slip) else { return }
        #expect(lines.count == 1)
    }

    @Test func `a bill is asked for, downloaded and read`() async throws {
        let bill = try file("trades.zip")
        let asked = Mutex<[String]>([])
        let client = try client(
            address: "https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade"
        ) { url in
            asked.withLock { $0.append(url) }
            return .init(body: bill)
        }
        let found = try await client.bill(.trades, AlipayBillDate(day: Sample.moment))
        guard case .trades(let lines) = found else {
            Issue.record("not a trade bill")
            return
        }
        #expect(lines.count == 3)
        #expect(
            asked.withLock { $0 } == [
                "https://dwbillcenter.alipay.com/downloadBillFile.resource?bizType=trade"
            ])
        #expect(AlipayBillDate(month: Sample.moment).text == "2025-03")
    }

    @Test(arguments: [
        "https://evil.example/bill.zip", "https://alipay.com.evil.example/", "file:///etc/passwd",
        "https://user@dwbillcenter.alipay.com/", "http://169.254.169.254/", "", "gateway.example",
        "https://notalipay.com/",
    ])
    func `nothing is fetched from elsewhere`(address: String) async throws {
        let client = try client(address: address) { _ in
            Issue.record("fetched")
            return .init(body: [])
        }
        let error = await #expect(throws: AlipayBillError.self) {
            try await client.bill(.trades, AlipayBillDate(day: Sample.moment))
        }
        let isExpected =
            error == .foreignAddress(address)
            || error == .gateway(.unknown(.unreadable("bill_download_url")))
        #expect(isExpected)
    }

    @Test func `a bill that is not there yet, or cannot be had, says so`() async throws {
        let early = try Gateway { _ in
            #"{"code":"40004","sub_code":"isp.bill_not_exist","sub_msg":"账单不存在"}"#
        }.client()
        let tooEarly = await #expect(throws: AlipayBillError.self) {
            try await early.bill(.trades, AlipayBillDate(day: Sample.moment))
        }
        guard case .gateway(.refused(let fault)) = tooEarly else {
            Issue.record("\(String(describing: tooEarly))")
            return
        }
        #expect(fault.subCode == "isp.bill_not_exist")
        let away = try client(address: "https://gateway.example/bill") { _ in
            .init(status: 404, body: [])
        }
        await #expect(throws: AlipayBillError.download("HTTP 404")) {
            try await away.bill(.trades, AlipayBillDate(day: Sample.moment))
        }
    }

    private func client(
        address: String, _ get: @escaping @Sendable (String) throws -> AlipayTransport.Answer
    ) throws -> AlipayClient {
        let gateway = Gateway { call in
            #expect(call.method == "alipay.data.dataservice.bill.downloadurl.query")
            #expect(call.content == ["bill_type": "trade", "bill_date": "2025-03-01"])
            return #"{"code":"10000","bill_download_url":"\#(address)"}"#
        }
        return try gateway.client { url, limit in
            #expect(limit == AlipayClient.billLimits.packed)
            return try get(url)
        }
    }

    private func file(_ name: String) throws -> [UInt8] { try Zip.file(name) }
}

/// Zip files, genuine and made up.
enum Zip {
    static func file(_ name: String) throws -> [UInt8] {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Vectors/Bills/\(name)")
        return Array(try Data(contentsOf: url))
    }

    /// One file that is not packed.
    static func stored(_ name: String, _ content: [UInt8]) -> [UInt8] {
        zip(name, content, method: 0, size: content.count, checksum: checksum(content))
    }

    /// A file of two million zeros in a few bytes: a literal, repetitions of it, and the end.
    static func bomb(says size: Int) -> [UInt8] {
        var bits: [UInt8] = []
        func put(_ value: Int, _ count: Int) { bits += (0..<count).map { UInt8(value >> $0 & 1) } }
        func code(_ value: Int, _ count: Int) {
            bits += (0..<count).reversed().map { UInt8(value >> $0 & 1) }
        }
        put(1, 1)
        put(1, 2)
        code(0x30, 8)
        for _ in 0..<8_000 {
            code(0xC5, 8)
            code(0, 5)
        }
        code(0, 7)
        let packed = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<min(start + 8, bits.count)].enumerated().reduce(UInt8(0)) {
                $0 | $1.element << UInt8($1.offset)
            }
        }
        return zip("bill.csv", packed, method: 8, size: size, checksum: 0)
    }

    private static func zip(
        _ name: String, _ packed: [UInt8], method: Int, size: Int, checksum: Int
    ) -> [UInt8] {
        func field(_ value: Int, _ count: Int) -> [UInt8] {
            (0..<count).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
        }
        let name = Array(name.utf8)
        let facts =
            field(0, 2) + field(method, 2) + field(0, 4) + field(checksum, 4)
            + field(packed.count, 4) + field(size, 4) + field(name.count, 2) + field(0, 2)
        let local = field(0x0403_4b50, 4) + field(20, 2) + facts + name
        let central =
            field(0x0201_4b50, 4) + field(20, 2) + field(20, 2) + facts + field(0, 2)
            + field(0, 2) + field(0, 2) + field(0, 4) + field(0, 4) + name
        let end =
            field(0x0605_4b50, 4) + field(0, 4) + field(1, 2) + field(1, 2)
            + field(central.count, 4) + field(local.count + packed.count, 4) + field(0, 2)
        return local + packed + central + end
    }

    private static func checksum(_ bytes: [UInt8]) -> Int {
        let sum = bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in
                sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1
            }
        }
        return Int(~sum)
    }
}
