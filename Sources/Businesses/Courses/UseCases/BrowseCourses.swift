import Basics
import Money
import Store

/// A course in a list, with the prices at which it is offered now; nil if there is none.
struct CourseCard: Hashable, Sendable {
    let course: Course
    let lowestPrice: Amount?
    /// nil, too, for who does not compare prices.
    let highestPrice: Amount?

    var hasSeveralPrices: Bool { highestPrice != nil && highestPrice != lowestPrice }
}

/// Lists courses, from new to old.
struct BrowseCourses: Sendable {
    var filter = CourseFilter(status: .onSale)
    var page = PageRequest()
    /// Whether it matters that there are several prices.
    var comparesPrices = false

    func run(on database: Database) async throws -> Page<CourseCard> {
        filter.looksThroughTitles
            ? try await database.survey { try run(in: $0) }
            : try await database.read { try run(in: $0) }
    }

    func run(in snapshot: Snapshot) throws -> Page<CourseCard> {
        try snapshot.courseCards(filter, page, withHighestPrice: comparesPrices)
    }
}

/// Lists courses of every status for an operator, and counts them.
struct ListCourses: Sendable {
    var filter = CourseFilter()
    var page = PageRequest()

    func run(in snapshot: Snapshot) throws -> (page: Page<CourseCard>, total: Int64) {
        let cards = try BrowseCourses(filter: filter, page: page).run(in: snapshot)
        return (cards, try snapshot.courseCount(filter))
    }
}
