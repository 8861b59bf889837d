import Basics
import Hummingbird
import Store
import Web

/// A chapter in the operator's editor.
struct ChapterModel {
    struct Lesson {
        let id: ID<Section>
        let title: String
        let kind: String
        let isFree: Bool
    }

    let id: ID<Chapter>
    let title: String
    let position: Int64
    let sections: [Lesson]

    static func all(_ outline: Outline?, _ page: SiteRequest) -> [ChapterModel] {
        (outline?.parts ?? []).map { part in
            ChapterModel(
                id: part.chapter.id, title: part.chapter.title, position: part.chapter.position,
                sections: part.sections.map {
                    Lesson(
                        id: $0.id, title: $0.title,
                        kind: page.text("courses.kind.\($0.kind.rawValue)"), isFree: $0.isFree)
                })
        }
    }
}

/// The form of a section.
private struct SectionFormPage {
    let action: String
    let back: String
    let isNew: Bool
    let title: String
    let content: String
    let videoUrl: String
    let position: String
    let isFree: Bool
    let kinds: [OptionModel]
}

extension CoursesModule {
    func operatorOutlinePages(_ site: Site) {
        site.post("/operator/courses/{id}/chapters", auth: .role(.operator)) { page in
            let course = try page.id(ID<Course>.self, "id")
            let add = AddChapter(course: course, draft: try ChapterDraft(page.form))
            _ = try await database.write { try add.run(in: $0) }
            return page.redirect(to: "/operator/courses/\(course)")
        }
        site.post("/operator/chapters/{id}", auth: .role(.operator)) { page in
            let edit = EditChapter(
                chapter: try page.id(ID<Chapter>.self, "id"), draft: try ChapterDraft(page.form))
            let chapter = try await database.write { try edit.run(in: $0) }
            return page.redirect(to: "/operator/courses/\(chapter.courseID)")
        }
        site.post("/operator/chapters/{id}/remove", auth: .role(.operator)) { page in
            let remove = RemoveChapter(chapter: try page.id(ID<Chapter>.self, "id"))
            try await database.write { try remove.run(in: $0) }
            return page.back(else: "/operator/courses")
        }
        sectionPages(site)
    }

    private func sectionPages(_ site: Site) {
        site.get("/operator/chapters/{id}/sections/new", auth: .role(.operator)) { page in
            try await newSectionForm(try page.id(ID<Chapter>.self, "id"), page)
        }
        site.post("/operator/chapters/{id}/sections", auth: .role(.operator)) { page in
            let chapter = try page.id(ID<Chapter>.self, "id")
            let add = AddSection(chapter: chapter, draft: try SectionDraft(page.form))
            return try await saved(page) { try add.run(in: $0) }
        }
        site.get("/operator/sections/{id}", auth: .role(.operator)) { page in
            try await sectionForm(try page.id(ID<Section>.self, "id"), page)
        }
        site.post("/operator/sections/{id}", auth: .role(.operator)) { page in
            let section = try page.id(ID<Section>.self, "id")
            let edit = EditSection(section: section, draft: try SectionDraft(page.form))
            return try await saved(page) { try edit.run(in: $0) }
        }
        site.post("/operator/sections/{id}/remove", auth: .role(.operator)) { page in
            let remove = RemoveSection(section: try page.id(ID<Section>.self, "id"))
            try await database.write { try remove.run(in: $0) }
            return page.back(else: "/operator/courses")
        }
    }

    /// Saves a section and goes back to its course.
    private func saved(
        _ page: SiteRequest, _ save: @escaping @Sendable (Transaction) throws -> Section
    ) async throws -> Response {
        let course = try await database.write { tx in
            try tx.courseID(of: try save(tx).chapterID)
        }
        return page.redirect(
            to: "/operator/courses/\(course)", flash: .good(page.text("courses.operator.saved")))
    }

    private func newSectionForm(_ chapter: ID<Chapter>, _ page: SiteRequest) async throws
        -> Response
    {
        let course = try await database.read { try $0.courseID(of: chapter) }
        return await form(nil, action: "/operator/chapters/\(chapter)/sections", course, page)
    }

    private func sectionForm(_ id: ID<Section>, _ page: SiteRequest) async throws -> Response {
        let (section, course) = try await database.read { snapshot in
            guard let section = try snapshot.section(id) else { throw Problem.notFound }
            return (section, try snapshot.courseID(of: section.chapterID))
        }
        return await form(section, action: "/operator/sections/\(id)", course, page)
    }

    private func form(
        _ section: Section?, action: String, _ course: ID<Course>, _ page: SiteRequest
    ) async -> Response {
        let model = SectionFormPage(
            action: action, back: "/operator/courses/\(course)", isNew: section == nil,
            title: section?.title ?? "", content: section?.material.text ?? "",
            videoUrl: section?.material.url ?? "",
            position: section.map { String($0.position) } ?? "",
            isFree: section?.isFree ?? false,
            kinds: page.options("courses.kind", chosen: section?.material.kind))
        let title = section?.title ?? "courses.operator.newSection"
        return await page.render("operator-section", model, title: title)
    }
}

extension Snapshot {
    fileprivate func courseID(of chapter: ID<Chapter>) throws -> ID<Course> {
        guard let chapter = try self.chapter(chapter) else { throw Problem.notFound }
        return chapter.courseID
    }
}

extension ChapterDraft {
    fileprivate init(_ form: Form) throws {
        try self.init(title: form.text("title") ?? "", position: form.integer("position"))
    }
}

extension SectionDraft {
    /// What the form of a section says: all of it.
    fileprivate init(_ form: Form) throws {
        try self.init(
            title: form.text("title") ?? "", kind: form.choice(Material.Kind.self, "kind"),
            free: form.flag("free"), content: form.text("content"), videoUrl: form.text("videoUrl"),
            position: form.integer("position"))
    }
}
