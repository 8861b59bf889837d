import Crypto
import Foundation
import Testing
import WeChatPay
import WireKit

enum BillSample {
    static let names =
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
        + "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
        + "手续费,费率,订单金额,申请退款金额,费率备注"
    static let payment =
        "`2025-03-01 10:47:15,`wx1,`1900000109,`0,`,`42,`KT_000007,`oUpF8uMuAJO,`NATIVE,`SUCCESS,"
        + "`OTHERS,`CNY,`80.00,`8.80,`0,`0,`0.00,`0.00,`,`,`Swift, 课程,`,`0.53000,`0.60%,`88.80,"
        + "`0.00,`"
    static let refund =
        "`2025-03-01 11:00:00,`wx1,`1900000109,`0,`,`42,`KT_000007,`oUpF8uMuAJO,`NATIVE,`REFUND,"
        + "`OTHERS,`CNY,`0.00,`0.00,`50,`R1,`8.8,`0,`ORIGINAL,`SUCCESS,`Swift,`,`-0.05000,`0.60%,"
        + "`0.00,`8.80,`"
    static let totalNames =
        "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
    static let totals = "`2,`80.00,`8.80,`0.00,`0.48000,`88.80,`8.80"

    static func text(_ lines: [String] = [names, payment, refund, totalNames, totals]) -> String {
        lines.joined(separator: "\r\n") + "\r\n"
    }
}

/// Trade bills: the ticket, the file, the lines.
@Suite struct BillTests {
    @Test func `lines become rows in fen`() throws {
        for prefix in ["", "\u{FEFF}"] {
            let bill = try WeChatPayTradeBill(Array((prefix + BillSample.text()).utf8))
            #expect(bill.unreadableLines.isEmpty)
            #expect(bill.rows.map(\.state) == ["SUCCESS", "REFUND"])
            #expect(bill.rows.map(\.outTradeNo) == ["KT_000007", "KT_000007"])
            #expect(bill.rows.map(\.total) == [8880, 0])
            #expect(bill.rows.map(\.settled) == [8000, 0])
            #expect(bill.rows.map(\.refund) == [0, 880])
            #expect(bill.rows.map(\.requestedRefund) == [0, 880])
            #expect(bill.rows.map(\.fee) == [53, -5])
            #expect(bill.rows.map(\.outRefundNo) == [nil, "R1"])
            #expect(bill.rows.map(\.refundID) == [nil, "50"])
            #expect(bill.rows.first?.at == Sample.moment.addingTimeInterval(-1))
            #expect(bill.totals.count == 2)
            #expect(bill.totals.settled == 8000)
            #expect(bill.totals.refund == 880)
            #expect(bill.totals.fee == 48)
        }
    }

    @Test func `a line that reads in two ways is named and hides no other`() throws {
        let strange = BillSample.payment.replacing("Swift, 课程", with: "x,`9999.00")
        let fraction = BillSample.payment.replacing("0.53000", with: "0.53100")
        let lines = [
            BillSample.names, strange, BillSample.refund, fraction, BillSample.totalNames,
            BillSample.totals.replacing("`2,", with: "`3,"),
        ]
        let bill = try WeChatPayTradeBill(Array(BillSample.text(lines).utf8))
        #expect(bill.unreadableLines == [2, 4])
        #expect(bill.rows.map(\.state) == ["REFUND"])
    }

    @Test(arguments: [
        ("", 1), ("交易时间", 1), (BillSample.text([BillSample.names]), 1),
        (BillSample.text([BillSample.names, BillSample.totalNames]), 2),
        (BillSample.text([BillSample.payment, BillSample.totalNames, BillSample.totals]), 1),
        (BillSample.text([BillSample.names, BillSample.payment, BillSample.totals]), 2),
        (BillSample.text([BillSample.names, BillSample.totalNames, BillSample.totals]), 3),
        (BillSample.text([BillSample.names, BillSample.totalNames, "`0,`0,`0"]), 3),
    ])
    func `a file that is no bill is refused`(text: String, line: Int) {
        #expect(throws: WeChatPayBillError.unreadable(line: line)) {
            try WeChatPayTradeBill(Array(text.utf8))
        }
    }

    @Test func `a bill is asked for, fetched, unpacked and compared`() async throws {
        let bill = try await client().tradeBill("2025-03-01")
        #expect(bill.rows.count == 2)
    }

    @Test(
        arguments: [
            ("https://evil.example/x", .foreignAddress),
            ("https://pay.example.evil/x", .foreignAddress),
            ("https://pay.example@evil.example/x", .foreignAddress),
            ("http://pay.example/x", .foreignAddress), ("file:///etc/passwd", .foreignAddress),
            ("https://pay.example/\\x", .foreignAddress),
            ("https://pay.example/x#y", .foreignAddress), ("", .foreignAddress),
        ] as [(String, WeChatPayBillError)])
    func `a signed request goes to no other server`(
        url: String, error: WeChatPayBillError
    ) async throws {
        let client = try client()
        let ticket = WeChatPayBillTicket(downloadURL: url, sha1: Self.sha1)
        await #expect(throws: error) { try await client.billFile(ticket) }
    }

    @Test func `another file, a damaged one and a bomb are refused`() async throws {
        let ticket = WeChatPayBillTicket(downloadURL: Self.url, sha1: Self.sha1)
        for (file, error) in [
            (Gzip.stored(Array("x".utf8)), WeChatPayBillError.wrongHash),
            (Array(BillSample.text().utf8), .damagedFile), ([], .damagedFile),
            (Gzip.stored(Array(repeating: 0, count: 5000)), .tooLarge),
        ] {
            let client = try client(file: file)
            await #expect(throws: error) { try await client.billFile(ticket, limit: 4096) }
        }
        let upper = WeChatPayBillTicket(downloadURL: Self.url, sha1: Self.sha1.uppercased())
        let client = try client()
        #expect(try await client.billFile(upper) == Array(BillSample.text().utf8))
    }

    @Test func `a day without trades and a file that is gone are told`() async throws {
        let none = WeChatPayFault(status: 400, code: "NO_STATEMENT_EXIST", message: "m")
        let empty = try Gateway { _ in
            .init(status: 400, body: #"{"code":"NO_STATEMENT_EXIST","message":"m"}"#)
        }.client()
        await #expect(throws: WeChatPayBillError.call(.refused(none))) {
            try await empty.tradeBill("2025-03-01")
        }
        await #expect(
            throws: WeChatPayBillError.call(
                .invalidRequest(parameter: "bill_date", reason: "is no yyyy-MM-dd"))
        ) { try await empty.tradeBill("2025-02-29") }
        let gone = try Gateway { _ in .init(status: 404, body: "") }.client()
        await #expect(throws: WeChatPayBillError.call(.unknown(.httpStatus(404)))) {
            try await gone.billFile(WeChatPayBillTicket(downloadURL: Self.url, sha1: Self.sha1))
        }
    }

    private static let url = "https://pay.example/v3/billdownload/file?token=a%2Bb"
    private static let sha1 = Insecure.SHA1.hash(data: Array(BillSample.text().utf8))
        .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()

    private func client(file: [UInt8]? = nil) throws -> WeChatPayClient {
        let gateway = Gateway { call in
            #expect(
                call.path
                    == "/v3/bill/tradebill?bill_date=2025-03-01&bill_type=ALL&tar_type=GZIP")
            return .init(
                body: "{\"download_url\":\"\(Self.url)\",\"hash_type\":\"SHA1\","
                    + "\"hash_value\":\"\(Self.sha1)\"}")
        }
        return WeChatPayClient(
            try Sample.configuration(),
            transport: WeChatPayTransport { request in
                guard request.url == Self.url else {
                    return try await gateway.transport.send(request)
                }
                // The request is signed, its answer is not.
                let header = WeChatPayAuthorization(
                    headerValue: request.headers.values("Authorization").joined())
                let isSigned =
                    header?.isValid(
                        method: "GET", path: "/v3/billdownload/file?token=a%2Bb", body: [],
                        with: Keys.merchant.publicKey) ?? false
                #expect(isSigned)
                return .init(body: file ?? Gzip.stored(Array(BillSample.text().utf8)))
            }, now: { Sample.moment })
    }
}
