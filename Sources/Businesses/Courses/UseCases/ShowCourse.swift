import Basics
import Store
import Web

/// Everything about a course but what its sections teach.
struct CourseDetails: Hashable, Sendable {
    let course: Course
    let category: Category?
    /// What it is offered for; nothing if it cannot be bought.
    let policies: [PricePolicy]
    let outline: Outline
    let access: CourseAccess
}

/// Shows a course to a visitor, or to a member who may have access to it.
struct ShowCourse: Sendable {
    let course: ID<Course>
    let visitor: ID<Member>?

    /// - Throws: `not-found`, for drafts as well.
    func run(in snapshot: Snapshot) throws -> CourseDetails {
        guard let course = try snapshot.course(course), course.isPublic else {
            throw Problem.notFound
        }
        return CourseDetails(
            course: course,
            category: try course.categoryID.flatMap(snapshot.category),
            policies: course.isOnSale ? try snapshot.activePolicies(of: course.id) : [],
            outline: try snapshot.outline(of: course.id),
            access: try snapshot.access(of: visitor, to: course.id))
    }
}

/// Shows a course to an operator, drafts included, with its prices whether it is on sale or not.
struct InspectCourse: Sendable {
    let course: ID<Course>

    /// - Throws: `not-found`.
    func run(in snapshot: Snapshot) throws -> CourseDetails {
        guard let course = try snapshot.course(course) else { throw Problem.notFound }
        return CourseDetails(
            course: course,
            category: try course.categoryID.flatMap(snapshot.category),
            policies: try snapshot.activePolicies(of: course.id),
            outline: try snapshot.outline(of: course.id),
            access: CourseAccess(nil, at: snapshot.now))
    }
}

extension Snapshot {
    /// What a visitor or a member may open in a course now.
    func access(of visitor: ID<Member>?, to course: ID<Course>) throws -> CourseAccess {
        CourseAccess(try visitor.flatMap { try enrollment(of: $0, in: course) }, at: now)
    }

    func activePolicies(of course: ID<Course>) throws -> [PricePolicy] {
        try activePolicies(of: [course])[course] ?? []
    }
}
