import Basics
import Store

/// Adds a course to the catalogue.
struct CreateCourse: Sendable {
    let draft: CourseDraft

    /// - Throws: `course-rules`, `category-unknown`, `policies-missing`.
    func run(in tx: Transaction) throws -> ID<Course> {
        let course = try Course(draft, at: tx.now)
        try tx.requireCategory(of: course)
        try tx.insert(course)
        try tx.savePolicies(draft.policies ?? [], of: .inserted(course))
        return course.id
    }
}

/// Changes a course: what the draft leaves out stays. Orders keep what they agreed.
struct EditCourse: Sendable {
    let course: ID<Course>
    let draft: CourseDraft

    /// - Throws: `not-found`, `course-rules`, `category-unknown`, `policies-missing`.
    func run(in tx: Transaction) throws {
        guard var course = try tx.lockCourse(course) else { throw Problem.notFound }
        course.value = try course.value.edited(by: draft)
        try tx.requireCategory(of: course.value)
        try tx.save(course)
        try tx.savePolicies(draft.policies, of: course)
    }
}

extension Transaction {
    fileprivate func requireCategory(of course: Course) throws {
        if let id = course.categoryID, try category(id) == nil { throw Problem.categoryUnknown }
    }

    /// Makes `terms` all that the course is offered for; nil keeps what there is. A course on sale
    /// has a price.
    fileprivate func savePolicies(_ terms: [PriceTerms]?, of course: Locked<Course>) throws {
        var policies = try policies(of: course.id)
        if let terms {
            policies = PricePolicy.revised(policies, to: terms, of: course.id)
            try save(policies, of: course)
        }
        guard !course.isOnSale || policies.contains(where: \.isActive) else {
            throw Problem.policiesMissing
        }
    }
}
