import Basics
import Store
import Web

/// A section opened for reading, in its course.
struct OpenSection: Hashable, Sendable {
    let course: Course
    let outline: Outline
    let section: Section
    let access: CourseAccess
}

/// Opens a section: a free one for anybody, any other for members with a running enrolment.
struct ReadSection: Sendable {
    let course: ID<Course>
    let section: ID<Section>
    let visitor: ID<Member>?

    /// - Throws: `not-found`, also for a section of another course; `no-access`.
    func run(in snapshot: Snapshot) throws -> OpenSection {
        guard let course = try snapshot.course(course), course.isPublic,
            let section = try snapshot.section(section),
            try snapshot.chapter(section.chapterID)?.courseID == course.id
        else { throw Problem.notFound }
        let access = try snapshot.access(of: visitor, to: course.id)
        try access.requireOpen(section)
        return OpenSection(
            course: course, outline: try snapshot.outline(of: course.id), section: section,
            access: access)
    }
}
