import Basics
import Money
import Store
import TestKit
import Testing
import Web

@testable import Courses

/// The catalogue as operators write it and visitors find it, on both engines.
struct CatalogueTests {
    @Test(arguments: TestEngine.available)
    func `a course on sale has a price`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            let free = CourseDraft(title: "One", status: .onSale)
            let create = CreateCourse(draft: free)
            #expect(
                await problem { _ = try await database.write { try create.run(in: $0) } }
                    == .policiesMissing)
            #expect(try await database.read { try $0.courseCount(CourseFilter()) } == 0)

            let course = try await database.makeCourse("Two")
            let edit = EditCourse(course: course.id, draft: CourseDraft(policies: []))
            #expect(
                await problem { try await database.write { try edit.run(in: $0) } }
                    == .policiesMissing)
            #expect(
                try await database.read { try $0.policies(of: course.id) } == course.policies)
        }
    }

    @Test(arguments: TestEngine.available)
    func `an edit keeps the policies it does not name out of sale, under their ids`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One", [30: 9_900, 365: 59_900])
            let edit = EditCourse(
                course: course.id,
                draft: CourseDraft(policies: [PriceTerms(days: 365, price: Amount(49_900))]))
            try await database.write { try edit.run(in: $0) }
            let policies = try await database.read { try $0.policies(of: course.id) }
            #expect(policies.map(\.id) == course.policies.map(\.id))
            #expect(policies.map(\.isActive) == [false, true])
            #expect(policies[1].price == Amount(49_900))
        }
    }

    @Test(arguments: TestEngine.available)
    func `visitors find courses by category, sub-category and title`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let (top, inner) = try await database.write { tx in
                let top = try AddCategory(name: "编程", parent: nil).run(in: tx)
                return (top.id, try AddCategory(name: "Swift", parent: top.id).run(in: tx).id)
            }
            for (title, category) in [
                ("Swift 入门", inner), ("Web 100%", top), ("swift_server", inner),
            ] {
                var draft = CourseDraft.onSale(title)
                draft.categoryId = .set(category)
                let create = CreateCourse(draft: draft)
                _ = try await database.write { try create.run(in: $0) }
            }
            _ = try await database.makeCourse("摄影")
            func titles(_ category: ID<Category>?, _ title: String?) async throws -> [String] {
                let filter = CourseFilter(status: .onSale, category: category, title: title)
                return try await database.read {
                    try BrowseCourses(filter: filter).run(in: $0).items.map(\.course.title)
                }
            }
            #expect(try await titles(nil, nil).count == 4)
            #expect(try await titles(top, nil) == ["swift_server", "Web 100%", "Swift 入门"])
            #expect(try await titles(inner, nil) == ["swift_server", "Swift 入门"])
            #expect(try await titles(nil, "SWIFT") == ["swift_server", "Swift 入门"])
            #expect(try await titles(nil, "入门") == ["Swift 入门"])
            // The wildcards of SQL are plain letters here.
            #expect(try await titles(nil, "0%") == ["Web 100%"])
            #expect(try await titles(nil, "t_s") == ["swift_server"])
            #expect(try await titles(nil, "%") == ["Web 100%"])
            #expect(try await titles(nil, "!").isEmpty)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a list runs from new to old and shows the lowest price`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            for index in 1...5 {
                _ = try await database.makeCourse("\(index)", [30: 9_900, 365: 59_900])
            }
            let draft = CreateCourse(draft: CourseDraft(title: "draft"))
            _ = try await database.write { try draft.run(in: $0) }
            let first = try await database.read {
                try BrowseCourses(page: PageRequest(limit: 3)).run(in: $0)
            }
            #expect(first.items.map(\.course.title) == ["5", "4", "3"])
            #expect(first.items.map(\.lowestPrice) == Array(repeating: Amount(9_900), count: 3))
            let compared = try await database.read {
                try BrowseCourses(page: PageRequest(limit: 3), comparesPrices: true).run(in: $0)
            }
            #expect(compared.items.map(\.lowestPrice) == first.items.map(\.lowestPrice))
            #expect(compared.items.map(\.highestPrice?.minorUnits) == [59_900, 59_900, 59_900])
            let second = try await database.read {
                try BrowseCourses(page: PageRequest(limit: 3, after: first.next)).run(in: $0)
            }
            #expect(second.items.map(\.course.title) == ["2", "1"])
            #expect(second.next == nil)

            let all = try await database.read {
                try ListCourses(page: PageRequest(limit: 1)).run(in: $0)
            }
            #expect((all.total, all.page.items.map(\.course.title)) == (6, ["draft"]))
        }
    }

    @Test(arguments: TestEngine.available)
    func `an outline is shown in the order the operator gives it`(
        engine: TestEngine
    ) async throws {
        try await withCourses(engine) { database, _ in
            let course = try await database.makeCourse("One")
            let chapter = try await database.write { tx in
                let chapter = try AddChapter(course: course.id, draft: .init(title: "Two"))
                    .run(in: tx)
                let draft = SectionDraft(title: "Watch", kind: .video, videoUrl: "/media/a.mp4")
                _ = try AddSection(chapter: chapter.id, draft: draft).run(in: tx)
                return chapter.id
            }
            func outline() async throws -> [String] {
                let outline = try await database.read { try $0.outline(of: course.id) }
                return outline.parts.map {
                    "\($0.chapter.title): \($0.sections.map(\.title).joined(separator: ", "))"
                }
            }
            #expect(try await outline() == ["One: Welcome, The secret", "Two: Watch"])
            try await database.write { tx in
                _ = try EditChapter(chapter: chapter, draft: ChapterDraft(position: 0)).run(in: tx)
                _ = try EditSection(section: course.free, draft: SectionDraft(position: 9))
                    .run(in: tx)
            }
            #expect(try await outline() == ["Two: Watch", "One: The secret, Welcome"])
            try await database.write { tx in
                try RemoveChapter(chapter: chapter).run(in: tx)
                try RemoveSection(section: course.free).run(in: tx)
            }
            #expect(try await outline() == ["One: The secret"])
            let gone = RemoveChapter(chapter: chapter)
            #expect(
                await problem { try await database.write { try gone.run(in: $0) } } == .notFound)
        }
    }

    @Test(arguments: TestEngine.available)
    func `a category that does not exist is refused`(engine: TestEngine) async throws {
        try await withCourses(engine) { database, _ in
            var draft = CourseDraft.onSale("One")
            draft.categoryId = .set(ID(rawValue: 9))
            let create = CreateCourse(draft: draft)
            #expect(
                await problem { _ = try await database.write { try create.run(in: $0) } }
                    == .categoryUnknown)
            let orphan = AddCategory(name: "x", parent: ID(rawValue: 9))
            #expect(
                await problem { _ = try await database.write { try orphan.run(in: $0) } }
                    == .categoryUnknown.at("/parentId"))
        }
    }
}
