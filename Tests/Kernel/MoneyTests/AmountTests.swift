import Basics
import Testing

@testable import Money

@Suite struct AmountTests {
    @Test(
        arguments: [
            (0, "0.00"), (5, "0.05"), (100, "1.00"), (-36_101, "-361.01"),
            (Int64.max, "92233720368547758.07"), (Int64.min, "-92233720368547758.08"),
        ] as [(Int64, String)])
    func `an amount writes its digits`(_ units: Int64, _ text: String) {
        #expect(Amount(units).description == text)
    }

    @Test func `what does not fit is refused and does not trap`() {
        #expect(throws: Problem.overflow) { try Amount(.max).adding(Amount(1)) }
        #expect(throws: Problem.overflow) { try Amount(.min).subtracting(Amount(1)) }
        #expect(throws: Problem.overflow) { try [Amount(.max), Amount(1)].total() }
    }

    /// Commerce D4: one rounding, half up.
    @Test(
        arguments: [
            (59_900, 79, 47_321), (50, 75, 38), (5_970, 88, 5_254), (1, 50, 1), (1, 49, 0),
            (0, 79, 0),
            (Int64.max, 100, Int64.max),
        ] as [(Int64, Int64, Int64)])
    func `a percentage is rounded half up`(_ units: Int64, _ percent: Int64, _ result: Int64) {
        #expect(Amount(units).percent(percent) == Amount(result))
    }
}

@Suite struct AllocationTests {
    /// Commerce C2, C7, C8, C9 and ties, zero weights, nothing to split.
    @Test(
        arguments: [
            (20_000, [12_200, 53_900], [3_691, 16_309]),
            (1_000, [3_333, 3_333, 3_333], [334, 333, 333]),
            (500, [400, 4_500], [41, 459]), (716, [1_990, 2_990, 990], [239, 358, 119]),
            (1, [1, 1], [1, 0]), (2, [1, 1, 1], [1, 1, 0]), (10, [0, 5, 0], [0, 10, 0]),
            (0, [0, 0], [0, 0]), (0, [], []), (10_000, [8_509, 37_591], [1_846, 8_154]),
        ] as [(Int64, [Int64], [Int64])])
    func `shares are the largest remainders'`(
        _ sum: Int64, _ weights: [Int64], _ shares: [Int64]
    ) {
        let given = Amount(sum).allocated(over: weights.map(Amount.init))
        #expect(given.map(\.minorUnits) == shares)
    }

    @Test func `shares add up, whatever the weights`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...20, using: &random)
            var weights = (0..<count).map { _ in
                Bool.random() ? Int64.random(in: 0...Int64.max / 32) : Int64.random(in: 0...10)
            }
            weights[0] += 1
            let sum = Int64.random(in: 0...Int64.max / 2)
            let shares = Amount(sum).allocated(over: weights.map(Amount.init))
            #expect(shares.reduce(0) { $0 + $1.minorUnits } == sum)
            for (share, weight) in zip(shares, weights) where weight == 0 {
                #expect(share == .zero)
            }
        }
    }
}
