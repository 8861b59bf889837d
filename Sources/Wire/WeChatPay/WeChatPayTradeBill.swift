import Foundation
import WireKit

/// The trades of a day, as the file lists them.
///
/// The file is UTF-8 text: a line of column names, lines of values each of which begins with a
/// back-tick, another line of names and a line of totals. Amounts are yuan there and fen here.
/// Columns are found by name, so that new ones do no harm.
public struct WeChatPayTradeBill: Sendable {
    /// One payment or one refund.
    public struct Row: Hashable, Sendable {
        /// When it was paid, or refunded.
        public let at: Date
        /// The application.
        public let appID: String
        /// The merchant.
        public let mchID: String
        /// WeChat Pay's number of the order.
        public let transactionID: String
        /// The merchant's number of the order.
        public let outTradeNo: String
        /// The payer.
        public let openID: WeChatPayOpenID
        /// `JSAPI`, `NATIVE`, `APP`, `MWEB`, …
        public let tradeType: String
        /// `SUCCESS` for a payment, `REFUND` for a refund, `REVOKED`.
        public let state: String
        /// `CNY`.
        public let currency: String
        /// What is settled for a payment, in fen.
        public let settled: Int64
        /// WeChat Pay's number of the refund; nil for payments.
        public let refundID: String?
        /// The merchant's number of the refund; nil for payments.
        public let outRefundNo: String?
        /// What a refund takes from the settlement, in fen.
        public let refund: Int64
        /// `SUCCESS`, `PROCESSING`, …; nil for payments.
        public let refundStatus: String?
        /// WeChat Pay's fee, in fen; below zero where a refund gives it back.
        public let fee: Int64
        /// What the order is worth, in fen.
        public let total: Int64
        /// What the payer is given back, in fen.
        public let requestedRefund: Int64
        /// The order's `attach`.
        public let attach: String
    }

    /// The last line.
    public struct Totals: Hashable, Sendable {
        /// How many lines there are.
        public let count: Int64
        /// In fen.
        public let settled: Int64
        /// In fen.
        public let refund: Int64
        /// In fen.
        public let fee: Int64
    }

    /// The lines that could be read.
    public let rows: [Row]
    /// The lines that could not, counted from 1: a product's name may look like a separator. They
    /// are trades all the same: look at them.
    public let unreadableLines: [Int]
    /// The totals.
    public let totals: Totals

    /// Reads a file.
    ///
    /// - Throws: ``WeChatPayBillError/unreadable(line:)``; also if the number of lines is not the
    ///   one in the totals.
    public init(_ file: [UInt8]) throws(WeChatPayBillError) {
        var lines = Self.lines(file)
        while let last = lines.last, last.isEmpty { lines.removeLast() }
        guard lines.count >= 3 else { throw .unreadable(line: max(1, lines.count)) }
        let columns = Columns(lines[0])
        let summaryAt = lines.count - 2
        let summary = Columns(lines[summaryAt])
        guard columns.hasAll(Self.rowNames), !lines[0].starts(with: "`".utf8) else {
            throw .unreadable(line: 1)
        }
        guard summary.hasAll(Self.totalNames), !lines[summaryAt].starts(with: "`".utf8) else {
            throw .unreadable(line: summaryAt + 1)
        }
        guard let values = Values(lines[summaryAt + 1], summary), let totals = Totals(values) else {
            throw .unreadable(line: lines.count)
        }
        var rows: [Row] = []
        var unreadable: [Int] = []
        for at in 1..<summaryAt {
            if let values = Values(lines[at], columns), let row = Row(values) {
                rows.append(row)
            } else {
                unreadable.append(at + 1)
            }
        }
        guard totals.count == Int64(rows.count + unreadable.count) else {
            throw .unreadable(line: lines.count)
        }
        self.rows = rows
        self.totals = totals
        unreadableLines = unreadable
    }

    private static func lines(_ file: [UInt8]) -> [ArraySlice<UInt8>] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = file.starts(with: mark) ? file[3...] : file[...]
        return text.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            line.last == 0x0D ? line.dropLast() : line
        }
    }

    static let rowNames = [
        "交易时间", "公众账号ID", "商户号", "微信订单号", "商户订单号", "用户标识", "交易类型", "交易状态",
        "货币种类", "应结订单金额", "手续费", "订单金额",
    ]
    static let totalNames = ["总交易单数", "应结订单总金额", "退款总金额", "手续费总金额"]
}

/// The names of columns.
private struct Columns {
    let places: [String: Int]
    let count: Int

    init(_ line: ArraySlice<UInt8>) {
        let names = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        count = names.count
        places = Dictionary(
            names.enumerated().map { (String(decoding: $1, as: UTF8.self), $0) },
            uniquingKeysWith: { first, _ in first })
    }

    func hasAll(_ names: [String]) -> Bool {
        names.allSatisfy { places[$0] != nil }
    }
}

/// The values of one line. A value may contain commas, so that the separator is a comma with the
/// back-tick of the next value.
private struct Values {
    private let columns: Columns
    private let values: [ArraySlice<UInt8>]

    init?(_ line: ArraySlice<UInt8>, _ columns: Columns) {
        guard line.first == UInt8(ascii: "`") else { return nil }
        var values: [ArraySlice<UInt8>] = []
        var start = line.startIndex + 1
        var at = start
        while at + 1 < line.endIndex {
            if line[at] == UInt8(ascii: ","), line[at + 1] == UInt8(ascii: "`") {
                values.append(line[start..<at])
                start = at + 2
                at = start
            } else {
                at += 1
            }
        }
        values.append(line[start...])
        guard values.count == columns.count else { return nil }
        self.values = values
        self.columns = columns
    }

    func text(_ name: String) -> String? {
        columns.places[name].flatMap { String(validating: values[$0], as: UTF8.self) }
    }

    func some(_ name: String) -> String? {
        text(name).flatMap { $0.isEmpty || $0 == "0" ? nil : $0 }
    }

    /// Yuan, with a sign and with zeros after the fen, as fees are written ("-0.06000"); nil also
    /// for a fraction of a fen. A column that is not there counts as zero.
    func fen(_ name: String) -> Int64? {
        guard let place = columns.places[name] else { return 0 }
        let isNegative = values[place].first == UInt8(ascii: "-")
        var digits = isNegative ? values[place].dropFirst() : values[place]
        if let point = digits.firstIndex(of: UInt8(ascii: ".")) {
            while digits.endIndex - point > 3, digits.last == UInt8(ascii: "0") {
                digits = digits.dropLast()
            }
        }
        return YuanText.fen(digits).map { isNegative ? -$0 : $0 }
    }

    func moment(_ name: String) -> Date? {
        columns.places[name].flatMap { BeijingTime.moment(values[$0]) }
    }

    func integer(_ name: String) -> Int64? {
        columns.places[name].flatMap { BeijingTime.number(values[$0]) }
    }
}

extension WeChatPayTradeBill.Row {
    fileprivate init?(_ values: Values) {
        guard let at = values.moment("交易时间"), let appID = values.text("公众账号ID"),
            let mchID = values.text("商户号"), let transactionID = values.text("微信订单号"),
            let outTradeNo = values.text("商户订单号"), let openID = values.text("用户标识"),
            let tradeType = values.text("交易类型"), let state = values.text("交易状态"),
            let currency = values.text("货币种类"), let settled = values.fen("应结订单金额"),
            let refund = values.fen("退款金额"), let fee = values.fen("手续费"),
            let total = values.fen("订单金额"), let requested = values.fen("申请退款金额")
        else { return nil }
        self.at = at
        self.appID = appID
        self.mchID = mchID
        self.transactionID = transactionID
        self.outTradeNo = outTradeNo
        self.openID = WeChatPayOpenID(openID)
        self.tradeType = tradeType
        self.state = state
        self.currency = currency
        self.settled = settled
        refundID = values.some("微信退款单号")
        outRefundNo = values.some("商户退款单号")
        self.refund = refund
        refundStatus = values.some("退款状态")
        self.fee = fee
        self.total = total
        requestedRefund = requested
        attach = values.text("商户数据包") ?? ""
    }
}

extension WeChatPayTradeBill.Totals {
    fileprivate init?(_ values: Values) {
        guard let count = values.integer("总交易单数"), let settled = values.fen("应结订单总金额"),
            let refund = values.fen("退款总金额"), let fee = values.fen("手续费总金额")
        else { return nil }
        self.count = count
        self.settled = settled
        self.refund = refund
        self.fee = fee
    }
}
