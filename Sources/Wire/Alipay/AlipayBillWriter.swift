import Foundation

// The other side: bills as the gateway writes them, for tests and for a sandbox.

extension AlipayBillTrade {
    /// A line, with the columns that say the same; those without a property are empty.
    ///
    /// - Parameters:
    ///   - payer: the payer's log-in, as far as merchants see it.
    ///   - amount: what the order is worth; below zero for a refund.
    ///   - fee: below zero where it is taken, above where it is given back.
    public init(
        _ kind: Kind, tradeNo: String, outTradeNo: String, outRequestNo: String? = nil,
        subject: String, createdAt: Date, completedAt: Date, payer: String, amount: AlipayAmount,
        fee: AlipayAmount
    ) {
        self.kind = kind
        self.tradeNo = tradeNo
        self.outTradeNo = outTradeNo
        self.outRequestNo = outRequestNo
        self.subject = subject
        self.createdAt = createdAt
        self.completedAt = completedAt
        self.amount = amount
        received = amount
        self.fee = fee
        var columns: [String: String] = [:]
        for name in Self.columnNames { columns[name] = name.hasSuffix("（元）") ? "0.00" : "" }
        columns["支付宝交易号"] = tradeNo
        columns["商户订单号"] = outTradeNo
        columns["业务类型"] = kind.word
        columns["商品名称"] = subject
        columns["创建时间"] = AlipayTime.text(createdAt)
        columns["完成时间"] = AlipayTime.text(completedAt)
        columns["对方账户"] = payer
        columns["订单金额（元）"] = amount.yuan
        columns["商家实收（元）"] = amount.yuan
        columns["退款批次号/请求号"] = outRequestNo ?? ""
        columns["服务费（元）"] = fee.yuan
        self.columns = columns
    }

    /// In the order in which Alipay writes them.
    static let columnNames = [
        "支付宝交易号", "商户订单号", "业务类型", "商品名称", "创建时间", "完成时间", "门店编号", "门店名称", "操作员",
        "终端号", "对方账户", "订单金额（元）", "商家实收（元）", "支付宝红包（元）", "集分宝（元）", "支付宝优惠（元）",
        "商家优惠（元）", "券核销金额（元）", "券名称", "商家红包消费金额（元）", "卡消费金额（元）", "退款批次号/请求号",
        "服务费（元）", "分润（元）", "备注",
    ]
}

extension AlipayBillTrade.Kind {
    fileprivate var word: String {
        switch self {
        case .payment: "交易"
        case .refund: "退款"
        case .other(let word): word
        }
    }
}

extension AlipayBillDate {
    /// Reads "2025-03-01" or "2025-03"; nil for anything else, and for a day that does not exist.
    public init?(_ text: String) {
        let isMonth = text.utf8.count == 7
        guard AlipayTime.moment("\(text)\(isMonth ? "-01" : "") 00:00:00") != nil else {
            return nil
        }
        self.text = text
    }

    /// The first moment of the day or month, and the first one after it.
    public var period: Range<Date> {
        let first = text.utf8.count == 7 ? "\(text)-01" : text
        guard let start = AlipayTime.moment("\(first) 00:00:00") else {
            return Date.distantPast..<Date.distantPast
        }
        guard text.utf8.count == 7 else { return start..<start.addingTimeInterval(Self.day) }
        // No month has more than 31 days, and 31 days later it is the next.
        let later = AlipayTime.text(start.addingTimeInterval(31 * Self.day)).prefix(7)
        let end = AlipayTime.moment("\(later)-01 00:00:00") ?? start
        return start..<end
    }

    /// From when on the bill is there: ten in the morning of the next day; for a month, of the third
    /// day of the next.
    public var availableFrom: Date {
        let days: TimeInterval = text.utf8.count == 7 ? 2 : 0
        return period.upperBound.addingTimeInterval(days * Self.day + 10 * 3600)
    }

    private static let day: TimeInterval = 86_400
}

extension AlipayBill {
    /// The file in which Alipay gives a trade bill: a zip of two texts in GBK, a summary and the
    /// lines.
    ///
    /// Line breaks in a subject become blanks, and what GBK does not have becomes `?`, as at Alipay.
    ///
    /// - Parameters:
    ///   - account: the seller's Alipay user id.
    ///   - exportedAt: when it is written.
    /// - Throws: ``AlipayBillError/zip(_:)`` if it is longer than readers take, or
    ///   ``AlipayBillError/charset``.
    public static func zipFile(
        _ lines: [AlipayBillTrade], of account: String, _ date: AlipayBillDate, exportedAt: Date
    ) throws(AlipayBillError) -> [UInt8] {
        let name = "\(account)_\(date.text.filter { $0 != "-" })"
        let texts = [
            ("\(name)_业务明细(汇总).csv", summary(lines, of: account, date)),
            ("\(name)_业务明细.csv", details(lines, of: account, date, exportedAt)),
        ]
        var files: [(name: [UInt8], content: [UInt8])] = []
        for (name, text) in texts {
            guard let name = GBK.bytes(name), let content = GBK.bytes(text) else { throw .charset }
            files.append((name, content))
        }
        let size = files.reduce(0) { $0 + $1.content.count }
        guard size < AlipayClient.billLimits.packed else { throw .zip("it would be too large") }
        return ZipFile.stored(files)
    }

    private static func details(
        _ lines: [AlipayBillTrade], of account: String, _ date: AlipayBillDate, _ exportedAt: Date
    ) -> String {
        let names = AlipayBillTrade.columnNames
        var text = head("支付宝业务明细查询", account, date) + rule("业务明细列表")
        text += names.joined(separator: ",") + "\r\n"
        for line in lines {
            // The tabs keep spreadsheets from reading numbers of thirty digits as quantities.
            let cells = names.map { name in
                cell(line.columns[name] ?? "") + (Self.numbers.contains(name) ? "\t" : "")
            }
            text += cells.joined(separator: ",") + "\r\n"
        }
        let (paid, refunded) = (Totals(lines, .payment), Totals(lines, .refund))
        return text + rule("业务明细列表结束")
            + "#交易合计：\(paid.count)笔，商家实收共\(paid.sum.yuan)元，商家优惠共0.00元\r\n"
            + "#退款合计：\(refunded.count)笔，商家实收退款共\(refunded.sum.yuan)元，商家优惠退款共0.00元\r\n"
            + "#导出时间：[\(AlipayTime.text(exportedAt))]\r\n"
    }

    private static func summary(
        _ lines: [AlipayBillTrade], of account: String, _ date: AlipayBillDate
    ) -> String {
        let (paid, refunded) = (Totals(lines, .payment), Totals(lines, .refund))
        let sum = Totals.sum([paid.sum, refunded.sum]).yuan
        let fees = Totals.sum([paid.fees, refunded.fees]).yuan
        return head("支付宝业务汇总查询", account, date) + rule("业务汇总列表")
            + "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,服务费（元）\r\n"
            + ",合计,\(paid.count),\(refunded.count),\(sum),\(sum),\(fees)\r\n" + rule("业务汇总列表结束")
    }

    private static let numbers: Set<String> = ["支付宝交易号", "商户订单号", "退款批次号/请求号"]

    private static func head(_ title: String, _ account: String, _ date: AlipayBillDate) -> String {
        let period = date.period
        return "#\(title)\r\n#账号：[\(account)]\r\n#起始日期：[\(chinese(period.lowerBound))]   "
            + "终止日期：[\(chinese(period.upperBound))]\r\n"
    }

    private static func rule(_ title: String) -> String {
        let dashes = String(repeating: "-", count: 40)
        return "#\(dashes)\(title)\(dashes)\r\n"
    }

    /// "2025年03月01日 00:00:00".
    private static func chinese(_ moment: Date) -> String {
        let text = AlipayTime.text(moment)
        return "\(text.prefix(4))年\(text.dropFirst(5).prefix(2))月\(text.dropFirst(8).prefix(2))日"
            + text.dropFirst(10)
    }

    /// A value as it stands in a line: in quotation marks if it has a comma or one of them.
    private static func cell(_ value: String) -> String {
        let line = String(
            String.UnicodeScalarView(
                value.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
        guard line.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") })
        else { return line }
        return "\"\(line.replacing("\"", with: "\"\""))\""
    }
}

/// What the lines of one kind add up to.
private struct Totals {
    let count: Int
    let sum: AlipayAmount
    let fees: AlipayAmount

    init(_ lines: [AlipayBillTrade], _ kind: AlipayBillTrade.Kind) {
        let mine = lines.filter { $0.kind == kind }
        count = mine.count
        sum = Self.sum(mine.map(\.amount))
        fees = Self.sum(mine.map(\.fee))
    }

    /// Beyond what a sum can hold, the most that it can: totals stand in comments, and nobody may be
    /// stopped by them.
    static func sum(_ amounts: [AlipayAmount]) -> AlipayAmount {
        AlipayAmount(fen: Int64(clamping: amounts.reduce(Int128(0)) { $0 + Int128($1.fen) }))
    }
}

/// Text for those who read nothing but GBK.
private enum GBK {
    /// Everything has a place in GB 18030; what takes four bytes there is not in GBK.
    static func bytes(_ text: String) -> [UInt8]? {
        guard let data = text.data(using: .gb18030) else { return nil }
        let all = Array(data)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(all.count)
        var index = 0
        while index < all.count {
            let isPair = all[index] >= 0x81 && index + 1 < all.count
            if isPair, (0x30...0x39).contains(all[index + 1]) {
                bytes.append(UInt8(ascii: "?"))
                index += 4
            } else {
                let length = isPair ? 2 : 1
                bytes += all[index..<index + length]
                index += length
            }
        }
        return bytes
    }
}
