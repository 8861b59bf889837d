/// Splits a sum over weights: everybody's exact part rounded down, and what is left, fen by fen, to
/// those who lost most by that; of equals to the earlier (commerce D6).
func split(_ sum: Int, over weights: [Int]) -> [Int] {
    let all = weights.reduce(Int128(0)) { $0 + Int128($1) }
    guard sum > 0, all > 0 else { return weights.map { _ in 0 } }
    var parts = weights.map { Int(Int128(sum) * Int128($0) / all) }
    var lost = weights.map { Int128(sum) * Int128($0) % all }
    for _ in 0..<(sum - parts.reduce(0, +)) {
        var worst = 0
        for index in lost.indices where lost[index] > lost[worst] { worst = index }
        parts[worst] += 1
        lost[worst] = -1
    }
    return parts
}

/// What a coupon promises.
struct CouponTerms: Equatable {
    enum Benefit: Equatable {
        /// Fen off, from a threshold on or from nothing.
        case off(Int)
        /// Per cent that are still to be paid, and the most that is taken off.
        case pay(Int, most: Int?)
    }

    /// What it is for: a course number, or the whole order.
    enum Scope: Equatable {
        case all
        case business(String)
        case course(Int)
        case category(Int)

        var isForLines: Bool {
            switch self {
            case .course, .category: true
            case .all, .business: false
            }
        }
    }

    var benefit: Benefit
    var minimum: Int
    var countsListPrice: Bool
    var scope: Scope

    /// Rounded once, half up, on what is paid; never more than there is (commerce D4, D5).
    func discount(on base: Int) -> Int {
        switch benefit {
        case .off(let value): return min(value, base)
        case .pay(let percent, let most):
            let off = base - (2 * base * percent + 100) / 200
            return min(off, most ?? off)
        }
    }
}
