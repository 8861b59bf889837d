import Basics
import Store

/// A thing that can be sold: its kind (`course`, `degree-course`, `lot`, …) and its number there.
package struct ProductRef: Hashable, Sendable {
    package let kind: String
    package let id: Int64

    package init(kind: String, id: Int64) {
        self.kind = kind
        self.id = id
    }

    package init<E: Entity>(kind: String, id: ID<E>) { self.init(kind: kind, id: id.rawValue) }
}

/// What a coupon looks at to see whether it fits: the product, what it belongs to (its categories,
/// its auction session), and the business that sells it.
package struct CouponTarget: Hashable, Sendable {
    package let product: ProductRef
    package let groups: Set<ProductRef>
    package let business: String

    package init(_ product: ProductRef, groups: Set<ProductRef> = [], business: String) {
        self.product = product
        self.groups = groups
        self.business = business
    }
}

/// What a coupon may be used for. Kind *and* id must match (commerce defect 29): a coupon for a
/// degree course never fits the course that happens to have the same number.
package struct CouponScope: Hashable, Sendable, Codable {
    package enum Kind: String, SQLText, Codable, CaseIterable, Sendable {
        case all, business, category, course
        case degreeCourse = "degree-course"
        case session, listing, lending

        /// Coupons of these kinds go on a line of the order, all others on the order as a whole.
        package var isForLines: Bool {
            self == .course || self == .degreeCourse || self == .category
        }

        /// Whether a scope of this kind names one thing.
        package var namesOne: Bool { self != .all && self != .lending }
    }

    package let kind: Kind
    /// The outside form of the id (`crs_…`), or the name of a business; nil where the kind says all.
    package let id: String?

    package init(_ kind: Kind, id: String? = nil) {
        self.kind = kind
        self.id = id
    }

    package init<E: Entity>(_ kind: Kind, _ id: ID<E>) { self.init(kind, id: id.description) }

    package static let all = CouponScope(.all)
    package static func business(_ name: String) -> CouponScope { CouponScope(.business, id: name) }

    /// The one thing it names; nil for a scope that names many, or whose id is none.
    package var reference: ProductRef? {
        guard kind.namesOne, kind != .business, let id, let cut = id.lastIndex(of: "_"),
            let number = Base32.decode(id[id.index(after: cut)...])
        else { return nil }
        return ProductRef(kind: kind.rawValue, id: number)
    }

    package func covers(_ target: CouponTarget) -> Bool {
        switch kind {
        case .all: return true
        case .business: return target.business == id
        case .lending: return target.product.kind == kind.rawValue
        case .category, .course, .degreeCourse, .session, .listing:
            guard let reference else { return false }
            return target.product == reference || target.groups.contains(reference)
        }
    }
}
