import Alipay
import Foundation
import Testing
import WireTestKit

/// What a gateway of one's own writes is what the merchant's side reads.
@Suite struct GatewaySideTests {
    private static let midnight = Date(timeIntervalSince1970: 1_740_758_400)
    private static let day = AlipayBillDate("2025-03-01")

    private static func line(
        _ kind: AlipayBillTrade.Kind = .payment, subject: String = "两门课", fen: Int64 = 8_880,
        number: String? = nil
    ) -> AlipayBillTrade {
        AlipayBillTrade(
            kind, tradeNo: "2025030122001477861000811871", outTradeNo: "KT_7",
            outRequestNo: number, subject: subject, createdAt: midnight.addingTimeInterval(60),
            completedAt: midnight.addingTimeInterval(75), payer: "san***@example.com",
            amount: AlipayAmount(fen: fen), fee: AlipayAmount(fen: -fen * 6 / 1_000))
    }

    @Test func `a bill that is written is read again, every column of it`() throws {
        let lines = [
            Self.line(), Self.line(.refund, fen: -880, number: "rfd_1"),
            Self.line(subject: #"Swift, "A/B" # 镕"#), Self.line(.other("转账"), fen: 1),
        ]
        let day = try #require(Self.day)
        let file = try AlipayBill.zipFile(
            lines, of: "2088", day, exportedAt: day.availableFrom)
        #expect(try AlipayBill(.trades, zip: file) == .trades(lines))
        // In GBK: the title's first letters, and not as UTF-8.
        #expect(file.firstRange(of: [0xD6, 0xA7, 0xB8, 0xB6]) != nil)
        #expect(file.firstRange(of: Array("支付".utf8)) == nil)
        #expect(throws: AlipayBillError.zip("there is no bill in it")) {
            try AlipayBill(.account, zip: file)
        }
    }

    @Test func `a bill without trades is a bill`() throws {
        let file = try AlipayBill.zipFile(
            [], of: "2088", AlipayBillDate(month: Self.midnight), exportedAt: Self.midnight)
        #expect(try AlipayBill(.trades, zip: file) == .trades([]))
    }

    @Test func `totals that nothing can hold stop no bill`() throws {
        let day = try #require(Self.day)
        let most = AlipayBillTrade(
            .payment, tradeNo: "22", outTradeNo: "KT_7", subject: "s", createdAt: Self.midnight,
            completedAt: Self.midnight, payer: "p", amount: AlipayAmount(fen: .max),
            fee: AlipayAmount(fen: -.max))
        let file = try AlipayBill.zipFile(
            [most, most], of: "2088", day, exportedAt: Self.midnight)
        #expect(try AlipayBill(.trades, zip: file) == .trades([most, most]))
    }

    @Test func `the limit is for all files of a bill together`() throws {
        let day = try #require(Self.day)
        let file = try AlipayBill.zipFile(
            [Self.line()], of: "2088", day, exportedAt: Self.midnight)
        // Nothing in it is packed, so that it is as long as its two texts, but for names and places.
        let bill = try AlipayBill(.trades, zip: file, limit: file.count)
        #expect(bill == .trades([Self.line()]))
        #expect(throws: AlipayBillError.zip("a file in it is too large")) {
            try AlipayBill(.trades, zip: file, limit: file.count - 400)
        }
    }

    @Test func `a subject that would break its line is made harmless`() throws {
        let day = try #require(Self.day)
        for (subject, read) in [
            ("a\r\nb,c", "a  b,c"), ("x\u{1F600}y", "x?y"), ("\u{0}", ""), ("\"", "\""),
            ("#-----业务明细列表结束-----", "#-----业务明细列表结束-----"), ("e\u{301}", "e?"),
        ] {
            let file = try AlipayBill.zipFile(
                [Self.line(subject: subject), Self.line()], of: "2088", day,
                exportedAt: Self.midnight)
            guard case .trades(let lines) = try AlipayBill(.trades, zip: file) else { continue }
            #expect(lines.map(\.subject) == [read, "两门课"])
            #expect(lines.map(\.amount.fen) == [8_880, 8_880])
        }
    }

    @Test func `whatever the subject, the numbers arrive`() throws {
        var dice = Dice(seed: 7)
        let day = try #require(Self.day)
        let letters = Array("ab,\"\t\r\n#课镕🙂 \u{0}'=+-@\u{FEFF}")
        for _ in 0..<300 {
            let subject = String(
                (0..<Int.random(in: 0...12, using: &dice)).map { _ in
                    letters.randomElement(using: &dice) ?? "a"
                })
            let lines = [
                Self.line(subject: subject, fen: .random(in: 1...Int64(1) << 40, using: &dice)),
                Self.line(.refund, subject: subject, fen: -1, number: "R,\"1"),
            ]
            let file = try AlipayBill.zipFile(
                lines, of: "2088", day, exportedAt: Self.midnight)
            guard case .trades(let read) = try AlipayBill(.trades, zip: file) else { continue }
            #expect(read.map(\.amount) == lines.map(\.amount), "\(subject.debugDescription)")
            #expect(read.map(\.fee) == lines.map(\.fee))
            #expect(read.map(\.outRequestNo) == [nil, "R,\"1"])
        }
    }

    @Test func `a bill's days and months are those of Beijing`() throws {
        let day = try #require(Self.day)
        #expect(day.period == Self.midnight..<Self.midnight.addingTimeInterval(86_400))
        #expect(AlipayTime.text(day.availableFrom) == "2025-03-02 10:00:00")
        for (text, next, there) in [
            ("2024-02", "2024-03-01 00:00:00", "2024-03-03 10:00:00"),
            ("2025-12", "2026-01-01 00:00:00", "2026-01-03 10:00:00"),
            ("2025-02", "2025-03-01 00:00:00", "2025-03-03 10:00:00"),
        ] {
            let month = try #require(AlipayBillDate(text))
            #expect(AlipayTime.text(month.period.upperBound) == next)
            #expect(AlipayTime.text(month.availableFrom) == there)
        }
        for text in ["", "2025", "2025-13", "2025-02-29", "2025-3-1", "2025-03-01 ", "today"] {
            #expect(AlipayBillDate(text) == nil, "\(text)")
        }
    }

    @Test func `certificates that were issued here are believed, and name each other`() async throws
    {
        let (from, until) = (Self.midnight, Self.midnight.addingTimeInterval(86_400 * 3_650))
        let rootKey = try AlipayPrivateKey.generate()
        let root = try AlipayCertificate.root(rootKey, name: "Test Root", from: from, until: until)
        #expect(root.issuer == "CN=Test Root,OU=Certification Authority,O=Test Root,C=CN")
        let (app, alipay, next) = try (
            issued(Keys.app, "2021", "Some Shop"), issued(Keys.alipay, "Alipay", "Alipay"),
            issued(Keys.stranger, "Alipay", "Alipay")
        )
        func issued(
            _ key: AlipayPrivateKey, _ name: String, _ organization: String
        ) throws -> AlipayCertificate {
            try AlipayCertificate.issued(
                to: key.publicKey, name: name, organization: organization, by: root, rootKey,
                from: from, until: until)
        }
        #expect(app.issuer == root.subject && app.publicKey == Keys.app.publicKey)
        #expect(try AlipayCertificate(app.pemRepresentation()) == app)
        #expect(Set([root.serial, app.serial, alipay.serial, next.serial]).count == 4)

        let download = try Data(next.pemRepresentation().utf8).base64EncodedString()
        let credentials = try AlipayCredentials.certificates(
            appKey: Keys.app, app: app, alipay: alipay,
            roots: AlipayRootCertificates(root.pemRepresentation()))
        let client = AlipayClient(
            AlipayConfiguration(appID: "2021", gatewayURL: "https://g", credentials: credentials),
            transport: AlipayTransport { url, _ in
                let form = try AlipayForm(decoding: url.split(separator: "?")[1].utf8)
                #expect(form["alipay_root_cert_sn"] == root.serial)
                let method = form["method"] ?? ""
                let answer =
                    method == "alipay.trade.query"
                    ? #"{"code":"40004","sub_code":"ACQ.TRADE_NOT_EXIST"}"#
                    : #"{"code":"10000","alipay_cert_content":"\#(download)"}"#
                return .init(
                    body: Array(
                        try AlipayResponse.signed(
                            answer, method: method, with: Keys.stranger,
                            certificateSerial: next.serial
                        ).utf8))
            }, now: { from.addingTimeInterval(60) })
        // The answer names a certificate that is not known yet, which is downloaded and believed.
        #expect(try await client.query(.outTradeNo("KT_7")) == .notExist)
    }
}
