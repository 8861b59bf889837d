import Basics
import Foundation
import Identity
import TestKit
import Testing
import Web

@testable import kontor

/// What people do in a shop, step by step, through the API.
extension Shop {
    struct Person: Sendable {
        let token: String
        let id: String
    }

    /// Somebody who has registered with an SMS code and logged in.
    func member(_ name: String = "member") async throws -> Person {
        let serial = IDGenerator.shared.next() % 100_000_000
        let phone = "139" + String(format: "%08d", serial)
        let username = "\(name)_\(serial)"
        _ = try await must("POST", "/verification-codes", ["phone": phone, "purpose": "register"])
        let inbox = try await call("GET", "/sandbox/sms?phone=\(phone)")
        let code = try #require(inbox.list("items").first?["code"] as? String)
        let user = try await must(
            "POST", "/users",
            [
                "phone": phone, "username": username, "password": "correct horse battery",
                "code": code,
            ])
        return Person(token: try await logIn(username), id: user.id)
    }

    /// Many members with open sessions, made without their phones.
    func members(_ count: Int) async throws -> [Person] {
        let identity = server.modules.identity
        let password = "correct horse battery"
        return try await inParallel(count) { index in
            let name = "crowd-\(index)"
            let profile = try await identity.addOperator(
                username: try Username(name), password: password, roles: [])
            let tokens = try await identity.logIn(.password(login: name, password: password))
            return Person(token: tokens.accessToken, id: profile.id.description)
        }
    }

    /// An operator, with all roles unless told.
    func boss(_ roles: Set<Role> = [.operator, .finance, .admin]) async throws -> Person {
        let name = "boss\(IDGenerator.shared.next() % 1_000_000)"
        let profile = try await server.modules.identity.addOperator(
            username: try Username(name), password: "correct horse battery", roles: roles)
        return Person(token: try await logIn(name), id: profile.id.description)
    }

    private func logIn(_ username: String) async throws -> String {
        let session = try await must(
            "POST", "/sessions", ["login": username, "password": "correct horse battery"])
        return session.text("accessToken")
    }

    struct Course: Sendable {
        let id: String
        let policy: String

        /// The course as a line of a quote: bought now, whatever lies in the cart.
        var line: [String: String] { ["courseId": id, "policyId": policy] }
    }

    /// A course on sale with one price policy.
    func course(_ price: Int64, days: Int64 = 365, by boss: Person, title: String = "Swift")
        async throws -> Course
    {
        let course = try await must(
            "POST", "/admin/courses",
            ["title": title, "status": "on-sale", "policies": [["days": days, "price": price]]],
            as: boss.token)
        let policy = try #require(course.list("policies").first?["id"] as? String)
        return Course(id: course.id, policy: policy)
    }

    /// A coupon of a new template, claimed.
    func coupon(_ terms: [String: Any], for member: Person, by boss: Person) async throws -> String
    {
        let template = try await template(terms, by: boss)
        let claim = try await must(
            "POST", "/coupons/\(template)/claims", nil, as: member.token, key: Shop.newKey())
        return claim.id
    }

    /// A coupon template that can be claimed now and used for thirty days.
    func template(_ terms: [String: Any], by boss: Person) async throws -> String {
        var body: [String: Any] = [
            "name": "coupon", "scope": ["kind": "all"], "quantity": 1_000,
            "claimFrom": (clock.now - .days(1)).description,
            "claimUntil": (clock.now + .days(30)).description, "validDays": 30,
        ]
        for (name, value) in terms { body[name] = value is NSNull ? nil : value }
        return try await must("POST", "/admin/coupons", body, as: boss.token).id
    }

    /// Puts money into a wallet through the sandbox's cashier.
    func topUp(_ amount: Int64, for member: Person) async throws {
        let topUp = try await must(
            "POST", "/wallet/top-ups", ["amount": amount, "gateway": "alipay", "channel": "page"],
            as: member.token, key: Shop.newKey())
        try await pay(topUp.object("payment"))
    }

    /// A payer opens the cashier and pays.
    func pay(_ payment: [String: Any], expecting status: Int = 200) async throws {
        try await openCashier(payment)
        let number = try #require(payment["outTradeNo"] as? String)
        let paid = try await call("POST", "/sandbox/alipay/trades/\(number)/pay", [:])
        #expect(paid.status == status, "\(paid.json)")
    }

    func openCashier(_ payment: [String: Any]) async throws {
        let action = try #require(payment["action"] as? [String: Any])
        let url = try #require(action["url"] as? String)
        #expect(url.hasPrefix(base))
        let opened = try await call("GET", String(url.dropFirst(base.count)))
        #expect([200, 302, 303].contains(opened.status), "\(opened.json)")
    }

    /// What a wallet says: available and held.
    func wallet(_ member: Person) async throws -> [Int64] {
        let wallet = try await must("GET", "/wallet", nil, as: member.token)
        return [wallet.int("available"), wallet.int("held")]
    }

    func quote(_ body: [String: Any], _ member: Person) async throws -> Answer {
        try await api("POST", "/quotes", body, as: member.token)
    }

    /// Orders what a quote priced, to be paid by Alipay where something is left to pay.
    func order(_ quote: Answer, _ member: Person, key: String = Shop.newKey()) async throws
        -> Answer
    {
        try await api(
            "POST", "/orders",
            [
                "quoteId": quote.id, "quoteVersion": quote.int("version"),
                "expectedTotal": quote.int("total"), "gateway": "alipay", "channel": "page",
            ], as: member.token, key: key)
    }

    func order(_ id: String, of member: Person) async throws -> Answer {
        try await must("GET", "/orders/\(id)", nil, as: member.token)
    }

    func couponStatus(_ id: String, of member: Person) async throws -> String {
        let coupons = try await must("GET", "/me/coupons?limit=100", nil, as: member.token)
        return coupons.list("items").first { $0["id"] as? String == id }?["status"] as? String ?? ""
    }

    /// Moves the clock; what falls due has run when it returns.
    func advance(_ seconds: Int64) async throws {
        let moved = try await call("POST", "/sandbox/clock", ["advanceSeconds": seconds])
        #expect((200..<300).contains(moved.status), "\(moved.json)")
    }

    /// Waits for what a job does in the background.
    func eventually(
        _ what: String, sourceLocation: SourceLocation = #_sourceLocation,
        _ condition: () async throws -> Bool
    ) async throws {
        for _ in 0..<100 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("never happened: \(what)", sourceLocation: sourceLocation)
    }
}

/// Runs `body` this many times at once.
func inParallel<Value: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int) async throws -> Value
) async throws -> [Value] {
    try await withThrowingTaskGroup(of: Value.self) { group in
        for index in 0..<count { group.addTask { try await body(index) } }
        return try await group.reduce(into: []) { $0.append($1) }
    }
}
