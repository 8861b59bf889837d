import Basics
import Checkout
import Courses
import Foundation
import Identity
import Ledger
import Money
import Store
import TestKit
import Testing
import Web

@testable import kontor

/// The example's order, paid, in a house where refunds above a limit take a second person; `boss` asks.
private struct Desk: Sendable {
    let shop: Shop
    let boss: Shop.Person
    let member: Shop.Person
    /// May approve.
    let second: Shop.Person
    let order: String
    let lines: [String]

    static func with(
        _ engine: TestEngine, limit: Int64, _ body: (Desk, Example) async throws -> Void
    ) async throws {
        try await withShop(engine, refundApprovalAbove: limit) { shop in
            let example = try await Example(shop)
            let order = try await example.order()
            try await shop.pay(order.object("payment"))
            let desk = Desk(
                shop: shop, boss: example.boss, member: example.member,
                second: try await shop.boss([.finance]), order: order.id,
                lines: order.list("lines").compactMap { $0["id"] as? String })
            try await body(desk, example)
            try await shop.untilRefunded(order.id, of: example.member)
        }
    }

    func ask(_ demand: [String: any Sendable], key: String = Shop.newKey()) async throws
        -> Shop.Answer
    {
        try await shop.api(
            "POST", "/admin/orders/\(order)/refunds", demand.merging(["reason": "test"]) { $1 },
            as: boss.token, key: key)
    }

    /// A request that waits.
    func waiting(_ demand: [String: any Sendable]) async throws -> String {
        let answer = try await ask(demand)
        #expect(answer.status == 202, "\(answer.json)")
        #expect(answer.text("status") == "pending")
        return answer.id
    }

    func approve(_ request: String, as person: Shop.Person, key: String = Shop.newKey())
        async throws -> Shop.Answer
    {
        try await shop.api(
            "POST", "/admin/refund-requests/\(request)/approval", nil, as: person.token, key: key)
    }

    func reject(_ request: String, as person: Shop.Person, reason: String = "no") async throws
        -> Shop.Answer
    {
        try await shop.api(
            "POST", "/admin/refund-requests/\(request)/rejection", ["reason": reason],
            as: person.token, key: Shop.newKey())
    }

    func seen(_ request: String) async throws -> Shop.Answer {
        try await shop.must("GET", "/admin/refund-requests/\(request)", nil, as: boss.token)
    }

    /// What its member sees of the order.
    func view() async throws -> Shop.Answer { try await shop.order(order, of: member) }

    func refunded() async throws -> Int64 { try await view().int("refunded") }

    /// The timeline from the first request on, as `kind actor`.
    func timeline() async throws -> [String] {
        let id = try #require(ID<Order>(order))
        let events = try await shop.server.database.read { try $0.events(of: id) }
        let names = [boss.id: "boss", second.id: "second"]
        return events.drop { $0.kind != "refund-requested" }
            .map { "\($0.kind) \(names[$0.actor] ?? $0.actor)" }
    }
}

@Suite struct RefundApprovalTests {
    @Test(arguments: TestEngine.available)
    func `a refund up to the limit is made at once, one fen more waits`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine, limit: 8509) { desk, _ in
            let first = try await desk.ask(["lines": [desk.lines[0]]])
            #expect(first.status == 201, "\(first.json)")
            #expect(first.int("amount") == 8509)
            let before = try await desk.shop.wallet(desk.member)
            let waiting = try await desk.ask(["amount": 1])
            #expect(waiting.status == 202, "\(waiting.json)")
            #expect(waiting.text("status") == "pending")
            #expect(waiting.int("total") == 1)
            #expect(waiting.int("totalNow") == 1)
            #expect(waiting.text("requestedBy") == desk.boss.id)
            // Nothing has moved, and the member sees nothing of it.
            let after = try await desk.shop.wallet(desk.member)
            #expect(after == before)
            let view = try await desk.view()
            #expect(view.int("refunded") == 8509)
            #expect(view.list("refunds").count == 1)
            #expect(!view.text.contains(waiting.id))
            let list = try await desk.shop.must(
                "GET", "/admin/refund-requests?status=pending", nil, as: desk.second.token)
            let listed = list.list("items").compactMap { $0["id"] as? String }
            #expect(listed == [waiting.id])
            #expect(list.int("total") == 1)
            let foreign = try await desk.shop.api(
                "GET", "/admin/refund-requests/\(waiting.id)", nil, as: desk.member.token)
            #expect(foreign.status == 403)
        }
    }

    @Test(arguments: TestEngine.available)
    func `many small refunds of an order go no further than one large one`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine, limit: 1000) { desk, _ in
            var statuses: [Int] = []
            for amount in [600, 400, 1] {
                statuses.append(try await desk.ask(["amount": amount]).status)
            }
            #expect(statuses == [201, 201, 202])
            let refunded = try await desk.refunded()
            #expect(refunded == 1000)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a second person's approval makes the refund, by both tenders`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine, limit: 0) { desk, example in
            let request = try await desk.waiting(["lines": desk.lines])
            let before = try await desk.shop.wallet(desk.member)
            #expect(before == [40000, 0])
            let approved = try await desk.approve(request, as: desk.second)
            #expect(approved.status == 200, "\(approved.json)")
            #expect(approved.text("status") == "approved")
            #expect(approved.text("decidedBy") == desk.second.id)
            let view = try await desk.view()
            #expect(view.text("status") == "refunded")
            let refund = try #require(view.list("refunds").first)
            #expect(refund["id"] as? String == approved.text("refundId"))
            #expect(refund["wallet"] as? Int == 10000)
            #expect(refund["gateway"] as? Int == 36100)
            let after = try await desk.shop.wallet(desk.member)
            #expect(after == [50000, 0])
            let owned = try await example.owned()
            #expect(owned == [])
            let timeline = try await desk.timeline()
            #expect(
                timeline == ["refund-requested boss", "refund-approved second", "refunded boss"])
            let again = try await desk.approve(request, as: desk.second)
            #expect(again.code == "refund-request-decided")
            let late = try await desk.reject(request, as: desk.second)
            #expect(late.code == "refund-request-decided")
        }
    }

    @Test(arguments: TestEngine.available)
    func `nobody approves a refund of their own, nor without the role, nor by a program`(
        _ engine: TestEngine
    ) async throws {
        try await Desk.with(engine, limit: 0) { desk, _ in
            let request = try await desk.waiting(["amount": 500])
            let own = try await desk.approve(request, as: desk.boss)
            #expect(own.status == 403, "\(own.json)")
            #expect(own.code == "own-refund-request")
            let admin = try await desk.shop.boss()
            let key = try await desk.shop.must(
                "POST", "/admin/api-keys", ["name": "books"], as: admin.token)
            let program = Shop.Person(token: key.text("key"), id: key.id)
            let byProgram = try await desk.approve(request, as: program)
            #expect(byProgram.status == 403, "\(byProgram.json)")
            #expect(byProgram.code == "approval-needs-person")
            let clerk = try await desk.shop.boss([.operator, .admin])
            for person in [clerk, desk.member] {
                let refused = [
                    try await desk.approve(request, as: person),
                    try await desk.reject(request, as: person),
                ]
                #expect(refused.map(\.code) == ["forbidden", "forbidden"])
            }
            let refunded = try await desk.refunded()
            #expect(refunded == 0)
            let status = try await desk.seen(request).text("status")
            #expect(status == "pending")
        }
    }

    @Test(arguments: TestEngine.available)
    func `who has asked withdraws, another rejects, and one waits at a time`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine, limit: 0) { desk, _ in
            let first = try await desk.waiting(["amount": 500])
            let other = try await desk.ask(["lines": [desk.lines[0]]])
            #expect(other.status == 409)
            #expect(other.code == "refund-awaits-approval")
            let silent = try await desk.reject(first, as: desk.second, reason: "")
            #expect(silent.code == "reason-required")
            let withdrawn = try await desk.reject(first, as: desk.boss, reason: "a mistake")
            #expect(withdrawn.status == 200, "\(withdrawn.json)")
            #expect(withdrawn.text("status") == "rejected")
            #expect(withdrawn.text("decisionReason") == "a mistake")
            let second = try await desk.waiting(["amount": 700])
            let rejected = try await desk.reject(second, as: desk.second)
            #expect(rejected.text("decidedBy") == desk.second.id)
            let late = try await desk.approve(second, as: desk.second)
            #expect(late.code == "refund-request-decided")
            let refunded = try await desk.refunded()
            #expect(refunded == 0)
            let timeline = try await desk.timeline()
            #expect(
                timeline == [
                    "refund-requested boss", "refund-withdrawn boss", "refund-requested boss",
                    "refund-rejected second",
                ])
        }
    }

    @Test(arguments: TestEngine.available)
    func `the same key asks once and approves once`(_ engine: TestEngine) async throws {
        try await Desk.with(engine, limit: 0) { desk, _ in
            let key = Shop.newKey()
            let asked = try await desk.ask(["amount": 500], key: key)
            let again = try await desk.ask(["amount": 500], key: key)
            #expect([asked, again].map(\.status) == [202, 202])
            #expect(again.isReplay && !asked.isReplay)
            #expect(again.text == asked.text)
            let approved = try await desk.approve(asked.id, as: desk.second, key: key)
            let twice = try await desk.approve(asked.id, as: desk.second, key: key)
            #expect([approved, twice].map(\.status) == [200, 200])
            #expect(twice.isReplay && twice.text == approved.text)
            let refunded = try await desk.refunded()
            #expect(refunded == 500)
        }
    }

    @Test(arguments: TestEngine.available)
    func `of many who approve at once one refunds`(_ engine: TestEngine) async throws {
        try await Desk.with(engine, limit: 0) { desk, _ in
            let requests = try await inParallel(8) { _ in try await desk.ask(["amount": 500]) }
            let asked = requests.filter { $0.status == 202 }
            #expect(asked.count == 1)
            let others = requests.filter { $0.code == "refund-awaits-approval" }
            #expect(others.count == 7)
            let request = try #require(asked.first).id
            let answers = try await inParallel(16) { _ in
                try await desk.approve(request, as: desk.second)
            }
            let approved = answers.filter { $0.status == 200 }
            let late = answers.filter { $0.code == "refund-request-decided" }
            #expect([approved, late].map(\.count) == [1, 15])
            let refunded = try await desk.refunded()
            #expect(refunded == 500)
        }
    }

    @Test(.enabled(if: TestEngine.available.contains(.postgres)))
    func `who has waited for an order's lock finds what was decided meanwhile`() async throws {
        try await Desk.with(.postgres, limit: 0) { desk, _ in
            let server = desk.shop.server
            let request = try await desk.waiting(["amount": 500])
            let id = try #require(ID<RefundRequest>(request))
            let boss = try #require(ID<Member>(desk.boss.id))
            let both = try await collide(server.database) { tx in
                try server.modules.checkout.rejectRefund(id, reason: "no", by: boss, in: tx)
            } with: {
                try await desk.approve(request, as: desk.second)
            }
            let refunded = try await desk.refunded()
            #expect(both.hasWaited && both.first.isWithdrawn)
            #expect(both.second.code == "refund-request-decided")
            #expect(refunded == 0)
        }
    }

    @Test(arguments: TestEngine.available)
    func `of many who approve and reject at once one decides`(_ engine: TestEngine) async throws {
        try await Desk.with(engine, limit: 0) { desk, _ in
            for round in 1...3 {
                let before = try await desk.refunded()
                let request = try await desk.waiting(["amount": 500])
                let answers = try await inParallel(8) { number in
                    try await number.isMultiple(of: 2)
                        ? desk.approve(request, as: desk.second)
                        : desk.reject(request, as: desk.second)
                }
                let decided = answers.filter { $0.status == 200 }
                let late = answers.filter { $0.code == "refund-request-decided" }
                #expect([decided, late].map(\.count) == [1, 7], "round \(round)")
                let isApproved = try await desk.seen(request).text("status") == "approved"
                let after = try await desk.refunded()
                #expect(after - before == (isApproved ? 500 : 0))
            }
        }
    }

    @Test(arguments: TestEngine.available)
    func `lines of which a part went back meanwhile give back what is left`(_ engine: TestEngine)
        async throws
    {
        try await Desk.with(engine, limit: 10000) { desk, _ in
            let request = try await desk.waiting(["lines": [desk.lines[1]]])
            let small = try await desk.ask(["amount": 9000])
            #expect(small.status == 201, "\(small.json)")
            let seen = try await desk.seen(request)
            #expect([seen.int("total"), seen.int("totalNow")] == [37591, 37100])
            let approved = try await desk.approve(request, as: desk.second)
            #expect(approved.status == 200, "\(approved.json)")
            let view = try await desk.view()
            #expect(view.int("refunded") == 46100)
            #expect(view.text("status") == "refunded")
        }
    }

    @Test(arguments: TestEngine.available)
    func `what cannot be given back any more is refused, and waits to be rejected`(
        _ engine: TestEngine
    ) async throws {
        try await Desk.with(engine, limit: 10000) { desk, _ in
            let request = try await desk.waiting(["amount": 40000])
            _ = try await desk.ask(["lines": [desk.lines[0]]])
            let partly = try await desk.approve(request, as: desk.second)
            #expect(partly.status == 409)
            #expect(partly.code == "refund-exceeds-remaining")
            try await desk.refundWhole()
            let whole = try await desk.approve(request, as: desk.second)
            #expect(whole.code == "already-refunded")
            let seen = try await desk.seen(request)
            #expect(seen.text("status") == "pending")
            #expect(seen.object["totalNow"] is NSNull)
            let rejected = try await desk.reject(request, as: desk.second)
            #expect(rejected.status == 200, "\(rejected.json)")
            let refunded = try await desk.refunded()
            #expect(refunded == 46100)
        }
    }

    @Test(arguments: TestEngine.available)
    func `no more than was asked for is ever given back, and the audit looks`(
        _ engine: TestEngine
    ) async throws {
        try await Desk.with(engine, limit: 0) { desk, _ in
            let request = try await desk.waiting(["lines": [desk.lines[0]]])
            try await desk.pretendAskedFor(8508)
            let refused = try await desk.approve(request, as: desk.second)
            #expect(refused.status == 409, "\(refused.json)")
            #expect(refused.code == "refund-exceeds-request")
            try await desk.pretendAskedFor(8509)
            let approved = try await desk.approve(request, as: desk.second)
            #expect(approved.status == 200, "\(approved.json)")
            try await desk.pretendAskedFor(8508)
            let faults = try await auditFaults(
                of: desk.shop.server.modules, in: desk.shop.server.database)
            #expect(faults == ["checkout: \(request): what was refunded is not what was approved"])
            try await desk.pretendAskedFor(8509)
        }
    }

    @Test(arguments: ["-1", "", "abc", "5000.00", "1e3", "99999999999999999999"])
    func `a limit that is no sum keeps the server from starting`(_ text: String) {
        var settings = Settings()
        settings.refundApprovalAbove = text
        let fault = #expect(throws: SettingsFault.self) { try settings.validate() }
        #expect(fault?.lines == ["KONTOR_REFUND_APPROVAL_ABOVE must be whole fen, 0 or more"])
    }

    @Test func `a limit is read from the environment in fen`() throws {
        var settings = Settings()
        #expect(settings.refundLimit == nil)
        settings.refundApprovalAbove = "500000"
        try settings.validate()
        #expect(settings.refundLimit == Amount(500_000))
    }
}

extension Shop {
    /// What is on its way to the gateway arrives before the shop closes.
    func untilRefunded(_ order: String, of member: Person) async throws {
        try await eventually("the gateway's part is through") {
            let refunds = try await self.order(order, of: member).list("refunds")
            return refunds.allSatisfy { $0["status"] as? String == "succeeded" }
        }
    }
}

extension Desk {
    /// As a house without a limit would.
    fileprivate func refundWhole() async throws {
        let modules = shop.server.modules
        let free = Checkout(
            database: shop.server.database, payments: modules.payments,
            sellers: [CourseSeller()])
        let id = try #require(ID<Order>(order))
        let actor = try #require(ID<Member>(boss.id))
        try await shop.server.database.write { tx in
            let left = try tx.order(id).map { try $0.total.subtracting($0.refunded) } ?? .zero
            _ = try free.refund(id, .amount(left), reason: "all of it", by: actor, in: tx)
        }
    }

    /// Tampers with the one request's row.
    fileprivate func pretendAskedFor(_ total: Int64) async throws {
        try await shop.server.database.write { tx in
            _ = try tx.run("UPDATE refund_request SET total = \(total)")
        }
    }
}
