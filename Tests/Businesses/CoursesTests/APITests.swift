import Basics
import Checkout
import Foundation
import Money
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// Courses over JSON: the contract's names and statuses.
struct APITests {
    private let draft = """
        {"title":"Crawler","status":"on-sale","policies":[{"days":365,"price":59900},
         {"days":30,"price":9900}]}
        """

    @Test(arguments: TestEngine.available)
    func `made by an operator, found by everybody, read by who has it`(
        engine: TestEngine
    ) async throws {
        try await Storefront.with(engine) { shop in
            let made = try await shop.call("POST", "/admin/courses", as: "operator", draft)
            #expect(made.status == 201)
            let id = try #require(made["id"])
            #expect(made.list("policies").map { $0["days"] as? Int } == [30, 365])
            let chapter = try await shop.call(
                "POST", "/admin/courses/\(id)/chapters", as: "operator", #"{"title":"One"}"#)
            let sections = "/admin/chapters/\(chapter["id"] ?? "")/sections"
            let free = try await shop.call(
                "POST", sections, as: "operator",
                #"{"title":"Welcome","free":true,"content":"Hello."}"#)
            let closed = try await shop.call(
                "POST", sections, as: "operator", #"{"title":"Secret","content":"42"}"#)
            #expect((chapter.status, free.status, closed.status) == (201, 201, 201))

            let shown = try await shop.call("GET", "/courses/\(id)")
            #expect(
                (shown["title"], shown["currency"], shown["ownedUntil"]) == ("Crawler", "CNY", nil))
            #expect(shown.text.contains("Hello.") == false)
            #expect(try await shop.call("GET", "/courses?q=craw").items.count == 1)

            let lesson = "/courses/\(id)/sections"
            let trial = try await shop.call("GET", "\(lesson)/\(free["id"] ?? "")")
            #expect((trial.status, trial["content"]) == (200, "Hello."))
            let refused = try await shop.call(
                "GET", "\(lesson)/\(closed["id"] ?? "")", as: "alice")
            #expect((refused.status, refused["code"]) == (403, "no-access"))

            let course = try #require(ID<Course>(id))
            let alice = Storefront.people["alice"]!.memberID
            let order = Order.of([(course, 30)], by: alice)
            try await shop.database.write { try CourseSeller().fulfil(order, in: $0) }
            let read = try await shop.call("GET", "\(lesson)/\(closed["id"] ?? "")", as: "alice")
            #expect((read.status, read["content"]) == (200, "42"))
            let owned = try await shop.call("GET", "/courses/\(id)", as: "alice")
            #expect(owned["ownedUntil"] != nil)
            let mine = try await shop.call("GET", "/me/enrollments", as: "alice").items
            #expect(mine.map { $0["status"] as? String } == ["active"])
            #expect(mine.map { $0["courseId"] as? String } == [id])
        }
    }

    @Test func `the cart is put, re-priced and emptied`() async throws {
        try await Storefront.with { shop in
            let made = try await shop.call("POST", "/admin/courses", as: "operator", draft)
            let id = try #require(made["id"])
            let policy = try #require(made.list("policies").last?["id"] as? String)
            let body = #"{"policyId":"\#(policy)"}"#
            #expect(try await shop.call("PUT", "/cart/items/\(id)", body).status == 401)
            let put = try await shop.call("PUT", "/cart/items/\(id)", as: "alice", body)
            #expect((put.status, put.number("total")) == (200, 59_900))

            let edit = #"{"policies":[{"days":365,"price":69900}]}"#
            let edited = try await shop.call(
                "PATCH", "/admin/courses/\(id)", as: "operator", edit)
            #expect(edited.list("policies").map { $0["id"] as? String } == [policy])
            let cart = try await shop.call("GET", "/cart", as: "alice")
            #expect(cart.number("total") == 69_900)
            #expect(cart.items[0]["priceChanged"] as? Bool == true)
            #expect((cart.items[0]["addedPrice"] as? NSNumber)?.intValue == 59_900)
            #expect(try await shop.call("GET", "/cart", as: "bob").items.isEmpty)

            let path = "/cart/items/\(id)"
            #expect(try await shop.call("DELETE", path, as: "alice").status == 204)
            #expect(try await shop.call("GET", "/cart", as: "alice").items.isEmpty)
            #expect(try await shop.call("DELETE", path, as: "alice").status == 204)
        }
    }

    @Test func `refusals have a status, a code and a place`() async throws {
        try await Storefront.with { shop in
            let made = try await shop.call("POST", "/admin/courses", as: "operator", draft)
            let id = try #require(made["id"])
            let bad = try await shop.call(
                "POST", "/admin/courses", as: "operator",
                #"{"title":"","hours":-1,"policies":[{"days":0,"price":1}]}"#)
            #expect((bad.status, bad["code"]) == (422, "course-rules"))
            #expect(
                bad.faults == [
                    "/title text-missing", "/hours hours-range", "/policies/0/days days-range",
                ])
            for (body, status) in [
                (#"{"title":"x","policies":[{"days":30,"price":1.5}]}"#, 400),
                (#"{"title":"x","kind":"gift"}"#, 400), (#"{"title":"x","titel":"y"}"#, 400),
                (#"{"title":"x","status":"on-sale"}"#, 422),
                (#"{"title":"x","categoryId":"\#(ID<Category>(rawValue: 1))"}"#, 422),
            ] {
                let answer = try await shop.call("POST", "/admin/courses", as: "operator", body)
                #expect(answer.status == status, "\(body)")
            }
            #expect(
                try await shop.call("POST", "/admin/courses", as: "alice", draft).status == 403)
            let strange = ID<PricePolicy>(rawValue: 1)
            let put = try await shop.call(
                "PUT", "/cart/items/\(id)", as: "alice", #"{"policyId":"\#(strange)"}"#)
            #expect((put.status, put.faults) == (422, ["/policyId policy-not-found"]))
            let course = ID<Course>(rawValue: 1)
            #expect(try await shop.call("GET", "/courses/\(course)").status == 404)
            #expect(try await shop.call("GET", "/courses/\(made["id"]!.dropLast())").status == 404)
        }
    }

    @Test(arguments: TestEngine.available)
    func `commerce C30, defect 28: a quote for a course outside the cart leaves the earlier one`(
        engine: TestEngine
    ) async throws {
        try await Storefront.with(engine) { shop in
            let one = try await shop.database.makeCourse("One")
            let two = try await shop.database.makeCourse("Two")
            let alice = Storefront.people["alice"]!.memberID
            try await shop.database.put(one, days: 365, by: alice)
            let checkout = shop.checkout
            let first = try await shop.database.write {
                try checkout.quote(
                    .init(lines: [.init(courseId: "\(one.id)")]), for: alice, in: $0)
            }
            #expect(first.total.minorUnits == 59_900)
            let refusal = await problem {
                _ = try await shop.database.write {
                    try checkout.quote(
                        .init(lines: [
                            .init(courseId: "\(one.id)"), .init(courseId: "\(two.id)"),
                        ]), for: alice, in: $0)
                }
            }
            #expect(refusal == .courseNotInCart.at("/lines/1/courseId"))
            let kept = try await checkout.quote(first.id, of: alice)
            #expect(kept == first)
        }
    }
}
