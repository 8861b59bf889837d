import Basics
import Money
import Store

extension Course {
    fileprivate static let columns: SQL = """
        id, category_id, kind, status, title, subtitle, summary, level, hours, cover_url, \
        is_recommended, created_at
        """

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], categoryID: row[1], kind: row[2], status: row[3], title: row[4],
            subtitle: row[5], summary: row[6], level: row[7], hours: row[8], coverURL: row[9],
            isRecommended: row[10], createdAt: row[11])
    }
}

extension PricePolicy {
    fileprivate static let columns: SQL = "id, course_id, days, price, is_active"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], courseID: row[1], days: row[2], price: row[3], isActive: row[4])
    }
}

/// Which courses a list shows.
struct CourseFilter: Hashable, Sendable {
    /// nil shows them whatever their status.
    var status: Course.Status?
    /// This category and those inside it.
    var category: ID<Category>?
    /// Part of the title, in any letter case.
    var title: String?
    var isRecommended: Bool?

    /// No index finds part of a title: that looks through them all.
    var looksThroughTitles: Bool { title?.isEmpty == false }
}

extension CourseFilter {
    fileprivate var condition: SQL {
        var parts: [SQL] = ["1 = 1"]
        if let status { parts.append("status = \(status)") }
        if let category {
            parts.append(
                """
                category_id IN (SELECT id FROM course_category
                    WHERE id = \(category) OR parent_id = \(category))
                """)
        }
        if let title, looksThroughTitles {
            parts.append("title_folded LIKE \(Self.pattern(title)) ESCAPE '!'")
        }
        if let isRecommended { parts.append("is_recommended = \(isRecommended)") }
        return .joined(parts, " AND ")
    }

    /// The wildcards of LIKE are letters like others to whoever types them.
    private static func pattern(_ title: String) -> String {
        let escaped = Course.folded(title).map { "!%_".contains($0) ? "!\($0)" : "\($0)" }
        return "%\(escaped.joined())%"
    }
}

extension Snapshot {
    func course(_ id: ID<Course>) throws -> Course? {
        try first("SELECT \(Course.columns) FROM course WHERE id = \(id)") { try Course(row: $0) }
    }

    func courses(_ ids: [ID<Course>]) throws -> [ID<Course>: Course] {
        let courses = try rows("SELECT \(Course.columns) FROM course WHERE id IN \(list: ids)") {
            try Course(row: $0)
        }
        return Dictionary(uniqueKeysWithValues: courses.map { ($0.id, $0) })
    }

    /// From new to old, with the prices at which each is offered: in one statement, because this list
    /// is what is asked for most. Looking a price up costs as much as reading the course.
    func courseCards(
        _ filter: CourseFilter, _ page: PageRequest, withHighestPrice: Bool
    ) throws -> Page<CourseCard> {
        let offered: SQL = "FROM price_policy WHERE course_id = course.id AND is_active = \(true)"
        let highest: SQL = withHighestPrice ? "(SELECT MAX(price) \(offered))" : "NULL"
        let rows = try rows(
            """
            SELECT \(Course.columns), (SELECT MIN(price) \(offered)), \(highest)
            FROM course
            WHERE \(filter.condition) AND id < \(page.after ?? .max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { row in
            CourseCard(
                course: try Course(row: row), lowestPrice: try row[12], highestPrice: try row[13])
        }
        return Page(rows: rows, request: page) { $0.course.id.rawValue }
    }

    func courseCount(_ filter: CourseFilter) throws -> Int64 {
        try number("SELECT COUNT(*) FROM course WHERE \(filter.condition)")
    }

    /// From short to long, those not offered any more included.
    func policies(of course: ID<Course>) throws -> [PricePolicy] {
        try rows(
            """
            SELECT \(PricePolicy.columns) FROM price_policy
            WHERE course_id = \(course) ORDER BY days
            """
        ) { try PricePolicy(row: $0) }
    }

    /// What courses are offered for, from short to long.
    func activePolicies(of courses: [ID<Course>]) throws -> [ID<Course>: [PricePolicy]] {
        let policies = try rows(
            """
            SELECT \(PricePolicy.columns) FROM price_policy
            WHERE course_id IN \(list: courses) AND is_active = \(true)
            ORDER BY course_id, days
            """
        ) { try PricePolicy(row: $0) }
        return Dictionary(grouping: policies, by: \.courseID)
    }
}

extension Transaction {
    func lockCourse(_ id: ID<Course>) throws -> Locked<Course>? {
        try lock("SELECT \(Course.columns) FROM course WHERE id = \(id)") { try Course(row: $0) }
    }

    func insert(_ course: Course) throws {
        try run(
            """
            INSERT INTO course (\(Course.columns), title_folded)
            VALUES (\(course.id), \(course.categoryID), \(course.kind), \(course.status),
                \(course.title), \(course.subtitle), \(course.summary), \(course.level),
                \(course.hours), \(course.coverURL), \(course.isRecommended),
                \(course.createdAt), \(Course.folded(course.title)))
            """)
    }

    func save(_ course: Locked<Course>) throws {
        try run(
            """
            UPDATE course SET category_id = \(course.categoryID), kind = \(course.kind),
                status = \(course.status), title = \(course.title),
                title_folded = \(Course.folded(course.title)), subtitle = \(course.subtitle),
                summary = \(course.summary), level = \(course.level), hours = \(course.hours),
                cover_url = \(course.coverURL), is_recommended = \(course.isRecommended)
            WHERE id = \(course.id)
            """)
    }

    /// Writes all policies of a course; the course's lock keeps two operators apart.
    func save(_ policies: [PricePolicy], of course: Locked<Course>) throws {
        for policy in policies {
            try run(
                """
                INSERT INTO price_policy (\(PricePolicy.columns))
                VALUES (\(policy.id), \(course.id), \(policy.days), \(policy.price),
                    \(policy.isActive))
                ON CONFLICT (id) DO UPDATE
                SET price = excluded.price, is_active = excluded.is_active
                """)
        }
    }
}
