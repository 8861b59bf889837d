/// SplitMix64: the same seed gives the same numbers on every machine and with every compiler.
package struct Seeded: Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// One of 0 ..< `count`.
    mutating func below(_ count: Int) -> Int { Int(next() % UInt64(max(1, count))) }

    mutating func among(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.count)
    }

    /// True in so many of a hundred cases.
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    /// One of several, each as likely as its weight says.
    mutating func weighted<Element>(_ choices: [(weight: Int, element: Element)]) -> Element {
        var left = below(choices.reduce(0) { $0 + $1.weight })
        for choice in choices {
            left -= choice.weight
            if left < 0 { return choice.element }
        }
        return choices[choices.count - 1].element
    }
}
