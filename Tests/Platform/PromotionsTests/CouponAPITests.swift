import Basics
import Foundation
import Store
import TestKit
import Testing
import Web

@testable import Promotions

/// Coupons over HTTP: the contract's names and statuses.
@Suite struct CouponAPITests {
    private let draft = """
        {"name":"June","kind":"threshold-off","value":6000,"minimumSpend":10000,
         "scope":{"kind":"all"},"quantity":2,"claimFrom":"2018-06-01",
         "claimUntil":"2018-06-30T16:00:00Z","validFrom":"2018-06-01","validUntil":"2018-06-22"}
        """

    @Test(arguments: TestEngine.available)
    func `made by an operator, claimed by a member, once`(engine: TestEngine) async throws {
        try await Shop.with(engine) { shop in
            let made = try await shop.call("POST", "/admin/coupons", as: "operator", draft)
            #expect(made.status == 201)
            #expect(made["status"] == "claiming")
            #expect(made["validUntil"] == "2018-06-22T16:00:00Z")
            #expect(made["claimUntil"] == "2018-06-30T16:00:00Z")
            #expect((made.number("perMember"), made.number("remaining")) == (1, 2))
            let claims = "/coupons/\(made["id"] ?? "")/claims"

            let claim = try await shop.call("POST", claims, as: "alice", key: "k1")
            #expect(claim.status == 201)
            #expect(claim["templateId"] == made["id"])
            #expect((claim["status"], claim.number("value")) == ("unused", 6_000))
            let again = try await shop.call("POST", claims, as: "alice", key: "k1")
            #expect((again.status, again.isReplayed) == (201, true))
            #expect(again["id"] == claim["id"])
            let second = try await shop.call("POST", claims, as: "alice", key: "k2")
            #expect((second.status, second["code"]) == (409, "coupon-limit-reached"))

            let mine = try await shop.call("GET", "/me/coupons?status=unused", as: "alice")
            #expect(mine.items.map { $0["id"] as? String } == [claim["id"]])
            let used = try await shop.call("GET", "/me/coupons?status=used", as: "alice")
            #expect(used.items.isEmpty)
            let offers = try await shop.call("GET", "/coupons", as: "alice")
            #expect(offers.items.map { $0["claimedByMe"] as? Int } == [1])
        }
    }

    @Test func `the list of offers is open to everybody and shows what is left`() async throws {
        try await Shop.with { shop in
            let made = try await shop.call("POST", "/admin/coupons", as: "operator", draft)
            let claims = "/coupons/\(made["id"] ?? "")/claims"
            #expect(try await shop.call("GET", "/coupons").items.count == 1)
            for name in ["alice", "bob"] {
                let claim = try await shop.call("POST", claims, as: name, key: name)
                #expect(claim.status == 201)
            }
            #expect(try await shop.call("GET", "/coupons").items.isEmpty)
            let late = try await shop.call("POST", claims, as: "operator", key: "k")
            #expect((late.status, late["code"]) == (409, "coupon-exhausted"))
        }
    }

    @Test func `pause, resume and revoke`() async throws {
        try await Shop.with { shop in
            let made = try await shop.call("POST", "/admin/coupons", as: "operator", draft)
            let template = "/admin/coupons/\(made["id"] ?? "")"
            for (verb, status) in [
                ("pause", "paused"), ("resume", "claiming"), ("revoke", "revoked"),
            ] {
                let changed = try await shop.call("POST", "\(template)/\(verb)", as: "operator")
                #expect((changed.status, changed["status"]) == (200, status))
            }
            let resumed = try await shop.call("POST", "\(template)/resume", as: "operator")
            #expect((resumed.status, resumed["code"]) == (409, "coupon-revoked"))
            let report = try await shop.call("GET", template, as: "operator")
            #expect((report.status, report.number("used")) == (200, 0))
            let list = try await shop.call("GET", "/admin/coupons", as: "operator")
            #expect((list.items.count, list.number("total")) == (1, 1))
        }
    }

    @Test func `who may do what`() async throws {
        try await Shop.with { shop in
            #expect(try await shop.call("POST", "/admin/coupons", as: "alice", draft).status == 403)
            #expect(try await shop.call("GET", "/admin/coupons").status == 401)
            #expect(try await shop.call("GET", "/me/coupons").status == 401)
            let made = try await shop.call("POST", "/admin/coupons", as: "operator", draft)
            let claims = "/coupons/\(made["id"] ?? "")/claims"
            #expect(try await shop.call("POST", claims, key: "k").status == 401)
            let keyless = try await shop.call("POST", claims, as: "alice")
            #expect((keyless.status, keyless["code"]) == (400, "idempotency-key-required"))
            let nowhere = "/coupons/\(ID<CouponTemplate>.make())/claims"
            #expect(try await shop.call("POST", nowhere, as: "alice", key: "n").status == 404)
        }
    }

    @Test(arguments: [
        (#"{"payPercent":0,"kind":"percent-off","value":null}"#, 422, "/payPercent"),
        (#"{"payPercent":101,"kind":"percent-off","value":null}"#, 422, "/payPercent"),
        (#"{"value":0}"#, 422, "/value"),
        (#"{"minimumSpend":0}"#, 422, "/minimumSpend"),
        (#"{"value":10001}"#, 422, "/value"),
        (#"{"validUntil":"2018-05-31"}"#, 422, "/validUntil"),
        (#"{"validFrom":null,"validUntil":null}"#, 422, "/validDays"),
        (#"{"validDays":7}"#, 422, "/validDays"),
        (#"{"value":60.5}"#, 400, "/value"),
        (#"{"validUntil":"22.06.2018"}"#, 400, "/validUntil"),
        (#"{"kind":"free"}"#, 400, "/kind"),
    ])
    func `C29: what makes no sense is refused at the field`(
        change: String, status: Int, pointer: String
    ) async throws {
        var members = try #require(
            try JSONSerialization.jsonObject(with: Data(draft.utf8)) as? [String: Any])
        let changes = try #require(
            try JSONSerialization.jsonObject(with: Data(change.utf8)) as? [String: Any])
        members.merge(changes) { $1 }
        let body = String(
            decoding: try JSONSerialization.data(withJSONObject: members), as: UTF8.self)
        try await Shop.with { shop in
            let answer = try await shop.call("POST", "/admin/coupons", as: "operator", body)
            #expect((answer.status, answer.pointers) == (status, [pointer]))
        }
    }
}

/// The pages: claiming by a button, making a coupon by a form.
@Suite struct CouponPageTests {
    private let form = [
        "name": "June", "kind": "threshold-off", "value": "60", "minimumSpend": "100.00",
        "scopeKind": "all", "quantity": "10", "perMember": "", "claimFrom": "2018-06-01",
        "claimUntil": "2018-06-30", "validDays": "7", "thresholdBase": "after-line",
        "payPercent": "79", "sample": "99.00",
    ]

    @Test func `an operator makes a coupon, a member claims it by a button`() async throws {
        try await Shop.with { shop in
            let made = try await shop.submit(
                "/operator/coupons", from: "/operator/coupons/new", as: "operator",
                fields: form.map { ($0, $1) })
            #expect((made.status, made.header("Location")) == (303, "/operator/coupons"))
            let desk = try await shop.open("/operator/coupons", as: "operator")
            #expect(desk.text.contains("0 / 10"))
            #expect(desk.text.contains(#"data-status="claiming""#))

            let centre = try await shop.open("/coupons", as: "alice")
            #expect(centre.text.contains(#"data-test="coupon-claim""#))
            #expect(centre.text.contains("¥60.00"))
            #expect(centre.text.contains("claim by 2018-06-30"))
            let id = try #require(try await shop.call("GET", "/coupons").items.first?["id"])
            let claimed = try await shop.submit(
                "/coupons/\(id)/claim", from: "/coupons", as: "alice")
            #expect((claimed.status, claimed.header("Location")) == (303, "/coupons"))
            let after = try await shop.open("/coupons", as: "alice")
            #expect(after.text.contains(#"data-test="coupon-claimed""#))
            #expect(!after.text.contains(#"data-test="coupon-claim""#))
            let mine = try await shop.open("/me/coupons", as: "alice")
            #expect(mine.text.contains(#"data-test="my-coupon""#))

            let dossier = try await shop.open("/operator/coupons/\(id)", as: "operator")
            #expect(dossier.text.contains("1 / 10"))
            for verb in ["pause", "resume", "revoke"] {
                let changed = try await shop.submit(
                    "/operator/coupons/\(id)/\(verb)", from: "/operator/coupons", as: "operator")
                #expect(changed.status == 303)
            }
            #expect(try await shop.call("GET", "/coupons").items.isEmpty)
        }
    }

    @Test func `a preview says what the coupon would do`() async throws {
        try await Shop.with { shop in
            func preview(_ changes: [String: String]) async throws -> LocalAnswer {
                try await shop.submit(
                    "/operator/coupons/preview", from: "/operator/coupons/new", as: "operator",
                    fields: form.merging(changes) { $1 }.map { ($0, $1) })
            }
            let below = try await preview([:])
            #expect(below.status == 200)
            #expect(below.text.contains("¥1.00"))
            let above = try await preview(["sample": "599"])
            #expect(above.text.contains(#"data-amount="53900""#))
            let percent = try await preview(["kind": "percent-off", "sample": "599"])
            #expect(percent.text.contains(#"data-amount="47321""#))
            #expect(percent.text.contains("21% off"))
        }
    }

    @Test func `a form that makes no sense comes back as it was typed, and says why`() async throws
    {
        try await Shop.with { shop in
            for (field, value) in [("value", "101"), ("quantity", "x"), ("validDays", "")] {
                let answer = try await shop.submit(
                    "/operator/coupons", from: "/operator/coupons/new", as: "operator",
                    fields: form.merging([field: value]) { $1 }.map { ($0, $1) })
                #expect(answer.status == 422)
                #expect(answer.text.contains(#"value="June""#))
                #expect(answer.text.contains(#"class="flash bad""#))
            }
        }
    }

    @Test func `pages are for whom they are for`() async throws {
        try await Shop.with { shop in
            #expect(try await shop.open("/coupons").status == 200)
            #expect(try await shop.open("/me/coupons").status == 303)
            #expect(try await shop.open("/operator/coupons", as: "alice").status == 403)
            let guest = try await shop.open("/coupons")
            #expect(!guest.text.contains("t.coupons"))
        }
    }

    @Test func `every text is there in both languages`() async throws {
        try await Shop.with { shop in
            #expect(shop.server.files.missingTexts() == [])
            let codes = ["coupon-rules", "coupon-exhausted", "coupon-threshold-not-met"]
            for code in codes { #expect(shop.server.messages.has("problem.\(code)")) }
        }
    }
}
