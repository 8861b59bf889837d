import Basics
import Hummingbird
import Store
import Web

private struct LearningPage {
    struct Item {
        let id: ID<Course>
        let title: String
        let cover: String
        let status: String
        let statusText: String
        let isActive: Bool
        let accessUntil: Instant?
    }

    let items: [Item]
    let isEmpty: Bool
    let nextPath: String?
}

private struct LearningCoursePage {
    let id: ID<Course>
    let title: String
    let subtitle: String
    let cover: String
    let outline: OutlineModel
    let firstPath: String?
    let isOwned: Bool
    let ownedUntil: Instant?
}

private struct SectionPage {
    let course: ID<Course>
    let courseTitle: String
    let title: String
    let kind: String
    let isFree: Bool
    let isOwned: Bool
    let paragraphs: [String]
    let isVideo: Bool
    let videoUrl: String
    /// Browsers play only what is on this site; other addresses are links.
    let isVideoHere: Bool
    let outline: OutlineModel
    let previous: Step?
    let next: Step?

    struct Step {
        let title: String
        let path: String
    }
}

extension CoursesModule {
    func learningPages(_ site: Site) {
        site.get("/learning", auth: .member) { try await learningPage($0) }
        site.get("/learning/{course}", auth: .member) { try await learningCoursePage($0) }
        site.get("/learning/{course}/sections/{section}") { try await sectionPage($0) }
    }

    private func learningPage(_ page: SiteRequest) async throws -> Response {
        let list = ListEnrollments(
            member: try page.member().memberID, page: page.page(limit: 24))
        let (found, now) = try await database.read { (try list.run(in: $0), $0.now) }
        let items = found.items.map { owned in
            let status = owned.enrollment.status(at: now)
            return LearningPage.Item(
                id: owned.course.id, title: owned.course.title, cover: owned.course.cover,
                status: status.rawValue,
                statusText: page.text("courses.enrollment.\(status.rawValue)"),
                isActive: status == .active, accessUntil: owned.enrollment.accessUntil)
        }
        let model = LearningPage(
            items: items, isEmpty: items.isEmpty, nextPath: page.nextPage(found))
        return await page.render("learning", model, title: "courses.learning.title")
    }

    private func learningCoursePage(_ page: SiteRequest) async throws -> Response {
        let show = ShowCourse(
            course: try page.id(ID<Course>.self, "course"), visitor: page.visitor)
        let details = try await database.read { try show.run(in: $0) }
        let course = details.course
        let first = details.outline.sections.first(where: details.access.opens)
        let model = LearningCoursePage(
            id: course.id, title: course.title, subtitle: course.subtitle, cover: course.cover,
            outline: OutlineModel(details.outline, of: course.id, details.access, page),
            firstPath: first?.path(in: course.id), isOwned: details.access.isOwned,
            ownedUntil: details.access.ownedUntil)
        return await page.render("learning-course", model, title: course.title)
    }

    /// Whoever may not read it is led to where it can be bought.
    private func sectionPage(_ page: SiteRequest) async throws -> Response {
        let read = ReadSection(
            course: try page.id(ID<Course>.self, "course"),
            section: try page.id(ID<Section>.self, "section"), visitor: page.visitor)
        let open: OpenSection
        do {
            open = try await database.read { try read.run(in: $0) }
        } catch let problem as Problem where problem == .noAccess {
            return page.redirect(to: "/courses/\(read.course)", flash: .bad(page.text(problem)))
        }
        let section = open.section
        let around = open.outline.neighbours(of: section.id)
        func step(_ heading: SectionHeading?) -> SectionPage.Step? {
            heading.filter(open.access.opens).map {
                SectionPage.Step(title: $0.title, path: $0.path(in: open.course.id))
            }
        }
        let model = SectionPage(
            course: open.course.id, courseTitle: open.course.title, title: section.title,
            kind: page.text("courses.kind.\(section.material.kind.rawValue)"),
            isFree: section.isFree, isOwned: open.access.isOwned,
            paragraphs: section.material.text?.paragraphs ?? [],
            isVideo: section.material.kind == .video, videoUrl: section.material.url ?? "",
            isVideoHere: section.material.url?.isPathHere ?? false,
            outline: OutlineModel(
                open.outline, of: open.course.id, open.access, here: section.id, page),
            previous: step(around.previous), next: step(around.next))
        return await page.render("learning-section", model, title: section.title)
    }
}

extension Optional {
    fileprivate func filter(_ holds: (Wrapped) -> Bool) -> Wrapped? {
        flatMap { holds($0) ? $0 : nil }
    }
}
