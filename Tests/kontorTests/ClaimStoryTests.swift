import Basics
import Foundation
import TestKit
import Testing

@Suite struct ClaimStoryTests {
    @Test(arguments: TestEngine.available)
    func `C14, defect 32: a hundred coupons go to a hundred of 500 who claim at once`(
        _ engine: TestEngine
    ) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let template = try await shop.template(
                ["kind": "amount-off", "value": 100, "quantity": 100], by: boss)
            let members = try await shop.members(500)
            let statuses = try await claims(template, by: members, shop)
            #expect(statuses.filter { $0 == "201" }.count == 100)
            #expect(statuses.filter { $0 == "coupon-exhausted" }.count == 400)
            let report = try await shop.must(
                "GET", "/admin/coupons/\(template)", as: boss.token)
            #expect(report.object("template")["claimed"] as? Int == 100)
        }
    }

    @Test(arguments: TestEngine.available)
    func `C15, defect 32: one member's parallel claims give one coupon`(_ engine: TestEngine)
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let template = try await shop.template(["kind": "amount-off", "value": 100], by: boss)
            let statuses = try await claims(
                template, by: Array(repeating: member, count: 20), shop)
            #expect(statuses.filter { $0 == "201" }.count == 1)
            #expect(statuses.filter { $0 == "coupon-limit-reached" }.count == 19)
        }
    }

    private func claims(_ template: String, by members: [Shop.Person], _ shop: Shop) async throws
        -> [String]
    {
        try await inParallel(members.count) { index in
            let answer = try await shop.api(
                "POST", "/coupons/\(template)/claims", as: members[index].token,
                key: Shop.newKey())
            return answer.status == 201 ? "201" : answer.code
        }
    }

    @Test(
        arguments: TestEngine.available,
        [
            #"{"kind":"percent-off","payPercent":0}"#, #"{"kind":"percent-off","payPercent":100}"#,
            #"{"kind":"percent-off","payPercent":101}"#, #"{"kind":"amount-off","value":0}"#,
            #"{"kind":"amount-off","value":-1}"#,
            #"{"kind":"threshold-off","value":100,"minimumSpend":0}"#,
            #"{"kind":"threshold-off","value":200,"minimumSpend":100}"#,
            #"{"kind":"amount-off","value":1,"validDays":null}"#,
            #"{"kind":"amount-off","value":1,"claimUntil":"2000-01-01T00:00:00Z"}"#,
        ])
    func `C29, defect 33: a template that makes no sense is refused`(
        _ engine: TestEngine, _ terms: String
    )
        async throws
    {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            var body: [String: Any] = [
                "name": "coupon", "scope": ["kind": "all"], "quantity": 10,
                "claimFrom": "2026-01-01T00:00:00Z", "claimUntil": "2027-01-01T00:00:00Z",
                "validDays": 30,
            ]
            let changes = try JSONSerialization.jsonObject(with: Data(terms.utf8)) as? [String: Any]
            for (name, value) in changes ?? [:] {
                body[name] = value is NSNull ? nil : value
            }
            let refused = try await shop.api("POST", "/admin/coupons", body, as: boss.token)
            #expect(refused.status == 422, "\(refused.json)")
        }
    }
}

@Suite struct CartStoryTests {
    @Test(arguments: TestEngine.available)
    func `C31, defect 14: two devices fill one cart at once`(_ engine: TestEngine) async throws {
        try await withShop(engine) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let one = try await shop.course(100, by: boss)
            let two = try await shop.course(200, by: boss)
            async let first = shop.must(
                "PUT", "/cart/items/\(one.id)", ["policyId": one.policy], as: member.token)
            async let second = shop.must(
                "PUT", "/cart/items/\(two.id)", ["policyId": two.policy], as: member.token)
            _ = try await (first, second)
            let cart = try await shop.must("GET", "/cart", nil, as: member.token)
            #expect(
                Set(cart.list("items").compactMap { $0["courseId"] as? String })
                    == [one.id, two.id])
        }
    }

    @Test(arguments: TestEngine.available)
    func `C27, defect 26: buying again extends the access by real days`(_ engine: TestEngine)
        async throws
    {
        let start = try #require(Instant("2026-02-01T00:00:00Z"))
        try await withShop(engine, start: start) { shop in
            let boss = try await shop.boss()
            let member = try await shop.member()
            let course = try await shop.course(0, days: 28, by: boss)
            func buy(_ policy: String) async throws {
                let quote = try await shop.quote(
                    ["lines": [["courseId": course.id, "policyId": policy]]], member)
                #expect(try await shop.order(quote, member).status == 201)
            }
            func end() async throws -> String? {
                let mine = try await shop.must("GET", "/me/enrollments", nil, as: member.token)
                return mine.list("items").first?["accessUntil"] as? String
            }
            try await buy(course.policy)
            #expect(try await end()?.hasPrefix("2026-03-01T00:00:00") == true)
            let changed = try await shop.must(
                "PATCH", "/admin/courses/\(course.id)",
                ["policies": [["days": 28, "price": 0], ["days": 60, "price": 0]]], as: boss.token)
            let sixty = try #require(
                changed.list("policies").first { ($0["days"] as? Int) == 60 }?["id"] as? String)
            try await buy(sixty)
            #expect(try await end()?.hasPrefix("2026-04-30T00:00:00") == true)
        }
    }
}
