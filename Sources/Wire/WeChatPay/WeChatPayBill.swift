import Crypto
import Foundation
import WireKit

/// Which trades a bill lists.
public enum WeChatPayBillKind: String, Hashable, Sendable {
    /// Payments and refunds.
    case all = "ALL"
    /// Payments.
    case success = "SUCCESS"
    /// Refunds.
    case refund = "REFUND"
}

/// Where a bill can be fetched, and what it must hash to.
public struct WeChatPayBillTicket: Hashable, Sendable {
    /// The address, valid for five minutes.
    public let downloadURL: String
    /// SHA-1 of the unpacked file, in hexadecimal digits. The file itself carries no signature;
    /// this digest came in a signed answer.
    public let sha1: String

    /// A ticket, as it was kept.
    public init(downloadURL: String, sha1: String) {
        self.downloadURL = downloadURL
        self.sha1 = sha1
    }
}

/// Why a bill could not be fetched or read.
public enum WeChatPayBillError: Error, Hashable, Sendable {
    /// The call failed.
    case call(WeChatPayError)
    /// The address leads to a server that is not WeChat Pay's; nothing was sent there.
    case foreignAddress
    /// The digest is of another kind than SHA-1.
    case unsupportedHash(String)
    /// The file is no gzip file, or damaged.
    case damagedFile
    /// The file is longer than allowed.
    case tooLarge
    /// The file is not the one that was announced.
    case wrongHash
    /// The file is no bill: in this line, counted from 1.
    case unreadable(line: Int)
}

extension WeChatPayClient {
    /// Fetches and reads the trades of one day (`GET /v3/bill/tradebill`, then the file).
    ///
    /// A bill is there from 10:00 Beijing time of the next day, for three months; a day without
    /// trades is refused with ``WeChatPayCode/noStatementExist``.
    ///
    /// - Parameters:
    ///   - date: a day in Beijing, "yyyy-MM-dd".
    ///   - limit: the longest unpacked file, in bytes.
    /// - Throws: ``WeChatPayBillError``.
    public func tradeBill(
        _ date: String, kind: WeChatPayBillKind = .all, limit: Int = 256 << 20
    ) async throws(WeChatPayBillError) -> WeChatPayTradeBill {
        try WeChatPayTradeBill(
            try await billFile(try await tradeBillTicket(date, kind: kind), limit: limit))
    }

    /// Asks where the trades of one day can be fetched.
    ///
    /// - Throws: ``WeChatPayBillError``.
    public func tradeBillTicket(
        _ date: String, kind: WeChatPayBillKind = .all
    ) async throws(WeChatPayBillError) -> WeChatPayBillTicket {
        guard BeijingTime.moment(Array("\(date) 00:00:00".utf8)[...]) != nil else {
            throw .call(.invalidRequest(parameter: "bill_date", reason: "is no yyyy-MM-dd"))
        }
        let path =
            "/v3/bill/tradebill?bill_date=\(date)&bill_type=\(kind.rawValue)&tar_type=GZIP"
        let hashType: String
        let ticket: WeChatPayBillTicket
        do {
            let response = try await call("GET", path)
            hashType = try response.text("hash_type")
            ticket = WeChatPayBillTicket(
                downloadURL: try response.text("download_url"),
                sha1: try response.text("hash_value"))
        } catch {
            throw .call(error)
        }
        guard isSameText(hashType, "SHA1") else { throw .unsupportedHash(hashType) }
        return ticket
    }

    /// Fetches the file of a ticket, unpacks it, and compares its digest.
    ///
    /// The request is signed like any other, so it is sent to no server but WeChat Pay's; the
    /// answer is not signed.
    ///
    /// - Parameter limit: the longest unpacked file, in bytes.
    /// - Throws: ``WeChatPayBillError``.
    public func billFile(
        _ ticket: WeChatPayBillTicket, limit: Int = 256 << 20
    ) async throws(WeChatPayBillError) -> [UInt8] {
        let origins = (configuration.baseURLs + WeChatPayConfiguration.productionURLs)
            .map(WebAddress.origin)
        let url = ticket.downloadURL
        guard WebAddress.isPlain(url),
            origins.contains(where: { url.utf8.starts(with: $0.utf8) })
        else { throw .foreignAddress }
        let request: WeChatPayTransport.Request
        do {
            request = try signed("GET", url, [], limit: limit)
        } catch {
            throw .call(error)
        }
        let answer: WeChatPayTransport.Answer
        do {
            answer = try await transport.send(request)
        } catch {
            throw .call(.unknown(.noAnswer(String(describing: error))))
        }
        guard answer.status == 200 else { throw .call(answer.failure) }
        let file = try Self.unpacked(answer.body, limit: limit)
        let digest = Insecure.SHA1.hash(data: file).flatMap { byte in
            [byte >> 4, byte & 15].map { String($0, radix: 16) }
        }.joined()
        guard isSameText(digest, ticket.sha1.lowercased()) else { throw .wrongHash }
        return file
    }

    private static func unpacked(
        _ file: [UInt8], limit: Int
    ) throws(WeChatPayBillError) -> [UInt8] {
        do {
            return try Gzip.unpacked(file, limit: limit)
        } catch {
            throw error == .tooLarge ? .tooLarge : .damagedFile
        }
    }
}
