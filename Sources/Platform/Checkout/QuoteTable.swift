import Basics
import Foundation
import Store
import Web

extension Quote {
    fileprivate static let columns: SQL =
        "id, version, member_id, status, request, view, expires_at"

    fileprivate init(row: Row) throws {
        let request: String = try row[4]
        let view: String = try row[5]
        let decoder = JSONDecoder()
        try self.init(
            id: row[0], version: row[1], member: row[2], status: row[3],
            request: decoder.decode(QuoteRequest.self, from: Data(request.utf8)),
            view: decoder.decode(QuoteView.self, from: Data(view.utf8)), expiresAt: row[6])
        self.view.status = status
    }

    fileprivate static let latest: SQL = "ORDER BY version DESC LIMIT 1"
}

extension Snapshot {
    /// The latest version.
    func quote(_ id: ID<Quote>) throws -> Quote? {
        try first("SELECT \(Quote.columns) FROM quote WHERE id = \(id) \(Quote.latest)") {
            try Quote(row: $0)
        }
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

    func insert(_ quote: Quote) throws {
        let request = String(decoding: try JSONBytes.encode(quote.request), as: UTF8.self)
        let view = String(decoding: try JSONBytes.encode(quote.view), as: UTF8.self)
        try run(
            """
            INSERT INTO quote
              (id, version, member_id, status, request, view, created_at, expires_at)
            VALUES (\(quote.id), \(quote.version), \(quote.member), \(quote.status), \(request),
              \(view), \(now), \(quote.expiresAt))
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
