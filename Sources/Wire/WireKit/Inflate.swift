/// Unpacks DEFLATE data (RFC 1951), never beyond a limit.
///
/// Files from outside are unpacked here, so this reads with bounds checks and no pointers, refuses
/// what the format does not allow, and stops a bomb at the limit instead of after it.
package struct Inflate {
    private let input: ArraySlice<UInt8>
    private let limit: Int
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount: UInt32 = 0
    private var output: [UInt8] = []

    /// The bytes, and where in `input` the packed data ended.
    package static func unpacked(
        _ input: ArraySlice<UInt8>, limit: Int
    ) throws(InflateFault) -> (bytes: [UInt8], end: Int) {
        var inflate = Inflate(input: input, limit: limit)
        try inflate.blocks()
        return (inflate.output, inflate.position)
    }

    private init(input: ArraySlice<UInt8>, limit: Int) {
        self.input = input
        self.limit = limit
        position = input.startIndex
    }

    private mutating func blocks() throws(InflateFault) {
        var isLast = false
        while !isLast {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try stored()
            case 1: try coded(by: .fixedLengths, .fixedDistances)
            case 2:
                let (lengths, distances) = try dynamicCodes()
                try coded(by: lengths, distances)
            default: throw .malformed
            }
        }
    }

    // MARK: Bits

    private mutating func take(_ count: UInt32) throws(InflateFault) -> Int {
        while bitCount < count {
            guard position < input.endIndex else { throw .truncated }
            bits |= UInt32(input[position]) << bitCount
            position += 1
            bitCount += 8
        }
        let value = bits & (1 << count - 1)
        bits >>= count
        bitCount -= count
        return Int(value)
    }

    /// A symbol of a Huffman code: codes of one length are consecutive numbers, so the walk goes
    /// bit by bit and needs no tree.
    private mutating func symbol(_ code: HuffmanCode) throws(InflateFault) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1..<code.counts.count {
            value |= try take(1)
            let count = code.counts[length]
            if value - first < count { return code.symbols[index + value - first] }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw .malformed
    }

    // MARK: Blocks

    private mutating func stored() throws(InflateFault) {
        // What is left of the byte is padding; whole bytes are never read ahead.
        bits = 0
        bitCount = 0
        let length = try take(16)
        guard try take(16) == length ^ 0xFFFF else { throw .malformed }
        guard input.endIndex - position >= length else { throw .truncated }
        guard output.count + length <= limit else { throw .tooLarge }
        output += input[position..<position + length]
        position += length
    }

    private mutating func coded(
        by lengths: HuffmanCode, _ distances: HuffmanCode
    ) throws(InflateFault) {
        while true {
            let symbol = try self.symbol(lengths)
            switch symbol {
            case 0..<256:
                guard output.count < limit else { throw .tooLarge }
                output.append(UInt8(symbol))
            case 256:
                return
            case 257..<286:
                let step = Self.lengthSteps[symbol - 257]
                let length = step.base + (try take(step.extra))
                let distanceSymbol = try self.symbol(distances)
                guard distanceSymbol < Self.distanceSteps.count else { throw .malformed }
                let away = Self.distanceSteps[distanceSymbol]
                try repeatBytes(from: away.base + (try take(away.extra)), count: length)
            default:
                throw .malformed
            }
        }
    }

    private mutating func repeatBytes(from distance: Int, count: Int) throws(InflateFault) {
        guard distance <= output.count else { throw .malformed }
        guard output.count + count <= limit else { throw .tooLarge }
        var source = output.count - distance
        for _ in 0..<count {
            output.append(output[source])
            source += 1
        }
    }

    private mutating func dynamicCodes() throws(InflateFault) -> (HuffmanCode, HuffmanCode) {
        let lengthCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let metaCount = try take(4) + 4
        guard lengthCount <= 286, distanceCount <= 30 else { throw .malformed }

        var meta = Array(repeating: 0, count: 19)
        for place in Self.metaOrder[..<metaCount] {
            meta[place] = try take(3)
        }
        let metaCode = try HuffmanCode(lengths: meta)

        var lengths: [Int] = []
        while lengths.count < lengthCount + distanceCount {
            switch try symbol(metaCode) {
            case let length where length < 16: lengths.append(length)
            case 16:
                guard let last = lengths.last else { throw .malformed }
                lengths += Array(repeating: last, count: 3 + (try take(2)))
            case 17: lengths += Array(repeating: 0, count: 3 + (try take(3)))
            default: lengths += Array(repeating: 0, count: 11 + (try take(7)))
            }
        }
        // A block without its end symbol would never end.
        guard lengths.count == lengthCount + distanceCount, lengths[256] > 0 else {
            throw .malformed
        }
        return (
            try HuffmanCode(lengths: Array(lengths[..<lengthCount])),
            try HuffmanCode(lengths: Array(lengths[lengthCount...]))
        )
    }

    private static let metaOrder = [
        16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15,
    ]

    /// The shortest length of symbols 257… and how many bits say how much longer it is.
    private static let lengthSteps: [(base: Int, extra: UInt32)] = {
        let extras: [UInt32] = [
            0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5,
        ]
        return steps(from: 3, extras) + [(258, 0)]
    }()

    /// The same for the distances to go back.
    private static let distanceSteps: [(base: Int, extra: UInt32)] = steps(
        from: 1,
        [
            0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12,
            12, 13, 13,
        ])

    private static func steps(from start: Int, _ extras: [UInt32]) -> [(base: Int, extra: UInt32)] {
        var base = start
        return extras.map { extra in
            defer { base += 1 << extra }
            return (base, extra)
        }
    }
}

/// Why packed data is refused.
package enum InflateFault: Error, Hashable, Sendable {
    /// The data ends too early.
    case truncated
    /// Not this format, or damaged.
    case malformed
    /// Unpacked it would be longer than the limit.
    case tooLarge
}

/// A canonical Huffman code: how many codes there are of each length, and their symbols in order.
private struct HuffmanCode {
    let counts: [Int]
    let symbols: [Int]

    /// - Throws: malformed if there are more codes than bits can tell apart, or fewer than that
    ///   and more than one.
    init(lengths: [Int]) throws(InflateFault) {
        var counts = Array(repeating: 0, count: 16)
        for length in lengths { counts[length] += 1 }
        counts[0] = 0
        var left = 1
        for length in 1..<16 {
            left = left << 1 - counts[length]
            guard left >= 0 else { throw .malformed }
        }
        let used = counts.reduce(0, +)
        guard left == 0 || used <= 1 else { throw .malformed }
        self.counts = counts
        symbols = lengths.indices.filter { lengths[$0] > 0 }.sorted {
            (lengths[$0], $0) < (lengths[$1], $1)
        }
    }

    private init(complete lengths: [Int]) {
        var counts = Array(repeating: 0, count: 16)
        for length in lengths { counts[length] += 1 }
        self.counts = counts
        symbols = lengths.indices.sorted { (lengths[$0], $0) < (lengths[$1], $1) }
    }

    static let fixedLengths = HuffmanCode(
        complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 })
    static let fixedDistances = HuffmanCode(complete: Array(repeating: 5, count: 32))
}
