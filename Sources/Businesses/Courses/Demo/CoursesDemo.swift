import Basics
import Money
import Store
import Web

/// A catalogue that looks alive, for `kontor demo`: texts to read, prices to compare.
package enum CoursesDemo {
    /// Adds the catalogue.
    /// - Returns: its courses in the order in which the shop shows them, for coupons and orders.
    @discardableResult
    package static func seed(in tx: Transaction) throws -> [ID<Course>] {
        let shelves = [programming, design, languages, life]
        let categories = try shelves.map { try $0.writeCategories(in: tx) }
        // The shop shows the newest course first: what is to be seen first is written last.
        let courses = try zip(shelves, categories).reversed().flatMap { shelf, categories in
            try shelf.courses.map { try $0.write(on: categories[$0.shelf ?? shelf.name], in: tx) }
        }
        return courses.reversed()
    }
}

/// A category of the first level, with its courses.
struct DemoShelf: Sendable {
    let name: String
    /// Names of categories inside, in order.
    var inside: [String] = []
    let courses: [DemoCourse]

    /// - Returns: the categories by name.
    fileprivate func writeCategories(in tx: Transaction) throws -> [String: ID<Category>] {
        let top = try AddCategory(name: name, parent: nil).run(in: tx)
        var categories = [name: top.id]
        for name in inside {
            categories[name] = try AddCategory(name: name, parent: top.id).run(in: tx).id
        }
        return categories
    }
}

struct DemoCourse: Sendable {
    let title: String
    let subtitle: String
    let summary: String
    /// The category inside the shelf; nil for the shelf itself.
    var shelf: String?
    var level = Course.Level.beginner
    var hours: Int64 = 8
    var isRecommended = false
    /// Days and fen.
    let prices: [(days: Int64, price: Int64)]
    let chapters: [DemoChapter]

    fileprivate func write(on category: ID<Category>?, in tx: Transaction) throws -> ID<Course> {
        let draft = CourseDraft(
            title: title, subtitle: subtitle, summary: summary,
            categoryId: category.map(Change.set) ?? .keep,
            status: .onSale, level: level, hours: hours, recommended: isRecommended,
            policies: prices.map { PriceTerms(days: $0.days, price: Amount($0.price)) })
        let course = try CreateCourse(draft: draft).run(in: tx)
        for chapter in chapters {
            let added = try AddChapter(course: course, draft: .init(title: chapter.title))
                .run(in: tx)
            for section in chapter.sections {
                _ = try AddSection(chapter: added.id, draft: section).run(in: tx)
            }
        }
        return course
    }
}

struct DemoChapter: Sendable {
    let title: String
    let sections: [SectionDraft]

    init(_ title: String, _ sections: [SectionDraft]) {
        self.title = title
        self.sections = sections
    }
}

extension SectionDraft {
    static func trial(_ title: String, _ text: String) -> SectionDraft {
        SectionDraft(title: title, kind: .document, free: true, content: text)
    }

    static func text(_ title: String, _ text: String) -> SectionDraft {
        SectionDraft(title: title, kind: .document, content: text)
    }

    static func exercise(_ title: String, _ text: String) -> SectionDraft {
        SectionDraft(title: title, kind: .exercise, content: text)
    }
}
