import Basics
import Money
import Web

extension PriceTerms: SchemaNarrowing {
    static var narrower: [String: JSONSchema] {
        [
            "days": .between(1...PricePolicy.mostDays),
            "price": .between(0...PricePolicy.highestPrice.minorUnits),
        ]
    }
}

struct CategoryView: Codable, Sendable {
    var id: ID<Category>
    var parentId: ID<Category>?
    var name: String

    init(_ category: Category) {
        id = category.id
        parentId = category.parentID
        name = category.name
    }
}

struct PolicyView: Codable, Sendable {
    var id: ID<PricePolicy>
    var days: Int64
    var price: Amount

    init(_ policy: PricePolicy) {
        id = policy.id
        days = policy.days
        price = policy.price
    }
}

/// A course in a list.
struct CourseCardView: Codable, Sendable {
    var id: ID<Course>
    var title: String
    var subtitle: String
    var kind: Course.Kind
    var status: Course.Status
    var level: Course.Level
    var hours: Int64
    var coverUrl: String
    var categoryId: ID<Category>?
    var recommended: Bool
    /// Absent if it is not offered at any price.
    var lowestPrice: Amount?
    var currency: String

    init(_ card: CourseCard) {
        let course = card.course
        id = course.id
        title = course.title
        subtitle = course.subtitle
        kind = course.kind
        status = course.status
        level = course.level
        hours = course.hours
        coverUrl = course.cover
        categoryId = course.categoryID
        recommended = course.isRecommended
        lowestPrice = card.lowestPrice
        currency = Currency.cny.code
    }
}

struct SectionHeadingView: Codable, Sendable {
    var id: ID<Section>
    var title: String
    var kind: Material.Kind
    var free: Bool

    init(_ section: SectionHeading) {
        id = section.id
        title = section.title
        kind = section.kind
        free = section.isFree
    }
}

struct ChapterView: Codable, Sendable {
    var id: ID<Chapter>
    var title: String
    var position: Int64
    var sections: [SectionHeadingView]

    init(_ chapter: Chapter, _ sections: [SectionHeading] = []) {
        id = chapter.id
        title = chapter.title
        position = chapter.position
        self.sections = sections.map(SectionHeadingView.init)
    }
}

/// A course with everything but what its sections teach.
struct CourseView: Codable, Sendable {
    var id: ID<Course>
    var title: String
    var subtitle: String
    var summary: String
    var kind: Course.Kind
    var status: Course.Status
    var level: Course.Level
    var hours: Int64
    var coverUrl: String
    var categoryId: ID<Category>?
    var recommended: Bool
    var currency: String
    var policies: [PolicyView]
    var outline: [ChapterView]
    /// Until when the member who asks has access.
    var ownedUntil: Instant?

    init(_ details: CourseDetails) {
        let course = details.course
        id = course.id
        title = course.title
        subtitle = course.subtitle
        summary = course.summary
        kind = course.kind
        status = course.status
        level = course.level
        hours = course.hours
        coverUrl = course.cover
        categoryId = course.categoryID
        recommended = course.isRecommended
        currency = Currency.cny.code
        policies = details.policies.map(PolicyView.init)
        outline = details.outline.parts.map { ChapterView($0.chapter, $0.sections) }
        ownedUntil = details.access.ownedUntil
    }
}

/// A section with what it teaches.
struct SectionView: Codable, Sendable {
    var id: ID<Section>
    var chapterId: ID<Chapter>
    var title: String
    var position: Int64
    var kind: Material.Kind
    var free: Bool
    /// What a document or an exercise says; an empty line ends a paragraph.
    var content: String?
    var videoUrl: String?

    init(_ section: Section) {
        id = section.id
        chapterId = section.chapterID
        title = section.title
        position = section.position
        kind = section.material.kind
        free = section.isFree
        content = section.material.text
        videoUrl = section.material.url
    }
}

struct CartItemView: Codable, Sendable {
    var courseId: ID<Course>
    var title: String
    var coverUrl: String
    var policyId: ID<PricePolicy>
    /// Absent, as the price, while the course cannot be bought as chosen.
    var days: Int64?
    var price: Amount?
    /// What it cost when it was put here.
    var addedPrice: Amount
    var addedAt: Instant
    var priceChanged: Bool
    var offline: Bool
    var policyWithdrawn: Bool
    /// Until when the member has access already; buying extends it.
    var ownedUntil: Instant?
    var policies: [PolicyView]

    init(_ line: CartLine) {
        courseId = line.course.id
        title = line.course.title
        coverUrl = line.course.cover
        policyId = line.item.policyID
        days = line.policy?.days
        price = line.policy?.price
        addedPrice = line.item.price
        addedAt = line.item.addedAt
        priceChanged = line.isPriceChanged
        offline = line.isOffline
        policyWithdrawn = line.isPolicyWithdrawn
        ownedUntil = line.ownedUntil
        policies = line.isOffline ? [] : line.policies.map(PolicyView.init)
    }
}

struct CartView: Codable, Sendable {
    var currency: String
    /// Of what can be bought, before any coupon.
    var total: Amount
    var items: [CartItemView]

    init(_ cart: Cart) throws {
        currency = Currency.cny.code
        total = try cart.total()
        items = cart.lines.map(CartItemView.init)
    }
}

struct EnrollmentView: Codable, Sendable {
    var id: ID<Enrollment>
    var courseId: ID<Course>
    var title: String
    var coverUrl: String
    var status: Enrollment.Status
    var startedAt: Instant
    /// Absent if everything that gave access was refunded.
    var accessUntil: Instant?

    init(_ owned: OwnedCourse, at now: Instant) {
        id = owned.enrollment.id
        courseId = owned.course.id
        title = owned.course.title
        coverUrl = owned.course.cover
        status = owned.enrollment.status(at: now)
        startedAt = owned.enrollment.startedAt
        accessUntil = owned.enrollment.accessUntil
    }
}
