import Alipay
import Basics
import Foundation
import Store

/// A bill that somebody may download for half a minute.
struct BillLink: Hashable, Sendable {
    static let lifetime = Duration.seconds(30)

    let token: String
    let date: String
    let expiresAt: Instant
}

extension SandboxAlipay {
    /// Where a day's or a month's trade bill can be downloaded.
    func billURL(_ request: GatewayRequest, in tx: Transaction) throws -> [String: String] {
        // Bills of the account's every movement are not played.
        guard try request.required("bill_type") == AlipayBillKind.trades.rawValue else {
            throw GatewayRefusal.invalidParameter("bill_type")
        }
        guard let date = AlipayBillDate(try request.required("bill_date")) else {
            throw GatewayRefusal.invalidParameter("bill_date")
        }
        guard tx.now.date >= date.availableFrom else { throw GatewayRefusal.billNotExist }
        let token = try numbers.token(.bill, in: tx)
        let link = BillLink(
            token: token, date: date.text, expiresAt: tx.now + BillLink.lifetime)
        try tx.insert(link)
        return [
            "code": "10000", "msg": "Success",
            "bill_download_url": "\(publicURL)/sandbox/alipay/bills/\(token)",
        ]
    }

    /// The bill, as it stands when it is downloaded.
    ///
    /// - Throws: `not-found` if there is no such link or it is too old.
    func bill(_ token: String) async throws -> [UInt8] {
        let now = database.clock.now
        let link = try await database.read { try $0.billLink(token) }
        guard let link, now < link.expiresAt, let date = AlipayBillDate(link.date) else {
            throw Problem.notFound
        }
        let period = Instant(date.period.lowerBound)..<Instant(date.period.upperBound)
        let lines = try await database.survey { try $0.billLines(period) }
        return try AlipayBill.zipFile(lines, of: Self.sellerID, date, exportedAt: now.date)
    }
}

/// Alipay's fee for taking money: 0.6 %, rounded half up to a fen.
///
/// A refund gives back its part, as the difference of two fees, so that all refunds of a trade
/// together give back exactly what the payment cost.
enum AlipayFee {
    static func fen(of amount: Int64) -> Int64 { (amount * 6 + 500) / 1_000 }

    static func fen(ofRefund amount: Int64, after earlier: Int64) -> Int64 {
        fen(of: earlier + amount) - fen(of: earlier)
    }
}

extension Instant {
    fileprivate init(_ date: Date) { self.init(seconds: Int64(date.timeIntervalSince1970)) }
}
