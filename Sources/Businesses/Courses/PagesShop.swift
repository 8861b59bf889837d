import Basics
import Hummingbird
import Money
import Store
import Web

/// The first page: what this is, and a few courses to begin with.
private struct HomePage {
    let cards: [CardModel]
    let categories: [CategoryLink]
    let hasCategories: Bool
}

private struct CategoryLink {
    let name: String
    let path: String
    let isHere: Bool
}

private struct CourseListPage {
    let cards: [CardModel]
    let isEmpty: Bool
    let categories: [CategoryLink]
    let allPath: String
    let isAll: Bool
    let search: String
    let category: String
    let nextPath: String?
}

private struct CoursePage {
    let id: ID<Course>
    let title: String
    let subtitle: String
    let cover: String
    let facts: String
    let paragraphs: [String]
    let category: String?
    let policies: [PolicyModel]
    let isForSale: Bool
    let outline: OutlineModel
    let isOwned: Bool
    let ownedUntil: Instant?
}

extension CoursesModule {
    func shopPages(_ site: Site) {
        site.get("/") { try await homePage($0) }
        site.get("/courses") { try await listPage($0) }
        site.get("/courses/{id}") { try await coursePage($0) }
        site.raw(.get, "/courses/{id}/cover.svg") { _, context in
            guard let id = context.parameters.get("id").flatMap({ ID<Course>($0) }) else {
                throw Problem.notFound
            }
            return Response(
                status: .ok,
                headers: [
                    .contentType: "image/svg+xml",
                    .cacheControl: "public, max-age=31536000, immutable",
                ],
                body: ResponseBody(
                    byteBuffer: ByteBuffer(string: CoverArt(of: id.rawValue).svg)))
        }
    }

    private func homePage(_ page: SiteRequest) async throws -> Response {
        let recommended = BrowseCourses(
            filter: CourseFilter(status: .onSale, isRecommended: true), page: PageRequest(limit: 6),
            comparesPrices: true)
        let newest = BrowseCourses(page: PageRequest(limit: 6), comparesPrices: true)
        let (cards, categories) = try await database.read { snapshot in
            let chosen = try recommended.run(in: snapshot).items
            return (
                chosen.isEmpty ? try newest.run(in: snapshot).items : chosen,
                try snapshot.categories().filter { $0.parentID == nil }
            )
        }
        let model = HomePage(
            cards: cards.map { CardModel($0, page) },
            categories: categories.map {
                CategoryLink(name: $0.name, path: "/courses?category=\($0.id)", isHere: false)
            }, hasCategories: !categories.isEmpty)
        return await page.render("course-home", model, title: "courses.home.title")
    }

    private func listPage(_ page: SiteRequest) async throws -> Response {
        let category = page.query("category").flatMap { ID<Category>($0) }
        let search = page.search ?? ""
        let browse = BrowseCourses(
            filter: CourseFilter(status: .onSale, category: category, title: page.search),
            page: page.page(limit: 12), comparesPrices: true)
        let found = try await browse.run(on: database)
        let categories = try await database.read { try $0.categories() }
        let model = CourseListPage(
            cards: found.items.map { CardModel($0, page) }, isEmpty: found.items.isEmpty,
            categories: categories.shelves(around: category), allPath: "/courses",
            isAll: category == nil, search: search, category: category?.description ?? "",
            nextPath: page.nextPage(found))
        return await page.render("course-list", model, title: "courses.list.title")
    }

    private func coursePage(_ page: SiteRequest) async throws -> Response {
        let show = ShowCourse(
            course: try page.id(ID<Course>.self, "id"), visitor: page.visitor)
        let details = try await database.read { try show.run(in: $0) }
        let course = details.course
        let model = CoursePage(
            id: course.id, title: course.title, subtitle: course.subtitle, cover: course.cover,
            facts: page.facts(of: course), paragraphs: course.summary.paragraphs,
            category: details.category?.name,
            policies: details.policies.enumerated().map { index, policy in
                PolicyModel(policy, isChosen: index == 0, page)
            },
            isForSale: !details.policies.isEmpty,
            outline: OutlineModel(details.outline, of: course.id, details.access, page),
            isOwned: details.access.isOwned, ownedUntil: details.access.ownedUntil)
        return await page.render("course-detail", model, title: course.title)
    }
}

extension [Category] {
    /// The first level, and below the chosen one what is inside it.
    fileprivate func shelves(around chosen: ID<Category>?) -> [CategoryLink] {
        let open = first { $0.id == chosen }.map { $0.parentID ?? $0.id }
        return filter { $0.parentID == nil }.flatMap { top in
            [top] + (top.id == open ? self.filter { $0.parentID == top.id } : [])
        }.map {
            CategoryLink(name: $0.name, path: "/courses?category=\($0.id)", isHere: $0.id == chosen)
        }
    }
}
