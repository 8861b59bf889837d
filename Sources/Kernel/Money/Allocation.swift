import Basics

extension Amount {
    /// Splits a sum over weights by largest remainder (commerce D6): each share is its exact
    /// proportion rounded down, and what is left goes, one unit each, to the largest remainders,
    /// the earlier index first. A weight of zero gets nothing. The shares always add up to the sum.
    ///
    /// - Precondition: the sum and all weights are not negative, and some weight is positive unless
    ///   the sum is zero.
    package func allocated(over weights: [Amount]) -> [Amount] {
        precondition(minorUnits >= 0 && weights.allSatisfy { $0.minorUnits >= 0 })
        guard minorUnits > 0 else { return weights.map { _ in .zero } }
        // Weights may add up beyond 64 bits, so the total and the products are kept in 128.
        let total = weights.reduce(UInt128(0)) { $0 + UInt128($1.minorUnits) }
        precondition(total > 0, "a sum cannot be split over nothing")

        var shares: [Int64] = []
        var remainders: [(index: Int, rest: UInt128)] = []
        for (index, weight) in weights.enumerated() {
            let product = UInt128(minorUnits) * UInt128(weight.minorUnits)
            shares.append(Int64(product / total))
            remainders.append((index, product % total))
        }
        let left = Int(minorUnits - shares.reduce(0, +))
        let order = remainders.sorted { ($1.rest, $0.index) < ($0.rest, $1.index) }
        for (index, _) in order.prefix(left) { shares[index] += 1 }
        return shares.map(Amount.init)
    }

    /// `self × percent / 100`, half up (commerce D4).
    /// - Precondition: not negative; 0 ... 100 percent.
    package func percent(_ percent: Int64) -> Amount {
        precondition(minorUnits >= 0 && (0...100).contains(percent))
        return Amount(Int64((UInt128(minorUnits) * UInt128(percent) + 50) / 100))
    }
}
