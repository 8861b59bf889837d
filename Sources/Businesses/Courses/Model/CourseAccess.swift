import Basics

/// What somebody may open in a course.
struct CourseAccess: Hashable, Sendable {
    /// nil for visitors and for members without a running enrolment.
    let ownedUntil: Instant?

    init(_ enrollment: Enrollment?, at now: Instant) {
        ownedUntil = enrollment?.ownedUntil(at: now)
    }

    var isOwned: Bool { ownedUntil != nil }

    func opens(_ section: SectionHeading) -> Bool { section.isFree || isOwned }

    /// - Throws: `no-access`.
    func requireOpen(_ section: Section) throws(Problem) {
        guard section.isFree || isOwned else { throw .noAccess }
    }
}
