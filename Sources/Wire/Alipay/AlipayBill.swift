import Foundation

/// Which bill is asked for.
public enum AlipayBillKind: String, Hashable, Sendable {
    /// Trades and refunds of one day or month, with the fee of each (`业务明细`).
    case trades = "trade"
    /// Every movement on the merchant's account (`账务明细`).
    case account = "signcustomer"
}

/// The day or the month of a bill, as Alipay writes it: "2025-03-01" or "2025-03".
///
/// A day's bill is there from ten in the morning of the next, a month's from the third of the next.
public struct AlipayBillDate: Hashable, Sendable {
    /// The text.
    public let text: String

    /// The business day (in Beijing) of a moment.
    public init(day moment: Date) { text = String(AlipayTime.text(moment).prefix(10)) }

    /// The business month (in Beijing) of a moment.
    public init(month moment: Date) { text = String(AlipayTime.text(moment).prefix(7)) }
}

/// A line of a trade bill.
public struct AlipayBillTrade: Hashable, Sendable {
    /// What the line is about.
    public enum Kind: Hashable, Sendable {
        /// Money came.
        case payment
        /// Money was given back.
        case refund
        /// Something else, in Alipay's word.
        case other(String)
    }

    /// Payment or refund.
    public let kind: Kind
    /// Alipay's number of the trade.
    public let tradeNo: String
    /// The merchant's number of the trade.
    public let outTradeNo: String
    /// The merchant's number of the refund; nil for a payment.
    public let outRequestNo: String?
    /// The title of the order.
    public let subject: String
    /// When the trade was created.
    public let createdAt: Date?
    /// When it was paid or given back.
    public let completedAt: Date?
    /// What the order is worth; below zero for a refund.
    public let amount: AlipayAmount
    /// What the merchant gets of it before the fee; below zero for a refund.
    public let received: AlipayAmount
    /// Alipay's fee; below zero where it is taken, above where it is given back.
    public let fee: AlipayAmount
    /// All columns of the line by their Chinese names, as they stand there.
    public let columns: [String: String]
}

/// A line of an account bill.
public struct AlipayBillEntry: Hashable, Sendable {
    /// Alipay's number of the entry.
    public let entryNo: String
    /// Alipay's number of the business behind it: of a trade, for payments.
    public let businessNo: String
    /// The merchant's number of the trade, where there is one.
    public let outTradeNo: String?
    /// When it was booked.
    public let bookedAt: Date?
    /// What came; zero if money went.
    public let income: AlipayAmount
    /// What went, below zero; zero if money came.
    public let expense: AlipayAmount
    /// What the account held after it.
    public let balance: AlipayAmount
    /// Alipay's word for what it was.
    public let business: String
    /// All columns of the line by their Chinese names, as they stand there.
    public let columns: [String: String]
}

/// A bill, read.
public enum AlipayBill: Hashable, Sendable {
    /// The trades and refunds of a day or month, in the bill's order.
    case trades([AlipayBillTrade])
    /// The entries of the account, in the bill's order.
    case account([AlipayBillEntry])
}

/// Why there is no bill.
public enum AlipayBillError: Error, Hashable, Sendable {
    /// The gateway did not say where it is. Most often it is too early for it.
    case gateway(AlipayError)
    /// The address that the gateway gave is not one of Alipay's.
    case foreignAddress(String)
    /// The file could not be downloaded; the error's text, or the HTTP status.
    case download(String)
    /// The file is no zip file that can be read, or unpacks to too much.
    case zip(String)
    /// The text is neither GB 18030 nor UTF-8.
    case charset
    /// The text ends before the bill does.
    case truncated
    /// A column that is needed is not there.
    case columnMissing(String)
    /// A line that cannot be read: its number, counted from 1, and the column at fault.
    case line(Int, column: String)
}

extension AlipayClient {
    /// The longest bill that is downloaded, packed; and unpacked, all of its files together, unless
    /// the caller says otherwise. In bytes.
    public static let billLimits = (packed: 64 << 20, unpacked: 256 << 20)

    /// Where a bill can be downloaded (`alipay.data.dataservice.bill.downloadurl.query`). The address
    /// is good for thirty seconds.
    ///
    /// - Throws: ``AlipayError``.
    public func billURL(
        _ kind: AlipayBillKind, _ date: AlipayBillDate
    ) async throws(AlipayError) -> String {
        let answer = try await call(
            "alipay.data.dataservice.bill.downloadurl.query",
            ["bill_type": kind.rawValue, "bill_date": date.text])
        if let fault = answer.fault { throw fault.asError }
        return try answer.text("bill_download_url")
    }

    /// Downloads a bill and reads it.
    ///
    /// Match each line with the own records by its numbers and its amount; what is missing on either
    /// side needs a person. The file carries no signature: it is as genuine as the connection that it
    /// came by.
    ///
    /// - Parameter limit: the longest bill that is unpacked, in bytes. It is held in memory, and its
    ///   lines take several times as much.
    /// - Throws: ``AlipayBillError``.
    public func bill(
        _ kind: AlipayBillKind, _ date: AlipayBillDate,
        limit: Int = AlipayClient.billLimits.unpacked
    ) async throws(AlipayBillError) -> AlipayBill {
        let address: String
        do { address = try await billURL(kind, date) } catch { throw .gateway(error) }
        guard isAlipays(address) else { throw .foreignAddress(address) }
        let answer: AlipayTransport.Answer
        do {
            answer = try await transport.get(address, Self.billLimits.packed)
        } catch {
            throw .download(String(describing: error))
        }
        guard answer.status == 200 else { throw .download("HTTP \(answer.status)") }
        return try AlipayBill(kind, zip: answer.body, limit: limit)
    }

    /// Whether a file may be fetched from there: from Alipay's own hosts, or from where the gateway is.
    private func isAlipays(_ address: String) -> Bool {
        guard let url = URLComponents(string: address), let host = url.host?.lowercased(),
            url.user == nil, let gateway = URLComponents(string: configuration.gatewayURL)
        else { return false }
        if host == gateway.host?.lowercased(), url.scheme == gateway.scheme,
            url.port == gateway.port
        {
            return true
        }
        return ["https", "http"].contains(url.scheme?.lowercased())
            && [".alipay.com", ".alipaydev.com"].contains { host.hasSuffix($0) }
    }
}
