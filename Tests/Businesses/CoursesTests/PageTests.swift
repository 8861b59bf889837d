import Basics
import Money
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// The pages of the shop, as a browser without scripts gets them.
struct PageTests {
    private let alice = Storefront.people["alice"]!.memberID

    @Test func `a visitor finds a course and tries a lesson`() async throws {
        try await Storefront.with { shop in
            let course = try await shop.database.makeCourse("Swift <b>", [30: 9_900, 365: 59_900])
            for language in ["en", "zh-Hans"] {
                let home = try await shop.open("/", in: language)
                #expect((home.status, home.count("course-link", id: "\(course.id)")) == (200, 1))
                let list = try await shop.open("/courses?q=swift+%3Cb", in: language)
                #expect(list.count("course-link", id: "\(course.id)") == 1)
                #expect(list.text.contains("Swift &lt;b&gt;"))
                let fromPrice = language == "en" ? "and up</span>" : "起</span>"
                #expect(home.text.contains(fromPrice) && list.text.contains(fromPrice))
                let page = try await shop.open("/courses/\(course.id)", in: language)
                #expect(page.count("policy") == 2)
                #expect((page.count("section"), page.count("section-link")) == (2, 1))
                #expect(page.text.contains(language == "en" ? "30 days" : "30 天"))
            }
            #expect(try await shop.open("/courses?q=nothing").count("course-card") == 0)
            let lesson = "/learning/\(course.id)/sections"
            let trial = try await shop.open("\(lesson)/\(course.free)")
            #expect(trial.text.contains("<p>Hello.</p>"))
            let closed = try await shop.open("\(lesson)/\(course.closed)")
            #expect((closed.status, closed.location) == (303, "/courses/\(course.id)"))
            #expect(try await shop.open("/learning").location == "/login?next=/learning")
        }
    }

    @Test func `a course goes through the cart to a quote`() async throws {
        try await Storefront.with { shop in
            let one = try await shop.database.makeCourse("One", [30: 9_900, 365: 59_900])
            let two = try await shop.database.makeCourse("Two")
            for (course, days) in [(one, Int64(30)), (two, 365)] {
                let put = try await shop.submit(
                    "/cart/items", from: "/courses/\(course.id)", as: "alice",
                    ["course": "\(course.id)", "policy": "\(course.policy(days: days))"])
                #expect(put.location == "/cart")
            }
            let change = try await shop.submit(
                "/cart/items", from: "/cart", as: "alice",
                ["course": "\(one.id)", "policy": "\(one.policy(days: 365))"])
            #expect(change.location == "/cart")
            let cart = try await shop.open("/cart", as: "alice")
            #expect(cart.count("cart-line", id: "\(one.id)") == 1)
            #expect(cart.text.contains("data-test=\"cart-total\" data-amount=\"119800\""))

            let quoted = try await shop.submit(
                "/cart/checkout", from: "/cart", as: "alice",
                ["course": "\(one.id)", "course": "\(two.id)"])
            #expect(quoted.location?.hasPrefix("/checkout/quo_") == true)
            let removed = try await shop.submit(
                "/cart/items/\(two.id)/remove", from: "/cart", as: "alice")
            #expect(removed.location == "/cart")
            #expect(try await shop.open("/cart", as: "alice").count("cart-line") == 1)

            let nothing = try await shop.submit("/cart/checkout", from: "/cart", as: "alice")
            #expect(nothing.status == 422 && nothing.count("problem") == 1)
            let bought = try await shop.submit(
                "/cart/buy", from: "/courses/\(two.id)", as: "alice",
                ["course": "\(two.id)", "policy": "\(two.policy(days: 365))"])
            #expect(bought.location?.hasPrefix("/checkout/quo_") == true)
        }
    }

    @Test func `a cart says what has changed since`() async throws {
        try await Storefront.with { shop in
            let one = try await shop.database.makeCourse("One")
            let two = try await shop.database.makeCourse("Two")
            for course in [one, two] { try await shop.database.put(course, days: 365, by: alice) }
            try await shop.database.buy(one, days: 30, by: ID(rawValue: 99))
            let dearer = EditCourse(
                course: one.id, draft: CourseDraft(policies: [.init(days: 365, price: .init(1))]))
            let gone = EditCourse(course: two.id, draft: CourseDraft(status: .offline))
            try await shop.database.write { tx in
                try dearer.run(in: tx)
                try gone.run(in: tx)
            }
            let cart = try await shop.open("/cart", as: "alice")
            #expect((cart.count("price-changed"), cart.count("offline")) == (1, 1))
            #expect(cart.text.contains("data-test=\"cart-total\" data-amount=\"1\""))
        }
    }

    @Test func `a member reads what is bought and renews it`() async throws {
        try await Storefront.with { shop in
            let course = try await shop.database.makeCourse("One")
            try await shop.database.buy(course, days: 30, by: alice)
            let mine = try await shop.open("/learning", as: "alice")
            #expect(mine.count("learning-course", id: "\(course.id)") == 1)
            #expect(mine.text.contains("2026-03-03 08:00"))
            let reader = try await shop.open("/learning/\(course.id)", as: "alice")
            #expect((reader.count("learning-title"), reader.count("section-link")) == (1, 2))
            let lesson = try await shop.open(
                "/learning/\(course.id)/sections/\(course.closed)", as: "alice")
            #expect(lesson.text.contains("<p>42</p>"))
            #expect((lesson.count("previous-section"), lesson.count("next-section")) == (1, 0))
            #expect(
                try await shop.open("/courses/\(course.id)", as: "alice").count("owned-until") == 1)

            shop.clock.advance(by: .days(31))
            let over = try await shop.open("/learning/\(course.id)", as: "alice")
            #expect((over.count("no-access"), over.count("section-link")) == (1, 1))
        }
    }

    @Test func `a course without a picture gets one`() async throws {
        try await Storefront.with { shop in
            let cover = try await shop.open("/courses/\(ID<Course>(rawValue: 5))/cover.svg")
            #expect(cover.header("Content-Type") == "image/svg+xml")
            #expect(cover.header("Cache-Control")?.contains("immutable") == true)
            #expect(try await shop.open("/courses/nothing/cover.svg").status == 404)
        }
    }

    @Test func `an operator writes a course from title to lesson`() async throws {
        try await Storefront.with { shop in
            #expect(try await shop.open("/operator/courses", as: "alice").status == 403)
            let form = "/operator/courses/new"
            let refused = try await shop.submit(
                "/operator/courses", from: form, as: "operator",
                [
                    "title": "Go", "summary": "Long text", "status": "on-sale", "level": "beginner",
                    "days": "", "price": "",
                ])
            #expect(refused.status == 422)
            #expect(refused.text.contains("Long text"))
            let made = try await shop.submit(
                "/operator/courses", from: form, as: "operator",
                [
                    "title": "Go", "status": "on-sale", "level": "beginner", "recommended": "on",
                    "days": "30", "price": "99.90", "days": "", "price": "",
                ])
            let place = try #require(made.location)
            #expect(made.status == 303 && place.hasPrefix("/operator/courses/crs_"))
            let added = try await shop.submit(
                "\(place)/chapters", from: place, as: "operator", ["title": "One"])
            #expect(added.location == place)
            let page = try await shop.open(place, as: "operator")
            #expect(page.count("chapter") == 1 && page.text.contains("value=\"99.90\""))

            let courses = try await shop.database.read { try ListCourses().run(in: $0).page.items }
            let chapter = try await shop.database.read {
                try $0.outline(of: courses[0].course.id).parts[0].chapter.id
            }
            let write = "/operator/chapters/\(chapter)/sections"
            let empty = try await shop.submit(
                write, from: "\(write)/new", as: "operator", ["title": "Hi", "kind": "document"])
            #expect(empty.status == 422)
            let saved = try await shop.submit(
                write, from: "\(write)/new", as: "operator",
                ["title": "Hi", "kind": "document", "content": "a\r\n\r\nb", "free": "on"])
            #expect(saved.location == place)
            let list = try await shop.open("/operator/courses?status=on-sale", as: "operator")
            #expect(list.count("operator-course-link") == 1)
            #expect(try await shop.open("/").count("course-link") == 1)
        }
    }

    @Test func `every text is there, in both languages`() async throws {
        try await Storefront.with { shop in
            let texts = shop.server.files.missingTexts()
            #expect(texts.isEmpty, "\(texts)")
            let codes = [
                Problem.noAccess, .courseNotForSale, .courseNotInCart, .policyNotFound, .cartFull,
                .categoryUnknown, .categoryTooDeep, .policiesMissing, .outlineFull,
            ].map(\.code)
            for code in codes { #expect(shop.server.messages.has("problem.\(code)"), "\(code)") }
        }
    }

    @Test(arguments: TestEngine.available)
    func `the demo's catalogue can be looked at`(engine: TestEngine) async throws {
        try await Storefront.with(engine) { shop in
            let courses = try await shop.database.write { try CoursesDemo.seed(in: $0) }
            #expect(courses.count == 12)
            let home = try await shop.open("/")
            #expect(home.count("course-card") == 6)
            for course in courses {
                let page = try await shop.open("/courses/\(course)")
                #expect(page.status == 200 && page.count("section-link") >= 1)
            }
            let first = try await shop.open("/courses")
            #expect(first.count("course-card") == 12 && first.count("next-page") == 0)
        }
    }
}
