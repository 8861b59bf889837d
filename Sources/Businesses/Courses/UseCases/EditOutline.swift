import Basics
import Store

/// Adds a chapter at the end of a course.
struct AddChapter: Sendable {
    let course: ID<Course>
    let draft: ChapterDraft

    /// - Throws: `not-found`, `chapter-rules`, `outline-full`.
    func run(in tx: Transaction) throws -> Chapter {
        guard let course = try tx.lockCourse(course) else { throw Problem.notFound }
        let last = try tx.lastChapter(of: course.id)
        guard last.count < Chapter.mostPerCourse else { throw Problem.outlineFull }
        let chapter = try Chapter(draft, of: course.id, last: last.position + 1)
        try tx.insert(chapter)
        return chapter
    }
}

/// Renames or moves a chapter.
struct EditChapter: Sendable {
    let chapter: ID<Chapter>
    let draft: ChapterDraft

    /// - Throws: `not-found`, `chapter-rules`.
    func run(in tx: Transaction) throws -> Chapter {
        guard var chapter = try tx.lockChapter(chapter) else { throw Problem.notFound }
        chapter.value = try chapter.value.edited(by: draft)
        try tx.save(chapter)
        return chapter.value
    }
}

/// Removes a chapter and its sections.
struct RemoveChapter: Sendable {
    let chapter: ID<Chapter>

    /// - Throws: `not-found`.
    func run(in tx: Transaction) throws {
        guard let chapter = try tx.lockChapter(chapter) else { throw Problem.notFound }
        try tx.delete(chapter)
    }
}

/// Adds a section at the end of a chapter.
struct AddSection: Sendable {
    let chapter: ID<Chapter>
    let draft: SectionDraft

    /// - Throws: `not-found`, `section-rules`, `outline-full`.
    func run(in tx: Transaction) throws -> Section {
        guard let chapter = try tx.lockChapter(chapter) else { throw Problem.notFound }
        let last = try tx.lastSection(of: chapter.id)
        guard last.count < Section.mostPerChapter else { throw Problem.outlineFull }
        let section = try Section(draft, in: chapter.id, last: last.position + 1)
        try tx.insert(section)
        return section
    }
}

/// Changes a section.
struct EditSection: Sendable {
    let section: ID<Section>
    let draft: SectionDraft

    /// - Throws: `not-found`, `section-rules`.
    func run(in tx: Transaction) throws -> Section {
        guard var section = try tx.lockSection(section) else { throw Problem.notFound }
        section.value = try section.value.edited(by: draft)
        try tx.save(section)
        return section.value
    }
}

/// Removes a section.
struct RemoveSection: Sendable {
    let section: ID<Section>

    /// - Throws: `not-found`.
    func run(in tx: Transaction) throws {
        guard let section = try tx.lockSection(section) else { throw Problem.notFound }
        try tx.delete(section)
    }
}
