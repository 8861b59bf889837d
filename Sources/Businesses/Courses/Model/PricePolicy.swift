import Basics
import Money

/// One price for one period of access: 59900 fen for 365 days.
struct PricePolicy: Entity, Hashable, Sendable {
    static let prefix = "pol"

    let id: ID<PricePolicy>
    let courseID: ID<Course>
    /// Days of 24 hours; a year has 365 (commerce D20).
    let days: Int64
    var price: Amount
    /// Whether it is offered. One that was sold is never removed, and comes back under its old id.
    var isActive: Bool
}

/// A price as an operator sets it.
struct PriceTerms: Codable, Hashable, Sendable {
    var days: Int64
    var price: Amount
}

extension PricePolicy {
    static let mostDays: Int64 = 3_650
    static let highestPrice = Amount(1_000_000_000)
    static let mostPerCourse = 20

    /// The policies a course has once `terms` are all it offers: a period keeps its policy, and
    /// with it the carts it lies in; a new period gets a new one.
    static func revised(
        _ current: [PricePolicy], to terms: [PriceTerms], of course: ID<Course>
    ) -> [PricePolicy] {
        let kept = current.map { policy in
            var policy = policy
            let price = terms.first { $0.days == policy.days }?.price
            policy.price = price ?? policy.price
            policy.isActive = price != nil
            return policy
        }
        let added = terms.filter { term in !current.contains { $0.days == term.days } }
        return kept
            + added.map {
                PricePolicy(
                    id: .make(), courseID: course, days: $0.days, price: $0.price, isActive: true)
            }
    }
}

extension Faults {
    mutating func checkPrices(_ terms: [PriceTerms]) {
        check(terms.count <= PricePolicy.mostPerCourse, "/policies", "too-many-policies")
        for (index, term) in terms.enumerated() {
            let place = "/policies/\(index)"
            check((1...PricePolicy.mostDays).contains(term.days), "\(place)/days", "days-range")
            check(
                (.zero...PricePolicy.highestPrice).contains(term.price), "\(place)/price",
                "price-range")
            let isFirst = terms.firstIndex { $0.days == term.days } == index
            check(isFirst, "\(place)/days", "days-repeated")
        }
    }
}
