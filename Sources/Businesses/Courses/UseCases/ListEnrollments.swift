import Basics
import Store
import Web

/// A course that a member has, or had, access to.
struct OwnedCourse: Hashable, Sendable {
    let enrollment: Enrollment
    let course: Course
}

/// Lists a member's courses, the newest first, those that ended included.
struct ListEnrollments: Sendable {
    let member: ID<Member>
    var page = PageRequest()

    func run(in snapshot: Snapshot) throws -> Page<OwnedCourse> {
        let page = try snapshot.enrollments(of: member, page)
        let courses = try snapshot.courses(page.items.map(\.courseID))
        let owned = page.items.compactMap { enrollment in
            courses[enrollment.courseID].map { OwnedCourse(enrollment: enrollment, course: $0) }
        }
        return Page(items: owned, next: page.next)
    }
}
