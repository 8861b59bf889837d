import Basics
import Foundation
import Money
import Store
import Web

extension Quote {
    fileprivate static let columns: SQL =
        "id, version, member_id, status, request, total, wallet_amount, line_prices, expires_at"

    fileprivate init(row: Row) throws {
        let request: String = try row[4]
        try self.init(
            id: row[0], version: row[1], member: row[2], status: row[3],
            request: JSONDecoder().decode(QuoteRequest.self, from: Data(request.utf8)),
            price: QuotePrice(total: row[5], walletAmount: row[6], lines: row[7]),
            expiresAt: row[8])
    }

    fileprivate static let latest: SQL = "ORDER BY version DESC LIMIT 1"
}

extension Snapshot {
    /// The latest version as it was shown, with its present status.
    func quoteView(_ id: ID<Quote>, of member: ID<Member>) throws -> QuoteView? {
        try first(
            """
            SELECT view, status FROM quote WHERE id = \(id) AND member_id = \(member)
            \(Quote.latest)
            """
        ) { row in
            let text: String = try row[0]
            var view = try JSONDecoder().decode(QuoteView.self, from: Data(text.utf8))
            view.status = try row[1]
            return view
        }
    }

    /// What the latest version takes from the wallet.
    func quotedWalletAmount(_ id: ID<Quote>, of member: ID<Member>) throws -> Amount? {
        try first(
            """
            SELECT wallet_amount FROM quote WHERE id = \(id) AND member_id = \(member)
            \(Quote.latest)
            """
        ) { try $0[0] }
    }
}

extension Transaction {
    /// Locks a quote and loads its latest version.
    ///
    /// The lock is on the first version, which every quote has: whoever waited for it then sees the
    /// versions that were made meanwhile.
    func lockQuote(_ id: ID<Quote>) throws -> Locked<Quote>? {
        _ = try lock("SELECT version FROM quote WHERE id = \(id) AND version = 1") { _ in }
        return try lock("SELECT \(Quote.columns) FROM quote WHERE id = \(id) \(Quote.latest)") {
            try Quote(row: $0)
        }
    }

    /// - Parameter view: what the member is shown, kept to the letter.
    func insert(_ quote: Quote, shownAs view: QuoteView) throws {
        let request = String(decoding: try JSONBytes.encode(quote.request), as: UTF8.self)
        let view = String(decoding: try JSONBytes.encode(view), as: UTF8.self)
        try run(
            """
            INSERT INTO quote
              (id, version, member_id, status, request, total, wallet_amount, line_prices, view,
               created_at, expires_at)
            VALUES (\(quote.id), \(quote.version), \(quote.member), \(quote.status), \(request),
              \(quote.price.total), \(quote.price.walletAmount), \(quote.price.lines), \(view),
              \(now), \(quote.expiresAt))
            """)
    }

    /// Saves the status; nothing else of a version changes.
    func save(_ quote: Locked<Quote>) throws {
        try run(
            """
            UPDATE quote SET status = \(quote.status)
            WHERE id = \(quote.id) AND version = \(quote.version)
            """)
    }
}
