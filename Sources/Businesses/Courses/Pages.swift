import Basics
import Hummingbird
import Money
import Web

// What the pages of Courses show, ready to be put into templates: words are chosen here, markup there.

/// A course in a grid.
struct CardModel {
    let id: ID<Course>
    let title: String
    let subtitle: String
    let cover: String
    let facts: String
    let isPriced: Bool
    let price: Amount
    let hasSeveralPrices: Bool

    init(_ card: CourseCard, _ page: SiteRequest) {
        id = card.course.id
        title = card.course.title
        subtitle = card.course.subtitle
        cover = card.course.cover
        facts = page.facts(of: card.course)
        isPriced = card.lowestPrice != nil
        price = card.lowestPrice ?? .zero
        hasSeveralPrices = card.hasSeveralPrices
    }
}

/// A price to choose.
struct PolicyModel {
    let id: ID<PricePolicy>
    let period: String
    let price: Amount
    let isChosen: Bool

    init(_ policy: PricePolicy, isChosen: Bool, _ page: SiteRequest) {
        id = policy.id
        period = page.period(days: policy.days)
        price = policy.price
        self.isChosen = isChosen
    }
}

/// The outline beside a course or a lesson.
struct OutlineModel {
    struct Part {
        let title: String
        let sections: [Lesson]
    }

    struct Lesson {
        let id: ID<Section>
        let title: String
        let kind: String
        let path: String
        let isFree: Bool
        let isOpen: Bool
        let isHere: Bool
    }

    let parts: [Part]
    let isEmpty: Bool

    init(
        _ outline: Outline, of course: ID<Course>, _ access: CourseAccess,
        here: ID<Section>? = nil, _ page: SiteRequest
    ) {
        isEmpty = outline.sections.isEmpty
        parts = outline.parts.map { part in
            Part(
                title: part.chapter.title,
                sections: part.sections.map { section in
                    Lesson(
                        id: section.id, title: section.title,
                        kind: page.text("courses.kind.\(section.kind.rawValue)"),
                        path: section.path(in: course), isFree: section.isFree,
                        isOpen: access.opens(section), isHere: section.id == here)
                })
        }
    }
}

extension SectionHeading {
    func path(in course: ID<Course>) -> String { "/learning/\(course)/sections/\(id)" }
}

extension SiteRequest {
    var visitor: ID<Member>? { session?.memberID }

    /// What was typed into a search form.
    var search: String? { query("q") }

    /// `365 天`
    func period(days: Int64) -> String { text("courses.days", ["days": .number(days)]) }

    /// `初级 · 12 小时`
    func facts(of course: Course) -> String {
        let level = text("courses.level.\(course.level.rawValue)")
        guard course.hours > 0 else { return level }
        return "\(level) · \(text("courses.hours", ["hours": .number(course.hours)]))"
    }
}

extension String {
    /// Text as people typed it, cut at empty lines.
    var paragraphs: [String] {
        replacing("\r\n", with: "\n").split(separator: "\n\n")
            .map { String($0).withoutBlanksAround }.filter { !$0.isEmpty }
    }
}
