import Basics
import Store
import Web

extension Enrollment {
    fileprivate static let columns: SQL = "id, member_id, course_id, started_at, access_until"

    fileprivate init(row: Row) throws {
        try self.init(
            id: row[0], member: row[1], courseID: row[2], startedAt: row[3],
            accessUntil: row[4])
    }
}

extension Grant {
    fileprivate static let columns: SQL =
        "order_line_id, enrollment_id, days, granted_at, revoked_at"

    fileprivate init(row: Row) throws {
        try self.init(
            orderLine: row[0], enrollmentID: row[1], days: row[2], grantedAt: row[3],
            revokedAt: row[4])
    }
}

extension Snapshot {
    func enrollment(of member: ID<Member>, in course: ID<Course>) throws -> Enrollment? {
        try first(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE member_id = \(member) AND course_id = \(course)
            """
        ) { try Enrollment(row: $0) }
    }

    func enrollments(of member: ID<Member>, in courses: [ID<Course>]) throws
        -> [ID<Course>: Enrollment]
    {
        let enrollments = try rows(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE member_id = \(member) AND course_id IN \(list: courses)
            """
        ) { try Enrollment(row: $0) }
        return Dictionary(uniqueKeysWithValues: enrollments.map { ($0.courseID, $0) })
    }

    /// From new to old.
    func enrollments(of member: ID<Member>, _ page: PageRequest) throws -> Page<Enrollment> {
        let rows = try rows(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE member_id = \(member) AND id < \(page.after ?? .max)
            ORDER BY id DESC LIMIT \(page.limit + 1)
            """
        ) { try Enrollment(row: $0) }
        return Page(rows: rows, request: page) { $0.id.rawValue }
    }

    func grants(of enrollment: ID<Enrollment>) throws -> [Grant] {
        try rows(
            "SELECT \(Grant.columns) FROM access_grant WHERE enrollment_id = \(enrollment)"
        ) { try Grant(row: $0) }
    }

    func hasGrants(of enrollment: ID<Enrollment>, after time: Instant) throws -> Bool {
        try first(
            """
            SELECT 1 FROM access_grant
            WHERE enrollment_id = \(enrollment) AND granted_at > \(time) LIMIT 1
            """
        ) { _ in true } ?? false
    }

    /// Everybody's, in slices for the audit, from old to new.
    func enrollments(after id: Int64, limit: Int) throws -> [Enrollment] {
        try rows(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE id > \(id) ORDER BY id LIMIT \(limit)
            """
        ) { try Enrollment(row: $0) }
    }

    func grants(of enrollments: [ID<Enrollment>]) throws -> [ID<Enrollment>: [Grant]] {
        let grants = try rows(
            """
            SELECT \(Grant.columns) FROM access_grant
            WHERE enrollment_id IN \(list: enrollments)
            """
        ) { try Grant(row: $0) }
        return Dictionary(grouping: grants, by: \.enrollmentID)
    }
}

extension Transaction {
    /// The member's enrolment in a course, made if there is none yet. Enrolments are never removed.
    func lockEnrollment(of member: ID<Member>, in course: ID<Course>) throws
        -> Locked<Enrollment>
    {
        let fresh = Enrollment(
            id: .make(), member: member, courseID: course, startedAt: now, accessUntil: nil)
        try run(
            """
            INSERT INTO enrollment (\(Enrollment.columns))
            VALUES (\(fresh.id), \(member), \(course), \(fresh.startedAt), \(fresh.accessUntil))
            ON CONFLICT DO NOTHING
            """)
        return try lock(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE member_id = \(member) AND course_id = \(course)
            """
        ) { try Enrollment(row: $0) } ?? .inserted(fresh)
    }

    func lockEnrollment(grantedBy orderLine: Int64) throws -> Locked<Enrollment>? {
        try lock(
            """
            SELECT \(Enrollment.columns) FROM enrollment
            WHERE id IN (SELECT enrollment_id FROM access_grant WHERE order_line_id = \(orderLine))
            """
        ) { try Enrollment(row: $0) }
    }

    func save(_ enrollment: Locked<Enrollment>) throws {
        try run(
            """
            UPDATE enrollment SET access_until = \(enrollment.accessUntil)
            WHERE id = \(enrollment.id)
            """)
    }

    /// - Returns: false if the order line has been granted before.
    func insert(_ grant: Grant) throws -> Bool {
        try run(
            """
            INSERT INTO access_grant (\(Grant.columns))
            VALUES (\(grant.orderLine), \(grant.enrollmentID), \(grant.days), \(grant.grantedAt),
                \(grant.revokedAt))
            ON CONFLICT DO NOTHING
            """) == 1
    }

    /// The enrolment's lock keeps its grants still. One that is revoked stays so.
    func revokeGrant(of orderLine: Int64, in enrollment: Locked<Enrollment>) throws {
        try run(
            """
            UPDATE access_grant SET revoked_at = \(now)
            WHERE order_line_id = \(orderLine) AND enrollment_id = \(enrollment.id)
              AND revoked_at IS NULL
            """)
    }
}
