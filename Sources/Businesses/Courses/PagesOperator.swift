import Basics
import Hummingbird
import Money
import Store
import Web

private struct OperatorListPage {
    struct Item {
        let id: ID<Course>
        let title: String
        let status: String
        let statusText: String
        let statusTone: String
        let isPriced: Bool
        let price: Amount
        let createdAt: Instant
    }

    struct Filter {
        let label: String
        let path: String
        let isHere: Bool
    }

    let items: [Item]
    let total: String
    let filters: [Filter]
    let search: String
    let nextPath: String?
    let categories: [Shelf]
}

private struct Shelf {
    let id: ID<Category>
    let name: String
    let isInside: Bool
}

/// A choice in a `<select>`.
struct OptionModel {
    let value: String
    let label: String
    let isChosen: Bool
}

/// The form of a course.
private struct CourseFormPage {
    struct Price {
        let number: Int
        let days: String
        let price: String
    }

    let id: String?
    let isNew: Bool
    let title: String
    let subtitle: String
    let summary: String
    let hours: String
    let coverUrl: String
    let isRecommended: Bool
    let levels: [OptionModel]
    let statuses: [OptionModel]
    let categories: [OptionModel]
    let prices: [Price]
    let chapters: [ChapterModel]
}

extension CoursesModule {
    func operatorCoursePages(_ site: Site) {
        site.get("/operator/courses", auth: .role(.operator)) { try await operatorList($0) }
        site.get("/operator/courses/new", auth: .role(.operator)) {
            try await courseForm(nil, $0)
        }
        site.get("/operator/courses/{id}", auth: .role(.operator)) { page in
            try await courseForm(try page.id(ID<Course>.self, "id"), page)
        }
        site.post("/operator/courses", auth: .role(.operator)) { try await saveCourse(nil, $0) }
        site.post("/operator/courses/{id}", auth: .role(.operator)) { page in
            try await saveCourse(try page.id(ID<Course>.self, "id"), page)
        }
        site.post("/operator/categories", auth: .role(.operator)) { page in
            let add = AddCategory(
                name: try page.form.required("name"),
                parent: try page.form.id(ID<Category>.self, "parent"))
            _ = try await database.write { try add.run(in: $0) }
            return page.redirect(to: "/operator/courses")
        }
        site.post("/operator/categories/{id}", auth: .role(.operator)) { page in
            let rename = RenameCategory(
                category: try page.id(ID<Category>.self, "id"),
                name: try page.form.required("name"))
            _ = try await database.write { try rename.run(in: $0) }
            return page.redirect(to: "/operator/courses")
        }
    }

    private func operatorList(_ page: SiteRequest) async throws -> Response {
        let status = page.query("status").flatMap(Course.Status.init(rawValue:))
        let search = page.search
        let list = ListCourses(
            filter: CourseFilter(status: status, title: search), page: page.page(limit: 50))
        let (found, categories) = try await database.survey {
            (try list.run(in: $0), try $0.categories())
        }
        let model = OperatorListPage(
            items: found.page.items.map { Self.item($0, page) },
            total: page.text("courses.operator.total", ["total": .number(found.total)]),
            filters: Self.filters(status, page), search: search ?? "",
            nextPath: page.nextPage(found.page),
            categories: categories.inOrder.map {
                Shelf(id: $0.id, name: $0.name, isInside: $0.parentID != nil)
            })
        return await page.render("operator-courses", model, title: "courses.operator.title")
    }

    private static func item(_ card: CourseCard, _ page: SiteRequest) -> OperatorListPage.Item {
        let course = card.course
        let tones: [Course.Status: String] = [.onSale: "good", .draft: "warn"]
        return OperatorListPage.Item(
            id: course.id, title: course.title, status: course.status.rawValue,
            statusText: page.text("courses.status.\(course.status.rawValue)"),
            statusTone: tones[course.status] ?? "", isPriced: card.lowestPrice != nil,
            price: card.lowestPrice ?? .zero, createdAt: course.createdAt)
    }

    private static func filters(_ chosen: Course.Status?, _ page: SiteRequest)
        -> [OperatorListPage.Filter]
    {
        let all = OperatorListPage.Filter(
            label: page.text("courses.operator.all"), path: "/operator/courses",
            isHere: chosen == nil)
        return [all]
            + Course.Status.allCases.map {
                OperatorListPage.Filter(
                    label: page.text("courses.status.\($0.rawValue)"),
                    path: "/operator/courses?status=\($0.rawValue)", isHere: $0 == chosen)
            }
    }

    private func saveCourse(_ id: ID<Course>?, _ page: SiteRequest) async throws -> Response {
        let draft = try CourseDraft(page.form)
        let saved = try await database.write { tx in
            guard let id else { return try CreateCourse(draft: draft).run(in: tx) }
            try EditCourse(course: id, draft: draft).run(in: tx)
            return id
        }
        return page.redirect(
            to: "/operator/courses/\(saved)", flash: .good(page.text("courses.operator.saved")))
    }

    private func courseForm(_ id: ID<Course>?, _ page: SiteRequest) async throws -> Response {
        let (details, categories) = try await database.read { snapshot in
            (
                try id.map { try InspectCourse(course: $0).run(in: snapshot) },
                try snapshot.categories()
            )
        }
        let course = details?.course
        let model = CourseFormPage(
            id: id?.description, isNew: id == nil, title: course?.title ?? "",
            subtitle: course?.subtitle ?? "", summary: course?.summary ?? "",
            hours: course.map { String($0.hours) } ?? "", coverUrl: course?.coverURL ?? "",
            isRecommended: course?.isRecommended ?? false,
            levels: page.options("courses.level", chosen: course?.level),
            statuses: page.options("courses.status", chosen: course?.status),
            categories: categories.inOrder.map {
                OptionModel(
                    value: $0.id.description, label: $0.parentID == nil ? $0.name : "　\($0.name)",
                    isChosen: $0.id == course?.categoryID)
            },
            prices: Self.prices(details?.policies ?? []),
            chapters: ChapterModel.all(details?.outline, page))
        let title = course?.title ?? "courses.operator.new"
        return await page.render("operator-course", model, title: title)
    }

    /// The prices there are and a few empty rows.
    private static func prices(_ policies: [PricePolicy]) -> [CourseFormPage.Price] {
        let known = policies.map { (String($0.days), $0.price.description) }
        let empty = Array(repeating: ("", ""), count: known.isEmpty ? 3 : 2)
        return (known + empty).enumerated().map {
            CourseFormPage.Price(number: $0 + 1, days: $1.0, price: $1.1)
        }
    }
}

extension CourseDraft {
    /// What the form of a course says: all of it.
    fileprivate init(_ form: Form) throws {
        try self.init(
            title: form.text("title") ?? "", subtitle: form.text("subtitle") ?? "",
            summary: form.text("summary") ?? "",
            categoryId: form.id(ID<Category>.self, "categoryId").map(Change.set) ?? .clear,
            status: form.choice(Course.Status.self, "status"),
            level: form.choice(Course.Level.self, "level"), hours: form.integer("hours") ?? 0,
            coverUrl: form.text("coverUrl").map(Change.set) ?? .clear,
            recommended: form.flag("recommended"), policies: Self.prices(form))
    }

    /// A row is a price if anything is typed in it.
    private static func prices(_ form: Form) throws -> [PriceTerms] {
        let rows = zip(form.all("days"), form.all("price")).map {
            ($0.withoutBlanksAround, $1.withoutBlanksAround)
        }.filter { $0 != ("", "") }
        return try rows.enumerated().map { index, row in
            guard let days = Int64(row.0) else {
                throw Problem.rule("days-range", "/policies/\(index)/days")
            }
            guard let price = MoneyText.parse(row.1) else {
                throw Problem.rule("price-range", "/policies/\(index)/price")
            }
            return PriceTerms(days: days, price: price)
        }
    }
}

extension SiteRequest {
    /// Every case of an enum, worded by `<key>.<case>`.
    func options<Choice: CaseIterable & RawRepresentable>(
        _ key: String, chosen: Choice?
    ) -> [OptionModel] where Choice.RawValue == String {
        Choice.allCases.map {
            OptionModel(
                value: $0.rawValue, label: text("\(key).\($0.rawValue)"),
                isChosen: $0.rawValue == chosen?.rawValue)
        }
    }
}

extension [Category] {
    /// Each category of the first level, followed by those inside it.
    fileprivate var inOrder: [Category] {
        filter { $0.parentID == nil }.flatMap { top in
            [top] + filter { $0.parentID == top.id }
        }
    }
}
