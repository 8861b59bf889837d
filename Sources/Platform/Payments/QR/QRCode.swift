/// A text as a QR code (ISO/IEC 18004): bytes, error correction M, versions 1 to 10, which is 213
/// bytes. Gateways' codes have less than 150.
package struct QRCode: Sendable, Hashable {
    let version: Int
    let mask: Int
    /// Modules on each side, without the quiet zone around them.
    package let size: Int
    private let modules: [Bool]

    /// - Returns: nil if the text is too long.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard let shape = QRShape.all.first(where: { $0.capacity >= bytes.count }) else {
            return nil
        }
        let codewords = shape.interleaved(shape.data(of: bytes))
        let candidates = (0..<8).map { QRMatrix(shape, codewords, mask: $0) }
        guard let best = candidates.min(by: { $0.penalty < $1.penalty }) else { return nil }
        version = shape.version
        mask = best.mask
        size = shape.size
        modules = best.dark
    }

    package func isDark(_ x: Int, _ y: Int) -> Bool { modules[y * size + x] }
}

/// One version of the symbol at level M.
struct QRShape {
    let version: Int
    let dataCodewords: Int
    let blocks: Int
    let correctionPerBlock: Int
    let alignment: [Int]

    static let all: [QRShape] = [
        QRShape(1, 16, in: 1, 10, []),
        QRShape(2, 28, in: 1, 16, [6, 18]),
        QRShape(3, 44, in: 1, 26, [6, 22]),
        QRShape(4, 64, in: 2, 18, [6, 26]),
        QRShape(5, 86, in: 2, 24, [6, 30]),
        QRShape(6, 108, in: 4, 16, [6, 34]),
        QRShape(7, 124, in: 4, 18, [6, 22, 38]),
        QRShape(8, 154, in: 4, 22, [6, 24, 42]),
        QRShape(9, 182, in: 5, 22, [6, 26, 46]),
        QRShape(10, 216, in: 5, 26, [6, 28, 50]),
    ]

    private init(
        _ version: Int, _ data: Int, in blocks: Int, _ correction: Int, _ alignment: [Int]
    ) {
        self.version = version
        dataCodewords = data
        self.blocks = blocks
        correctionPerBlock = correction
        self.alignment = alignment
    }

    var size: Int { 17 + 4 * version }
    /// Bits that say how long the text is.
    var countBits: Int { version < 10 ? 8 : 16 }
    /// Bytes of text that fit.
    var capacity: Int { (dataCodewords * 8 - 4 - countBits) / 8 }

    /// The lengths of the blocks: the last ones are longer by one, if they are not all equal.
    var blockLengths: [Int] {
        (0..<blocks).map { $0 < blocks - dataCodewords % blocks ? 0 : 1 }
            .map { $0 + dataCodewords / blocks }
    }

    /// Mode, length, text, terminator and padding.
    func data(of text: [UInt8]) -> [UInt8] {
        var bits: [Bool] = []
        func append(_ value: Int, _ count: Int) {
            for place in (0..<count).reversed() { bits.append(value >> place & 1 == 1) }
        }
        append(0b0100, 4)
        append(text.count, countBits)
        for byte in text { append(Int(byte), 8) }
        append(0, min(4, dataCodewords * 8 - bits.count))
        append(0, (8 - bits.count % 8) % 8)
        var data = stride(from: 0, to: bits.count, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
        var padding: UInt8 = 0xEC
        while data.count < dataCodewords {
            data.append(padding)
            padding ^= 0xEC ^ 0x11
        }
        return data
    }

    /// Data and correction in the order in which they are drawn: one codeword of each block in turn.
    func interleaved(_ data: [UInt8]) -> [UInt8] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = data[...]
        for length in blockLengths {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        let correction = parts.map {
            ReedSolomon.remainder(of: Array($0), length: correctionPerBlock)[...]
        }
        return Self.woven(parts) + Self.woven(correction)
    }

    private static func woven(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
        let longest = parts.map(\.count).max() ?? 0
        return (0..<longest).flatMap { place in
            parts.compactMap { $0.dropFirst(place).first }
        }
    }
}

/// Error correction over the field of 256 elements, as QR codes use it.
enum ReedSolomon {
    /// What is appended to `data` so that the whole is divisible by the generator.
    static func remainder(of data: [UInt8], length: Int) -> [UInt8] {
        let generator = generator(length)
        var remainder = [UInt8](repeating: 0, count: length)
        for byte in data {
            let factor = byte ^ remainder.removeFirst()
            remainder.append(0)
            for place in 0..<length { remainder[place] ^= multiply(generator[place], factor) }
        }
        return remainder
    }

    /// The product of (x − 2^i) for i below `degree`, without its first coefficient, which is 1.
    private static func generator(_ degree: Int) -> [UInt8] {
        var coefficients = [UInt8](repeating: 0, count: degree)
        coefficients[degree - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<degree {
            for place in 0..<degree {
                coefficients[place] = multiply(coefficients[place], root)
                if place + 1 < degree { coefficients[place] ^= coefficients[place + 1] }
            }
            root = multiply(root, 2)
        }
        return coefficients
    }

    /// Modulo x^8 + x^4 + x^3 + x^2 + 1.
    static func multiply(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for place in (0..<8).reversed() {
            product = product << 1 ^ (product >> 7) * 0x11D
            if right >> place & 1 == 1 { product ^= Int(left) }
        }
        return UInt8(product)
    }
}
