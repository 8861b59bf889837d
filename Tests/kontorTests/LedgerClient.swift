import Basics
import Foundation
import TestKit
import Testing

@testable import kontor

/// Kontor as a ledger and nothing else: a program with an API key, over HTTP.
struct LedgerClient: Sendable {
    typealias Answer = Shop.Answer

    let shop: Shop
    /// An API key with these roles.
    let key: String

    init(_ shop: Shop, roles: [String] = ["finance", "operator"]) async throws {
        self.shop = shop
        let boss = try await shop.boss()
        let made = try await shop.must(
            "POST", "/admin/api-keys", ["name": "till", "roles": roles], as: boss.token)
        key = made.text("key")
    }

    func call(_ method: String, _ path: String, _ body: [String: Any]? = nil, key: String? = nil)
        async throws -> Answer
    {
        try await shop.api(method, "/admin/ledger" + path, body, as: self.key, key: key)
    }

    /// A body exactly as it is written.
    func post(_ path: String, raw: String, key: String) async throws -> Answer {
        try await shop.call(
            "POST", "/api/v1/admin/ledger" + path, as: self.key, key: key,
            headers: ["Content-Type": "application/json"], raw: raw)
    }

    /// Opens `ext:<name>`, with a floor of 0 unless told.
    @discardableResult
    func open(_ name: String, currency: String = "CNY", unlimited: Bool = false) async throws
        -> String
    {
        var body: [String: Any] = ["address": "ext:\(name)", "currency": currency]
        if unlimited { body["floor"] = NSNull() }
        let opened = try await call("POST", "/accounts", body)
        #expect(opened.status == 201, "\(opened.json)")
        return "ext:\(name)"
    }

    /// An account that may be overdrawn, and accounts with money from it.
    func open(_ funds: [String: Int64]) async throws {
        try await open("world", unlimited: true)
        for (name, amount) in funds.sorted(by: { $0.key < $1.key }) {
            try await open(name)
            if amount > 0 {
                let funded = try await move(amount, "ext:world", "ext:\(name)", "fund")
                #expect(funded.status == 201, "\(funded.json)")
            }
        }
    }

    static func journal(
        _ amount: Any, _ debit: String, _ credit: String, _ reference: String = "r",
        _ more: [String: Any] = [:]
    ) -> [String: Any] {
        let journal: [String: Any] = [
            "kind": "payment", "reference": reference,
            "transfers": [["debit": debit, "credit": credit, "amount": amount]],
        ]
        return journal.merging(more) { $1 }
    }

    @discardableResult
    func move(
        _ amount: Int64, _ debit: String, _ credit: String, _ reference: String = "r",
        key: String = Shop.newKey(), more: [String: String] = [:]
    ) async throws -> Answer {
        try await call(
            "POST", "/journals", Self.journal(amount, debit, credit, reference, more), key: key)
    }

    func reverse(_ id: String, _ body: [String: Int64] = [:], key: String = Shop.newKey())
        async throws -> Answer
    {
        try await call("POST", "/journals/\(id)/reversal", body, key: key)
    }

    func hold(
        _ amount: Int64, _ debit: String, _ credit: String, seconds: Int64? = nil,
        key: String = Shop.newKey()
    ) async throws -> Answer {
        var body: [String: Any] = [
            "debit": debit, "credit": credit, "amount": amount, "reference": "h",
        ]
        if let seconds { body["expiresInSeconds"] = seconds }
        return try await call("POST", "/holds", body, key: key)
    }

    func capture(_ id: String, _ amount: Int64? = nil) async throws -> Answer {
        let body: [String: Any] = amount.map { ["amount": $0] } ?? [:]
        return try await call("POST", "/holds/\(id)/capture", body, key: Shop.newKey())
    }

    func release(_ id: String) async throws -> Answer {
        try await call("POST", "/holds/\(id)/release", nil, key: Shop.newKey())
    }

    /// The balance of `ext:<name>`.
    func balance(_ name: String, _ query: String = "") async throws -> Int64 {
        let account = try await call("GET", "/accounts/ext:\(name)\(query)")
        #expect(account.status == 200, "\(account.json)")
        return account.int("balance")
    }

    func balances(_ names: String...) async throws -> [Int64] {
        var balances: [Int64] = []
        for name in names { balances.append(try await balance(name)) }
        return balances
    }

    /// How many journals there are for a reference.
    func count(_ reference: String) async throws -> Int {
        let found = try await call("GET", "/journals?reference=\(reference)&limit=100")
        return found.list("items").count
    }
}

/// Lends a ledger whose books must prove right when the test is over.
func withLedger(
    _ engine: TestEngine, _ body: @Sendable (LedgerClient) async throws -> Void
) async throws {
    try await withShop(engine) { shop in try await body(try await LedgerClient(shop)) }
}

extension Shop.Answer {
    /// `201`, or the status and code of a refusal.
    var outcome: String { status < 300 ? "\(status)" : "\(status) \(code)" }
    var pointers: [String] { list("errors").compactMap { $0["pointer"] as? String } }
}

extension Sequence where Element: Hashable {
    var counted: [Element: Int] { reduce(into: [:]) { $0[$1, default: 0] += 1 } }
}
