import Basics
import Store

extension Chapter {
    fileprivate static let columns: SQL = "id, course_id, position, title"

    fileprivate init(row: Row) throws {
        try self.init(id: row[0], courseID: row[1], position: row[2], title: row[3])
    }
}

extension Section {
    fileprivate static let columns: SQL =
        "id, chapter_id, position, title, is_free, kind, material"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], chapterID: row[1], position: row[2], title: row[3], isFree: row[4],
            material: Material(row[5], try row[6]))
    }
}

extension Material {
    /// The text or address that is stored, whatever the kind.
    fileprivate var stored: String {
        switch self {
        case .document(let text), .exercise(let text), .video(let text): text
        }
    }

    fileprivate init(_ kind: Kind, _ stored: String) {
        self =
            switch kind {
            case .document: .document(text: stored)
            case .exercise: .exercise(text: stored)
            case .video: .video(url: stored)
            }
    }
}

extension Snapshot {
    func outline(of course: ID<Course>) throws -> Outline {
        let chapters = try rows(
            """
            SELECT \(Chapter.columns) FROM chapter
            WHERE course_id = \(course) ORDER BY position, id
            """
        ) { try Chapter(row: $0) }
        let sections = try rows(
            """
            SELECT id, chapter_id, title, kind, is_free FROM section
            WHERE chapter_id IN \(list: chapters.map(\.id)) ORDER BY position, id
            """
        ) { row in
            try SectionHeading(
                id: row[0], chapterID: row[1], title: row[2], kind: row[3], isFree: row[4])
        }
        return Outline(chapters: chapters, sections: sections)
    }

    func chapter(_ id: ID<Chapter>) throws -> Chapter? {
        try first("SELECT \(Chapter.columns) FROM chapter WHERE id = \(id)") {
            try Chapter(row: $0)
        }
    }

    func section(_ id: ID<Section>) throws -> Section? {
        try first("SELECT \(Section.columns) FROM section WHERE id = \(id)") {
            try Section(row: $0)
        }
    }

    /// How many chapters a course has, and where another one goes.
    func lastChapter(of course: ID<Course>) throws -> (count: Int64, position: Int64) {
        try first(
            "SELECT COUNT(*), COALESCE(MAX(position), 0) FROM chapter WHERE course_id = \(course)"
        ) { (try $0[0], try $0[1]) } ?? (0, 0)
    }

    func lastSection(of chapter: ID<Chapter>) throws -> (count: Int64, position: Int64) {
        try first(
            """
            SELECT COUNT(*), COALESCE(MAX(position), 0) FROM section
            WHERE chapter_id = \(chapter)
            """
        ) { (try $0[0], try $0[1]) } ?? (0, 0)
    }
}

extension Transaction {
    func lockChapter(_ id: ID<Chapter>) throws -> Locked<Chapter>? {
        try lock("SELECT \(Chapter.columns) FROM chapter WHERE id = \(id)") {
            try Chapter(row: $0)
        }
    }

    func lockSection(_ id: ID<Section>) throws -> Locked<Section>? {
        try lock("SELECT \(Section.columns) FROM section WHERE id = \(id)") {
            try Section(row: $0)
        }
    }

    func insert(_ chapter: Chapter) throws {
        try run(
            """
            INSERT INTO chapter (\(Chapter.columns))
            VALUES (\(chapter.id), \(chapter.courseID), \(chapter.position), \(chapter.title))
            """)
    }

    func save(_ chapter: Locked<Chapter>) throws {
        try run(
            """
            UPDATE chapter SET position = \(chapter.position), title = \(chapter.title)
            WHERE id = \(chapter.id)
            """)
    }

    /// With all its sections.
    func delete(_ chapter: Locked<Chapter>) throws {
        try run("DELETE FROM section WHERE chapter_id = \(chapter.id)")
        try run("DELETE FROM chapter WHERE id = \(chapter.id)")
    }

    func insert(_ section: Section) throws {
        try run(
            """
            INSERT INTO section (\(Section.columns))
            VALUES (\(section.id), \(section.chapterID), \(section.position), \(section.title),
                \(section.isFree), \(section.material.kind), \(section.material.stored))
            """)
    }

    func save(_ section: Locked<Section>) throws {
        try run(
            """
            UPDATE section SET position = \(section.position), title = \(section.title),
                is_free = \(section.isFree), kind = \(section.material.kind),
                material = \(section.material.stored)
            WHERE id = \(section.id)
            """)
    }

    func delete(_ section: Locked<Section>) throws {
        try run("DELETE FROM section WHERE id = \(section.id)")
    }
}
