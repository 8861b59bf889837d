import Basics
import Hummingbird
import Store
import Web

struct CategoryBody: Decodable, Sendable {
    var name: String
    var parentId: ID<Category>?
}

struct CategoryNameBody: Decodable, Sendable {
    var name: String
}

extension CoursesModule {
    private static let rules: ExpectedProblem = .status(
        422, "course-rules", "category-unknown", "policies-missing")

    func operatorCourseRoutes(_ api: API) {
        let database = database
        api.get(
            "/admin/courses", summary: "All courses, newest first", auth: .role(.operator),
            query: [
                QueryParameter("status", Course.Status.self, "Only courses in this state."),
                QueryParameter("q", String.self, "Part of the title, in any letter case."),
            ],
            returns: ListView<CourseCardView>.self
        ) { request in
            let list = ListCourses(
                filter: CourseFilter(
                    status: try request.query("status", as: Course.Status.self),
                    title: request.query("q")),
                page: try request.page())
            let (page, total) = try await database.survey { try list.run(in: $0) }
            return ListView(page, total: total) { CourseCardView($0) }
        }
        api.get(
            "/admin/courses/{id}", summary: "Any course, drafts included", auth: .role(.operator),
            returns: CourseView.self, problems: [404]
        ) { request in
            let inspect = InspectCourse(course: try request.id(ID<Course>.self))
            return CourseView(try await database.read { try inspect.run(in: $0) })
        }
        api.post(
            "/admin/courses", summary: "Adds a course", auth: .role(.operator),
            body: CourseDraft.self, returns: CourseView.self, status: .created,
            problems: [Self.rules]
        ) { _, draft -> CourseView in
            try await database.write { tx in
                let id = try CreateCourse(draft: draft).run(in: tx)
                return CourseView(try InspectCourse(course: id).run(in: tx))
            }
        }
        api.patch(
            "/admin/courses/{id}",
            summary: "Changes a course; `policies`, if given, are all it is offered for",
            auth: .role(.operator), body: CourseDraft.self, returns: CourseView.self,
            problems: [404, Self.rules]
        ) { request, draft in
            let edit = EditCourse(course: try request.id(ID<Course>.self), draft: draft)
            return try await database.write { tx in
                try edit.run(in: tx)
                return CourseView(try InspectCourse(course: edit.course).run(in: tx))
            }
        }
    }

    func operatorOutlineRoutes(_ api: API) {
        chapterRoutes(api)
        sectionRoutes(api)
    }

    private func chapterRoutes(_ api: API) {
        let database = database
        api.post(
            "/admin/courses/{id}/chapters", summary: "Adds a chapter", auth: .role(.operator),
            body: ChapterDraft.self, returns: ChapterView.self, status: .created,
            problems: [404, .refusal(.outlineFull), .status(422, "chapter-rules")]
        ) { request, draft -> ChapterView in
            let add = AddChapter(course: try request.id(ID<Course>.self), draft: draft)
            return ChapterView(try await database.write { try add.run(in: $0) })
        }
        api.patch(
            "/admin/chapters/{id}", summary: "Renames or moves a chapter", auth: .role(.operator),
            body: ChapterDraft.self, returns: ChapterView.self,
            problems: [404, .status(422, "chapter-rules")]
        ) { request, draft in
            let edit = EditChapter(chapter: try request.id(ID<Chapter>.self), draft: draft)
            return try await database.write { tx in
                let chapter = try edit.run(in: tx)
                let parts = try tx.outline(of: chapter.courseID).parts
                let sections = parts.first { $0.chapter.id == chapter.id }?.sections ?? []
                return ChapterView(chapter, sections)
            }
        }
        api.delete(
            "/admin/chapters/{id}", summary: "Removes a chapter and its sections",
            auth: .role(.operator), problems: [404]
        ) { request in
            let remove = RemoveChapter(chapter: try request.id(ID<Chapter>.self))
            try await database.write { try remove.run(in: $0) }
        }
    }

    private func sectionRoutes(_ api: API) {
        let database = database
        api.post(
            "/admin/chapters/{id}/sections", summary: "Adds a section", auth: .role(.operator),
            body: SectionDraft.self, returns: SectionView.self, status: .created,
            problems: [404, .refusal(.outlineFull), .status(422, "section-rules")]
        ) { request, draft -> SectionView in
            let add = AddSection(chapter: try request.id(ID<Chapter>.self), draft: draft)
            return SectionView(try await database.write { try add.run(in: $0) })
        }
        api.get(
            "/admin/sections/{id}", summary: "What any section teaches", auth: .role(.operator),
            returns: SectionView.self, problems: [404]
        ) { request in
            let id = try request.id(ID<Section>.self)
            let section = try await database.read { try $0.section(id) }
            guard let section else { throw Problem.notFound }
            return SectionView(section)
        }
        api.patch(
            "/admin/sections/{id}", summary: "Changes a section", auth: .role(.operator),
            body: SectionDraft.self, returns: SectionView.self,
            problems: [404, .status(422, "section-rules")]
        ) { request, draft in
            let edit = EditSection(section: try request.id(ID<Section>.self), draft: draft)
            return SectionView(try await database.write { try edit.run(in: $0) })
        }
        api.delete(
            "/admin/sections/{id}", summary: "Removes a section", auth: .role(.operator),
            problems: [404]
        ) { request in
            let remove = RemoveSection(section: try request.id(ID<Section>.self))
            try await database.write { try remove.run(in: $0) }
        }
    }

    func operatorCategoryRoutes(_ api: API) {
        let database = database
        api.post(
            "/admin/categories", summary: "Adds a category, or one inside another",
            auth: .role(.operator), body: CategoryBody.self, returns: CategoryView.self,
            status: .created,
            problems: [.status(422, "category-rules", "category-unknown", "category-too-deep")]
        ) { _, body -> CategoryView in
            let add = AddCategory(name: body.name, parent: body.parentId)
            return CategoryView(try await database.write { try add.run(in: $0) })
        }
        api.patch(
            "/admin/categories/{id}", summary: "Renames a category", auth: .role(.operator),
            body: CategoryNameBody.self, returns: CategoryView.self,
            problems: [404, .status(422, "category-rules")]
        ) { request, body in
            let rename = RenameCategory(
                category: try request.id(ID<Category>.self), name: body.name)
            return CategoryView(try await database.write { try rename.run(in: $0) })
        }
    }
}
