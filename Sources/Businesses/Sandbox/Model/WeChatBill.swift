import Basics
import Crypto
import Foundation
import WireKit

/// What a bill is asked for with, and what its address carries.
struct WeChatBillTicket: Hashable, Sendable {
    enum Kind: String, Sendable { case all = "ALL", success = "SUCCESS", refund = "REFUND" }

    /// How long the address of a file is valid.
    private static let validity = Duration.minutes(5)
    /// How long bills are kept.
    private static let kept = Duration.days(92)

    let date: CalendarDate
    let kind: Kind
    /// Whether the file is packed with gzip.
    let isPacked: Bool
    let expiresAt: Instant

    /// The query of `GET /v3/bill/tradebill`: a day that is over, from ten in the morning of the next
    /// (Beijing) for three months.
    init(_ request: WeChatRequest, at now: Instant) throws(WeChatRefusal) {
        guard let text = request.query("bill_date"), let date = CalendarDate(text) else {
            throw .invalid("bill_date")
        }
        guard let kind = Kind(rawValue: request.query("bill_type") ?? "ALL") else {
            throw .invalid("bill_type")
        }
        guard [nil, "GZIP"].contains(request.query("tar_type")) else { throw .invalid("tar_type") }
        let end = BusinessCalendar.end(of: date)
        guard end <= now, now < end + Self.kept else { throw .invalid("bill_date") }
        guard now >= end + .hours(10) else { throw .statementCreating }
        self.date = date
        self.kind = kind
        isPacked = request.query("tar_type") != nil
        expiresAt = now + Self.validity
    }

    // MARK: The address

    /// Reads what `token(key:)` wrote.
    init(token: String, key: String, at now: Instant) throws(WeChatRefusal) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5, let date = CalendarDate(parts[0]),
            let kind = Kind(rawValue: parts[1]), let seconds = Int64(parts[3]),
            parts[4] == Self.seal(parts[0..<4].joined(separator: "."), key)
        else { throw .billTicketExpired }
        self.date = date
        self.kind = kind
        isPacked = parts[2] == "gzip"
        expiresAt = Instant(seconds: seconds)
        guard now < expiresAt else { throw .billTicketExpired }
    }

    func token(key: String) -> String {
        let text =
            "\(date).\(kind.rawValue).\(isPacked ? "gzip" : "plain")."
            + String(expiresAt.secondsSinceEpoch)
        return "\(text).\(Self.seal(text, key))"
    }

    private static func seal(_ text: String, _ key: String) -> String {
        hex(
            HMAC<SHA256>.authenticationCode(
                for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8))))
    }

    // MARK: The file

    func packed(_ file: [UInt8]) -> [UInt8] { isPacked ? Gzip.stored(file) : file }

    /// SHA-1 of the unpacked file.
    static func digest(_ file: [UInt8]) -> String { hex(Insecure.SHA1.hash(data: file)) }

    private static func hex(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
}

/// A day's trades as WeChat Pay writes them: every value begins with a back-tick, amounts are yuan,
/// and the last two lines are the totals.
struct WeChatBill {
    /// Of a thousand, taken from payments and given back with refunds.
    private static let feePerMille: Int64 = 6

    private static let names = [
        "交易时间", "公众账号ID", "商户号", "特约商户号", "设备号", "微信订单号", "商户订单号", "用户标识", "交易类型",
        "交易状态", "付款银行", "货币种类", "应结订单金额", "代金券金额", "微信退款单号", "商户退款单号", "退款金额",
        "充值券退款金额", "退款类型", "退款状态", "商品名称", "商户数据包", "手续费", "费率", "订单金额", "申请退款金额",
        "费率备注",
    ]
    private static let totalNames = [
        "总交易单数", "应结订单总金额", "退款总金额", "充值券退款总金额", "手续费总金额", "订单总金额", "申请退款总金额",
    ]

    private var rows: [[String]] = []
    private var settled: Int64 = 0
    private var refunded: Int64 = 0
    private var fees: Int64 = 0

    var isEmpty: Bool { rows.isEmpty }

    mutating func add(_ order: WeChatOrder, paidAt: Instant) {
        let fee = Self.fee(order.total)
        rows.append(
            Self.start(order, at: paidAt, state: "SUCCESS")
                + [Self.yuan(order.total), "0.00", "0", "0", "0.00", "0.00", "", ""]
                + Self.middle(order) + [
                    "\(Self.yuan(fee))000", "0.60%", Self.yuan(order.total), "0.00", "",
                ])
        settled += order.total
        fees += fee
    }

    mutating func add(_ refund: WeChatRefund, of order: WeChatOrder) {
        let fee = Self.fee(refund.amount)
        let amount = Self.yuan(refund.amount)
        rows.append(
            Self.start(order, at: refund.dueAt, state: "REFUND")
                + [
                    "0.00", "0.00", refund.refundID, refund.outRefundNo, amount, "0.00",
                    "ORIGINAL", "SUCCESS",
                ]
                + Self.middle(order) + [
                    "\(Self.yuan(-fee))000", "0.60%", "0.00", amount, "",
                ])
        refunded += refund.amount
        fees -= fee
    }

    /// UTF-8 with the mark of its byte order at the start, as WeChat Pay's files have it.
    var file: [UInt8] {
        let totals = [
            String(rows.count), Self.yuan(settled), Self.yuan(refunded), "0.00",
            "\(Self.yuan(fees))000", Self.yuan(settled), Self.yuan(refunded),
        ]
        let lines =
            [Self.names.joined(separator: ",")] + rows.map(Self.line)
            + [Self.totalNames.joined(separator: ","), Self.line(totals)]
        return [0xEF, 0xBB, 0xBF] + Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    private static func start(_ order: WeChatOrder, at moment: Instant, state: String) -> [String] {
        [
            BusinessCalendar.localText(moment), SandboxWeChatPay.appID, SandboxWeChatPay.mchID, "0",
            "", order.transactionID, order.outTradeNo, order.openID, order.product.tradeType,
            state, "OTHERS", "CNY",
        ]
    }

    private static func middle(_ order: WeChatOrder) -> [String] {
        [order.description, order.attach ?? ""]
    }

    private static func line(_ values: [String]) -> String {
        values.map { value in
            let text = value.unicodeScalars.map { $0.value < 0x20 ? " " : Character($0) }
            return "`" + String(text)
        }.joined(separator: ",")
    }

    /// Half a fen and more is one.
    private static func fee(_ fen: Int64) -> Int64 { (fen * feePerMille + 500) / 1_000 }

    private static func yuan(_ fen: Int64) -> String { YuanText.text(fen: fen) }
}
