import Basics
import Money
import Testing
import Web

@testable import Courses

/// What operators may write into the catalogue, as pure rules.
struct CatalogueModelTests {
    private let now = Instant.at("2026-02-01T00:00:00Z")

    @Test(arguments: [
        (CourseDraft(title: nil), ["/title text-missing"]),
        (CourseDraft(title: "  "), ["/title text-missing"]),
        (CourseDraft(title: String(repeating: "长", count: 121)), ["/title text-too-long"]),
        (CourseDraft(title: "two\nlines"), ["/title text-not-one-line"]),
        (CourseDraft(title: "t", hours: -1), ["/hours hours-range"]),
        (CourseDraft(title: "t", coverUrl: .set("javascript:alert(1)")), ["/coverUrl path-here"]),
        (CourseDraft(title: "t", coverUrl: .set("//evil.example/a")), ["/coverUrl path-here"]),
        (
            CourseDraft(title: "", policies: [PriceTerms(days: 0, price: Amount(-1))]),
            ["/title text-missing", "/policies/0/days days-range", "/policies/0/price price-range"]
        ),
        (
            CourseDraft(
                title: "t",
                policies: [
                    PriceTerms(days: 30, price: Amount(1)), PriceTerms(days: 30, price: Amount(2)),
                ]),
            ["/policies/1/days days-repeated"]
        ),
    ])
    func `a draft is told of every field at fault`(draft: CourseDraft, faults: [String]) throws {
        let problem = try #require(throws: Problem.self) { try Course(draft, at: now) }
        #expect(problem.code == "course-rules")
        #expect(problem.faults == faults)
    }

    @Test func `what an edit leaves out stays, what it clears goes`() throws {
        let draft = CourseDraft(
            title: " Swift ", subtitle: "from zero", level: .advanced, hours: 12,
            coverUrl: .set("/media/a.png"))
        let course = try Course(draft, at: now)
        #expect((course.title, course.status) == ("Swift", .draft))
        let edited = try course.edited(by: CourseDraft(status: .onSale, coverUrl: .clear))
        #expect((edited.subtitle, edited.level, edited.hours) == ("from zero", .advanced, 12))
        #expect((edited.status, edited.coverURL) == (.onSale, nil))
        #expect((edited.id, edited.createdAt) == (course.id, now))
    }

    @Test func `a price keeps its policy while its period does`() {
        let course = ID<Course>(rawValue: 1)
        let first = PricePolicy.revised(
            [],
            to: [PriceTerms(days: 30, price: Amount(100)), .init(days: 90, price: Amount(250))],
            of: course)
        let second = PricePolicy.revised(
            first, to: [PriceTerms(days: 30, price: Amount(120)), .init(days: 7, price: .zero)],
            of: course)
        #expect(second.map(\.days) == [30, 90, 7])
        #expect(second.map(\.price.minorUnits) == [120, 250, 0])
        #expect(second.map(\.isActive) == [true, false, true])
        #expect(second.prefix(2).map(\.id) == first.map(\.id))

        let third = PricePolicy.revised(
            second, to: [PriceTerms(days: 90, price: Amount(240))], of: course)
        #expect(third.filter(\.isActive).map(\.id) == [first[1].id])
    }

    @Test(arguments: [
        (SectionDraft(title: "", content: "x"), ["/title text-missing"]),
        (SectionDraft(title: "t"), ["/content text-missing"]),
        (
            SectionDraft(title: "t", content: String(repeating: "a", count: 60_001)),
            ["/content text-too-long"]
        ),
        (SectionDraft(title: "t", kind: .video), ["/videoUrl web-address"]),
        (
            SectionDraft(title: "t", kind: .video, videoUrl: "http://example.com/a.mp4"),
            ["/videoUrl web-address"]
        ),
        (
            SectionDraft(title: "t", kind: .video, videoUrl: "https://example.com/\\a"),
            ["/videoUrl web-address"]
        ),
    ])
    func `a section teaches something`(draft: SectionDraft, faults: [String]) throws {
        let problem = try #require(throws: Problem.self) {
            try Section(draft, in: ID(rawValue: 1), last: 1)
        }
        #expect(problem.code == "section-rules")
        #expect(problem.faults == faults)
    }

    @Test func `a document that becomes an exercise keeps its text`() throws {
        let section = try Section(
            SectionDraft(title: "t", content: " Try it. "), in: ID(rawValue: 1), last: 3)
        #expect((section.position, section.isFree) == (3, false))
        let exercise = try section.edited(by: SectionDraft(kind: .exercise))
        #expect(exercise.material == .exercise(text: "Try it."))
        let video = try section.edited(
            by: SectionDraft(kind: .video, videoUrl: "https://example.com/a.mp4"))
        #expect(video.material == .video(url: "https://example.com/a.mp4"))
    }

    @Test func `categories have two levels`() throws {
        let top = try Category(name: "编程", below: nil)
        let inner = try Category(name: "Swift", below: top)
        #expect(inner.parentID == top.id)
        #expect(throws: Problem.categoryTooDeep) { try Category(name: "SwiftUI", below: inner) }
        #expect(throws: Problem.self) { try Category(name: " ", below: nil) }
    }

    @Test func `neighbours of a section reach across chapters`() {
        let course = ID<Course>(rawValue: 1)
        let chapters = (1...3).map {
            Chapter(id: ID(rawValue: $0), courseID: course, position: $0, title: "\($0)")
        }
        // The second chapter is empty.
        let sections = [(10, 1), (11, 1), (30, 3)].map { id, chapter in
            SectionHeading(
                id: ID(rawValue: Int64(id)), chapterID: ID(rawValue: Int64(chapter)),
                title: "\(id)", kind: .document, isFree: false)
        }
        let outline = Outline(chapters: chapters, sections: sections)
        #expect(outline.parts.map(\.sections.count) == [2, 0, 1])
        let middle = outline.neighbours(of: ID(rawValue: 11))
        #expect((middle.previous?.title, middle.next?.title) == ("10", "30"))
        #expect(outline.neighbours(of: ID(rawValue: 10)).previous == nil)
        #expect(outline.neighbours(of: ID(rawValue: 30)).next == nil)
    }

    @Test func `a course without a picture always gets the same one, unlike its neighbour's`() {
        let art = CoverArt(of: 7)
        #expect(art.svg == CoverArt(of: 7).svg)
        #expect(art.svg != CoverArt(of: 8).svg)
        #expect(art.svg.hasPrefix("<svg ") && art.svg.hasSuffix("</svg>"))
    }
}
