import Basics
import Foundation
import Ledger
import Store
import TestKit
import Testing

@testable import kontor

/// The cases of the ledger that are about requests (docs/RULES.md), on the whole shop. Those about
/// postings and holds are in LedgerTests.
@Suite struct LedgerStoryTests {
    /// A member with money, and a course to spend it on.
    private struct Buyer {
        let shop: Shop
        let course: Shop.Course
        let member: Shop.Person

        init(_ shop: Shop, price: Int64 = 1_000, funds: Int64) async throws {
            self.shop = shop
            course = try await shop.course(price, by: shop.boss())
            member = try await shop.member()
            if funds > 0 { try await shop.topUp(funds, for: member) }
        }

        /// The body of an order that the wallet pays.
        func order(_ price: Int64 = 1_000) async throws -> [String: Any] {
            let quote = try await shop.quote(
                ["lines": [course.line], "walletAmount": price], member)
            return ["quoteId": quote.id, "expectedTotal": price]
        }

        func post(_ path: String, _ body: [String: Any], _ key: String) async throws -> Shop.Answer
        {
            try await shop.api("POST", path, body, as: member.token, key: key)
        }

        /// As `post`, with the letters of one's own.
        func post(_ path: String, raw: String, _ key: String) async throws -> Shop.Answer {
            try await shop.call(
                "POST", "/api/v1" + path, as: member.token, key: key,
                headers: ["Content-Type": "application/json"], raw: raw)
        }
    }

    @Test(arguments: TestEngine.available)
    func `1,000 requests with one key at once: one effect, one answer (ledger case 1)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let buyer = try await Buyer(shop, funds: 5_000)
            let before = try await shop.journals()
            let body = try JSONSerialization.data(withJSONObject: try await buyer.order())
            let text = String(decoding: body, as: UTF8.self)
            let answers = try await inParallel(1_000) { _ in
                try await buyer.post("/orders", raw: text, "one-key")
            }
            #expect(answers.count { $0.status == 201 } == 1_000)
            #expect(Set(answers.map(\.text)).count == 1)
            #expect(answers.count { $0.isReplay } == 999)
            #expect(try await shop.wallet(buyer.member) == [4_000, 0])
            #expect(try await shop.journals() == before + 1)
            let orders = try await shop.must("GET", "/orders", as: buyer.member.token)
            #expect(orders.list("items").count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `1,000 top-ups with one key at once: one attempt to pay (ledger case 1)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let member = try await shop.member()
            let answers = try await inParallel(1_000) { _ in
                try await shop.api(
                    "POST", "/wallet/top-ups",
                    ["amount": 700, "gateway": "alipay", "channel": "page"], as: member.token,
                    key: "one-key")
            }
            #expect(answers.count { $0.status == 201 } == 1_000)
            #expect(Set(answers.map(\.text)).count == 1)
            #expect(answers.count { $0.isReplay } == 999)
            try await shop.pay(answers[0].object("payment"))
            #expect(try await shop.wallet(member) == [700, 0])
            let topUps = try await shop.must("GET", "/wallet/top-ups", as: member.token)
            #expect(topUps.list("items").count == 1)
        }
    }

    @Test(arguments: TestEngine.available)
    func `another amount under the same key is refused and moves nothing (ledger case 2)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let buyer = try await Buyer(shop, funds: 5_000)
            var body = try await buyer.order()
            let first = try await buyer.post("/orders", body, "k")
            #expect(first.status == 201)
            let journals = try await shop.journals()
            body["expectedTotal"] = 1_001
            let other = try await buyer.post("/orders", body, "k")
            #expect(other.status == 422)
            #expect(other.code == "idempotency-key-reused")
            #expect(try await shop.wallet(buyer.member) == [4_000, 0])
            #expect(try await shop.journals() == journals)
            body["expectedTotal"] = 1_000
            let again = try await buyer.post("/orders", body, "k")
            #expect(again.isReplay)
            #expect(again.text == first.text)
        }
    }

    @Test(arguments: TestEngine.available)
    func `order, blanks and defaults do not make another request (ledger case 3)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let buyer = try await Buyer(shop, funds: 5_000)
            let quote = try #require(try await buyer.order()["quoteId"] as? String)
            let first = try await buyer.post(
                "/orders", raw: #"{"quoteId":"\#(quote)","expectedTotal":1000}"#, "k")
            #expect(first.status == 201, "\(first.json)")
            for same in [
                #"{"expectedTotal":1000,"quoteId":"\#(quote)"}"#,
                "{ \"quoteId\" :\n\t\"\(quote)\" , \"expectedTotal\": 1000 }\n",
                #"{"quoteId":"\#(quote)","expectedTotal":1000,"gateway":null,"channel":null}"#,
                #"{"quote\u0049d":"\#(quote)","expectedTotal":1000,"paymentPassword":"1"}"#,
            ] {
                let again = try await buyer.post("/orders", raw: same, "k")
                #expect(again.isReplay, "\(same)")
                #expect(again.text == first.text)
            }
            let elsewhere = try await buyer.post(
                "/wallet/top-ups", ["amount": 1_000, "gateway": "alipay", "channel": "page"], "k")
            #expect(elsewhere.code == "idempotency-key-reused")
            #expect(try await shop.wallet(buyer.member) == [4_000, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `a refusal stays under its key, what was unreadable does not (ledger case 4)`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let buyer = try await Buyer(shop, price: 10, funds: 0)
            let body = try await buyer.order(10)
            let refused = try await buyer.post("/orders", body, "k")
            #expect(refused.status == 409)
            #expect(refused.code == "insufficient-funds")
            #expect(refused.int("shortfall") == 10)
            try await shop.topUp(100, for: buyer.member)
            let again = try await buyer.post("/orders", body, "k")
            #expect(again.isReplay)
            #expect([again.code, "\(again.status)"] == ["insufficient-funds", "409"])
            #expect(try await shop.wallet(buyer.member) == [100, 0])

            #expect(try await buyer.post("/orders", raw: "{", "new").status == 400)
            let done = try await buyer.post("/orders", body, "new")
            #expect(done.status == 201)
            #expect(!done.isReplay)
            #expect(try await shop.wallet(buyer.member) == [90, 0])
        }
    }

    @Test(arguments: TestEngine.available)
    func `after a restart and 25 hours a key gives the answer of then (ledger case 6)`(
        _ engine: TestEngine
    ) async throws {
        try await withShopPlace(engine) { place in
            let (member, body, text) = try await place.open { shop in
                let buyer = try await Buyer(shop, funds: 5_000)
                let body = try await buyer.order()
                let first = try await buyer.post("/orders", body, "k")
                #expect(first.status == 201)
                return (buyer.member, body, first.text)
            }
            try await place.open { shop in
                for _ in 0..<2 {
                    let again = try await shop.api(
                        "POST", "/orders", body, as: member.token, key: "k")
                    #expect(again.isReplay)
                    #expect(again.text == text)
                    #expect(try await shop.wallet(member) == [4_000, 0])
                    try await shop.advance(25 * 3_600)
                }
            }
        }
    }

    @Test(
        arguments: TestEngine.available,
        [
            ("0", 422), ("-5", 422), ("-9223372036854775808", 422), ("1.5", 400), ("1e3", 400),
            ("\"10\"", 400), ("9223372036854775808", 400), ("null", 400), ("[1]", 400), ("", 400),
        ])
    func `an amount that is none is refused by its name and uses up no key (ledger case 15)`(
        _ engine: TestEngine, _ amount: (text: String, status: Int)
    ) async throws {
        try await withShop(engine) { shop in
            let buyer = try await Buyer(shop, funds: 0)
            let rest = #""gateway":"alipay","channel":"page"}"#
            let field = amount.text.isEmpty ? "{" : #"{"amount":\#(amount.text),"#
            let refused = try await buyer.post("/wallet/top-ups", raw: field + rest, "k")
            #expect(refused.status == amount.status, "\(refused.json)")
            #expect(refused.list("errors").map { $0["pointer"] as? String } == ["/amount"])
            let good = try await buyer.post(
                "/wallet/top-ups", raw: #"{"amount":10,"# + rest, "k")
            #expect(good.status == 201, "\(good.json)")
            #expect(!good.isReplay)
        }
    }
}

extension Shop {
    /// How many journals there are; all of them, if they are no more than a hundred.
    fileprivate func journals() async throws -> Int {
        try await server.database.read { try $0.journals(PageRequest(limit: 100)).items.count }
    }
}
