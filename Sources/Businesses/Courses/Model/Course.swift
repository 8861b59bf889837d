import Basics
import Store

/// Something that members buy access to, for a period.
package struct Course: Entity, Hashable, Sendable {
    package static let prefix = "crs"
    /// What a course is called among all the products that Checkout knows.
    static let productKind = "course"

    enum Kind: String, SQLText, Codable, CaseIterable {
        /// Sold on its own.
        case paid
    }

    enum Status: String, SQLText, Codable, CaseIterable {
        /// Seen by operators only.
        case draft
        case onSale = "on-sale"
        /// Not sold any more; whoever has access keeps it.
        case offline
    }

    enum Level: String, SQLText, Codable, CaseIterable {
        case beginner, intermediate, advanced
    }

    let id: ID<Course>
    var categoryID: ID<Category>?
    var kind: Kind
    var status: Status
    var title: String
    var subtitle: String
    var summary: String
    var level: Level
    /// How long it takes to study, roughly.
    var hours: Int64
    /// A picture somewhere; nil shows one drawn from the id.
    var coverURL: String?
    var isRecommended: Bool
    let createdAt: Instant

    /// Whether anybody but an operator may look at it.
    var isPublic: Bool { status != .draft }
    var isOnSale: Bool { status == .onSale }

    /// Where its picture is, one of its own or one that is drawn.
    var cover: String { coverURL ?? "/courses/\(id)/cover.svg" }
}

extension Course {
    /// What people search for, and what searching compares: letter case does not matter.
    static func folded(_ text: String) -> String { text.lowercased() }
}
