import Foundation

extension AlipayBill {
    /// Reads the zip file that a bill comes in: of the files in it, the one with the lines.
    ///
    /// - Parameter limit: how much is unpacked, in bytes, all files together.
    /// - Throws: ``AlipayBillError``.
    public init(
        _ kind: AlipayBillKind, zip bytes: [UInt8], limit: Int = AlipayClient.billLimits.unpacked
    ) throws(AlipayBillError) {
        var left = limit
        for entry in try ZipFile(bytes).entries
        where entry.name.suffix(4).elementsEqual(".csv".utf8) {
            let content = try ZipFile.unpack(entry, limit: left)
            left -= content.count
            // The other file is a summary by shops, with columns of its own.
            if let bill = try AlipayBill(kind, ifDetailed: content) { self = bill; return }
        }
        throw .zip("there is no bill in it")
    }

    /// Reads the text of a bill, in GB 18030 (as Alipay writes it, GBK included) or UTF-8.
    ///
    /// - Throws: ``AlipayBillError``.
    public init(_ kind: AlipayBillKind, csv bytes: [UInt8]) throws(AlipayBillError) {
        guard let bill = try AlipayBill(kind, ifDetailed: bytes) else {
            throw .columnMissing(kind.firstColumn)
        }
        self = bill
    }

    private init?(_ kind: AlipayBillKind, ifDetailed bytes: [UInt8]) throws(AlipayBillError) {
        let table = try BillTable(bytes)
        guard table.names.contains(kind.firstColumn) else { return nil }
        guard table.isComplete else { throw .truncated }
        switch kind {
        case .trades: self = .trades(try table.lines(AlipayBillTrade.init))
        case .account: self = .account(try table.lines(AlipayBillEntry.init))
        }
    }
}

extension AlipayBillKind {
    fileprivate var firstColumn: String {
        switch self {
        case .trades: "支付宝交易号"
        case .account: "账务流水号"
        }
    }
}

/// The lines between the comments of a bill, below their header.
struct BillTable {
    private(set) var names: [String] = []
    /// Whether the mark at the end of the lines is there.
    private(set) var isComplete = false
    private var rows: [(number: Int, cells: [String])] = []

    init(_ bytes: [UInt8]) throws(AlipayBillError) {
        guard let text = Self.text(bytes) else { throw .charset }
        // Scalars, because "\r\n" is one character and equal to neither of the two.
        for (index, line) in text.unicodeScalars.split(
            separator: "\n", omittingEmptySubsequences: false
        ).enumerated() {
            let line = trimmed(line)
            if line.isEmpty { continue }
            if line.first == "#" {
                if String(line).contains("列表结束") { isComplete = true }
                continue
            }
            guard let cells = Self.cells(line) else { throw .line(index + 1, column: "") }
            if names.isEmpty { names = cells } else { rows.append((index + 1, cells)) }
        }
    }

    func lines<Line>(_ read: (BillLine) throws(AlipayBillError) -> Line) throws(AlipayBillError)
        -> [Line]
    {
        var lines: [Line] = []
        for row in rows {
            guard row.cells.count == names.count else {
                throw .line(row.number, column: names[min(row.cells.count, names.count) - 1])
            }
            let pairs = zip(names, row.cells)
            let columns = Dictionary(pairs.map { ($0, $1) }) { first, _ in first }
            lines.append(try read(BillLine(number: row.number, columns: columns)))
        }
        return lines
    }

    /// GBK is what Alipay writes; GB 18030 is the whole of it. UTF-8 is tried first: Chinese text in
    /// GBK is never UTF-8 by accident over a whole bill.
    private static func text(_ bytes: [UInt8]) -> String? {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let content = bytes.starts(with: mark) ? bytes[3...] : bytes[...]
        return String(validating: content, as: UTF8.self)
            ?? String(bytes: content, encoding: .gb18030)
    }

    /// The cells of a line without the tabs and blanks that keep spreadsheets from reading numbers;
    /// nil if a quotation mark is not closed.
    private static func cells(_ line: Substring.UnicodeScalarView) -> [String]? {
        var cells: [String] = []
        var cell = String.UnicodeScalarView()
        var isQuoted = false
        for scalar in line {
            switch scalar {
            case "\"":
                // A mark that is doubled inside quotation marks closes and opens them at once.
                if !isQuoted, cell.last == "\u{0}" { cell.removeLast(); cell.append("\"") }
                isQuoted.toggle()
                if !isQuoted { cell.append("\u{0}") }
            case "," where !isQuoted:
                cells.append(Self.plain(cell))
                cell.removeAll()
            default: cell.append(scalar)
            }
        }
        cells.append(Self.plain(cell))
        return isQuoted ? nil : cells
    }

    /// U+0000 marks where a quotation ended.
    private static func plain(_ cell: String.UnicodeScalarView) -> String {
        String(trimmed(Substring(String(cell.filter { $0 != "\u{0}" })).unicodeScalars))
    }
}

/// Without the blanks, tabs and returns around it.
private func trimmed(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    let blanks: Set<Unicode.Scalar> = [" ", "\t", "\r", "\u{3000}"]
    let start = text.drop { blanks.contains($0) }
    guard let last = start.lastIndex(where: { !blanks.contains($0) }) else {
        return start.prefix(0)
    }
    return start[...last]
}

/// A line of a bill, by the names of its columns.
struct BillLine {
    let number: Int
    let columns: [String: String]

    func text(_ name: String) throws(AlipayBillError) -> String {
        guard let text = columns[name] else { throw .columnMissing(name) }
        return text
    }

    /// nil if there is no such column, or nothing in it.
    func optional(_ name: String) -> String? {
        columns[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Yuan with a sign before it or none; an empty cell is nothing. Columns are named with half or
    /// full brackets.
    func amount(_ name: String) throws(AlipayBillError) -> AlipayAmount {
        let names = [name, name.replacing("（", with: "(").replacing("）", with: ")")]
        guard let found = names.first(where: { columns[$0] != nil }), let text = columns[found]
        else { throw .columnMissing(name) }
        if text.isEmpty { return AlipayAmount(fen: 0) }
        let isNegative = text.hasPrefix("-")
        let digits = isNegative || text.hasPrefix("+") ? String(text.dropFirst()) : text
        guard let amount = try? AlipayAmount(yuan: digits) else {
            throw .line(number, column: found)
        }
        return AlipayAmount(fen: isNegative ? -amount.fen : amount.fen)
    }

    func moment(_ name: String) -> Date? { optional(name).flatMap(AlipayTime.moment) }
}

extension AlipayBillTrade {
    init(_ line: BillLine) throws(AlipayBillError) {
        switch try line.text("业务类型") {
        case "交易": kind = .payment
        case "退款": kind = .refund
        case let other: kind = .other(other)
        }
        tradeNo = try line.text("支付宝交易号")
        outTradeNo = try line.text("商户订单号")
        outRequestNo = line.optional("退款批次号/请求号")
        subject = try line.text("商品名称")
        createdAt = line.moment("创建时间")
        completedAt = line.moment("完成时间")
        amount = try line.amount("订单金额（元）")
        received = try line.amount("商家实收（元）")
        fee = try line.amount("服务费（元）")
        columns = line.columns
        guard !tradeNo.isEmpty else { throw .line(line.number, column: "支付宝交易号") }
    }
}

extension AlipayBillEntry {
    init(_ line: BillLine) throws(AlipayBillError) {
        entryNo = try line.text("账务流水号")
        businessNo = try line.text("业务流水号")
        outTradeNo = line.optional("商户订单号")
        bookedAt = line.moment("发生时间")
        income = try line.amount("收入金额（+元）")
        expense = try line.amount("支出金额（-元）")
        balance = try line.amount("账户余额（元）")
        business = try line.text("业务类型")
        columns = line.columns
        guard !entryNo.isEmpty else { throw .line(line.number, column: "账务流水号") }
    }
}
