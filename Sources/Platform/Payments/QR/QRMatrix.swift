/// The modules of a QR code with one of the eight masks.
struct QRMatrix {
    let mask: Int
    private(set) var dark: [Bool]
    /// Modules that are not data: patterns, format, version.
    private var isFixed: [Bool]
    private let size: Int

    init(_ shape: QRShape, _ codewords: [UInt8], mask: Int) {
        self.mask = mask
        size = shape.size
        dark = Array(repeating: false, count: size * size)
        isFixed = dark
        drawTiming()
        drawFinders()
        drawAlignment(shape)
        drawFormat()
        if shape.version >= 7 { drawVersion(shape.version) }
        drawData(codewords)
    }

    private mutating func fix(_ x: Int, _ y: Int, _ isDark: Bool) {
        dark[y * size + x] = isDark
        isFixed[y * size + x] = true
    }

    private mutating func drawTiming() {
        for place in 0..<size {
            fix(6, place, place % 2 == 0)
            fix(place, 6, place % 2 == 0)
        }
    }

    /// Three squares in corners, with a light border.
    private mutating func drawFinders() {
        for (centerX, centerY) in [(3, 3), (size - 4, 3), (3, size - 4)] {
            for y in max(0, centerY - 4)...min(size - 1, centerY + 4) {
                for x in max(0, centerX - 4)...min(size - 1, centerX + 4) {
                    let ring = max(abs(x - centerX), abs(y - centerY))
                    fix(x, y, ring != 2 && ring != 4)
                }
            }
        }
    }

    private mutating func drawAlignment(_ shape: QRShape) {
        guard let last = shape.alignment.last else { return }
        for centerY in shape.alignment {
            for centerX in shape.alignment {
                let isFinder =
                    (centerX == 6 && centerY == 6) || (centerX == 6 && centerY == last)
                    || (centerX == last && centerY == 6)
                if isFinder { continue }
                for y in centerY - 2...centerY + 2 {
                    for x in centerX - 2...centerX + 2 {
                        fix(x, y, max(abs(x - centerX), abs(y - centerY)) != 1)
                    }
                }
            }
        }
    }

    /// Level M is 0; then the mask, with ten bits of correction, twice.
    private mutating func drawFormat() {
        var remainder = mask
        for _ in 0..<10 { remainder = remainder << 1 ^ (remainder >> 9) * 0x537 }
        let bits = (mask << 10 | remainder) ^ 0x5412
        func bit(_ place: Int) -> Bool { bits >> place & 1 == 1 }
        for place in 0..<6 { fix(8, place, bit(place)) }
        fix(8, 7, bit(6))
        fix(8, 8, bit(7))
        fix(7, 8, bit(8))
        for place in 9..<15 { fix(14 - place, 8, bit(place)) }
        for place in 0..<8 { fix(size - 1 - place, 8, bit(place)) }
        for place in 8..<15 { fix(8, size - 15 + place, bit(place)) }
        fix(8, size - 8, true)
    }

    private mutating func drawVersion(_ version: Int) {
        var remainder = version
        for _ in 0..<12 { remainder = remainder << 1 ^ (remainder >> 11) * 0x1F25 }
        let bits = version << 12 | remainder
        for place in 0..<18 {
            let isDark = bits >> place & 1 == 1
            fix(size - 11 + place % 3, place / 3, isDark)
            fix(place / 3, size - 11 + place % 3, isDark)
        }
    }

    /// In columns of two, from right to left, up and down in turn.
    private mutating func drawData(_ codewords: [UInt8]) {
        var next = 0
        for (x, y) in Self.path(size) where !isFixed[y * size + x] {
            var isDark = false
            if next < codewords.count * 8 {
                isDark = codewords[next >> 3] >> (7 - next & 7) & 1 == 1
            }
            next += 1
            dark[y * size + x] = isDark != Self.inverts(mask, x, y)
        }
    }

    static func path(_ size: Int) -> [(x: Int, y: Int)] {
        var path: [(x: Int, y: Int)] = []
        var right = size - 1
        var isUpward = true
        while right >= 1 {
            // The column of the timing pattern is skipped.
            if right == 6 { right = 5 }
            for step in 0..<size {
                let y = isUpward ? size - 1 - step : step
                path += [(x: right, y: y), (x: right - 1, y: y)]
            }
            isUpward.toggle()
            right -= 2
        }
        return path
    }

    static func inverts(_ mask: Int, _ x: Int, _ y: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }

    // MARK: How hard it is to read

    /// The standard's four counts: runs, squares, what looks like a finder, and imbalance.
    var penalty: Int {
        let rows = (0..<size).map { y in (0..<size).map { x in dark[y * size + x] } }
        let columns = (0..<size).map { x in (0..<size).map { y in dark[y * size + x] } }
        let lines = (rows + columns).reduce(0) { $0 + Self.penalty(ofLine: $1) }
        let count = dark.count { $0 }
        let steps = abs(count * 20 - size * size * 10) / (size * size)
        return lines + squares * 3 + steps * 10
    }

    private var squares: Int {
        var count = 0
        for y in 0..<size - 1 {
            for x in 0..<size - 1 {
                let first = dark[y * size + x]
                if dark[y * size + x + 1] == first && dark[(y + 1) * size + x] == first
                    && dark[(y + 1) * size + x + 1] == first
                {
                    count += 1
                }
            }
        }
        return count
    }

    private static func penalty(ofLine line: [Bool]) -> Int {
        var penalty = 0
        var length = 0
        for place in line.indices {
            length = place > 0 && line[place] == line[place - 1] ? length + 1 : 1
            if length == 5 { penalty += 3 }
            if length > 5 { penalty += 1 }
        }
        let finder = [true, false, true, true, true, false, true]
        let light = [false, false, false, false]
        for start in 0...line.count - 11 {
            let part = Array(line[start..<start + 11])
            if part == finder + light || part == light + finder { penalty += 40 }
        }
        return penalty
    }
}
