import Testing

@testable import Payments

/// The codes that payers scan: read back here as a phone does, from the picture to the text.
@Suite struct QRTests {
    @Test func `correction codewords are the standard's own`() {
        // ISO/IEC 18004: "HELLO WORLD" in version 1-M.
        let data: [UInt8] = [32, 91, 11, 120, 209, 114, 220, 77, 67, 64, 236, 17, 236, 17, 236, 17]
        let correction: [UInt8] = [196, 35, 39, 119, 235, 215, 231, 226, 93, 23]
        #expect(ReedSolomon.remainder(of: data, length: 10) == correction)
    }

    @Test func `each length finds the smallest version, up to 213 bytes`() {
        let largest = [14, 26, 42, 62, 84, 106, 122, 152, 180, 213]
        for (index, bytes) in largest.enumerated() {
            let full = QRCode(String(repeating: "x", count: bytes))
            #expect(full?.version == index + 1)
            let next = QRCode(String(repeating: "x", count: bytes + 1))
            #expect(next?.version == (index < 9 ? index + 2 : nil))
        }
    }

    @Test(arguments: [
        "", "a", "weixin://wxpay/bizpayurl?pr=NwY5Mz9&groupid=00",
        "https://qr.alipay.com/bax03431ljhokirwl38f00a7", "付款码：三百六十一元",
        String(repeating: "https://pay.example/", count: 6),
        String(repeating: "0123456789", count: 21),
    ])
    func `what is drawn can be read`(_ text: String) throws {
        let code = try #require(QRCode(text))
        let reader = QRReader(code)
        #expect(reader.format == reader.secondFormat)
        #expect(reader.format == QRReader.formats[code.mask])
        #expect(reader.hasFinders)
        #expect(try reader.text() == text)
    }

    @Test func `format and version are the standard's own bits`() throws {
        // Level M: the table of ISO/IEC 18004, annex C; version 7: annex D.
        #expect(QRReader.formats[0] == 0b101_0100_0001_0010)
        #expect(QRReader.formats[5] == 0b100_0000_1100_1110)
        let seven = try #require(QRCode(String(repeating: "x", count: 122)))
        var bits = 0
        for place in (0..<18).reversed() {
            bits = bits << 1 | (seven.isDark(seven.size - 11 + place % 3, place / 3) ? 1 : 0)
        }
        #expect(bits == 0b00_0111_1100_1001_0100)
    }

    @Test func `a picture has a quiet zone and every dark module`() throws {
        let picture = try #require(QRPicture("hello"))
        let code = try #require(QRCode("hello"))
        #expect(picture.size == code.size + 8)
        let widths = picture.path.split(separator: "h").dropFirst().compactMap { part in
            part.hasPrefix("-") ? nil : Int(part.prefix { $0.isNumber })
        }
        let dark = (0..<code.size).reduce(0) { sum, y in
            sum + (0..<code.size).count { code.isDark($0, y) }
        }
        #expect(widths.reduce(0, +) == dark)
        #expect(picture.path.hasPrefix("M4 4h7v1h-7z"))
    }
}

/// Reads a code's modules, without anything of the encoder but its table of block lengths.
private struct QRReader {
    /// BCH(15, 5) of level M and each mask, with the standard's pattern over it.
    static let formats = (0..<8).map { mask -> Int in
        var rest = mask << 10
        for place in (10..<15).reversed() where rest >> place & 1 == 1 {
            rest ^= 0b101_0011_0111 << (place - 10)
        }
        return (mask << 10 | rest) ^ 0b101_0100_0001_0010
    }

    let code: QRCode

    init(_ code: QRCode) { self.code = code }

    private func bits(_ places: [(Int, Int)]) -> Int {
        places.reduce(0) { $0 << 1 | (code.isDark($1.0, $1.1) ? 1 : 0) }
    }

    /// Around the finder at the top left, the highest bit first.
    var format: Int {
        bits(
            (0..<6).map { ($0, 8) } + [(7, 8), (8, 8), (8, 7)]
                + (0..<6).reversed().map { (8, $0) })
    }

    /// Beside the other two finders.
    var secondFormat: Int {
        let size = code.size
        return bits(
            (0..<7).map { (8, size - 1 - $0) } + (0..<8).reversed().map { (size - 1 - $0, 8) })
    }

    var hasFinders: Bool {
        let rows = ["1111111", "1000001", "1011101", "1011101", "1011101", "1000001", "1111111"]
        let far = code.size - 7
        return [(0, 0), (far, 0), (0, far)].allSatisfy { x, y in
            rows.enumerated().allSatisfy { line, row in
                row.enumerated().allSatisfy { code.isDark(x + $0, y + line) == ($1 == "1") }
            }
        }
    }

    private func isFixed(_ x: Int, _ y: Int, _ shape: QRShape) -> Bool {
        let size = code.size
        if x == 6 || y == 6 || x < 9 && y < 9 || x >= size - 8 && y < 9 || x < 9 && y >= size - 8 {
            return true
        }
        if shape.version >= 7 && (x >= size - 11 && y < 6 || x < 6 && y >= size - 11) {
            return true
        }
        return shape.alignment.contains { centerX in
            shape.alignment.contains { centerY in
                let last = shape.alignment.last ?? 0
                let isFinder =
                    centerX == 6 && (centerY == 6 || centerY == last)
                    || centerX == last && centerY == 6
                return !isFinder && abs(x - centerX) <= 2 && abs(y - centerY) <= 2
            }
        }
    }

    private func inverts(_ x: Int, _ y: Int) -> Bool {
        let (row, column) = (y, x)
        return switch code.mask {
        case 0: (row + column) % 2 == 0
        case 1: row % 2 == 0
        case 2: column % 3 == 0
        case 3: (row + column) % 3 == 0
        case 4: (row / 2 + column / 3) % 2 == 0
        case 5: (row * column) % 2 + (row * column) % 3 == 0
        case 6: ((row * column) % 2 + (row * column) % 3) % 2 == 0
        default: ((row + column) % 2 + (row * column) % 3) % 2 == 0
        }
    }

    /// The codewords as they stand in the picture.
    private func codewords(_ shape: QRShape) -> [UInt8] {
        var bits: [Bool] = []
        var columns = Array((0..<code.size).reversed()).filter { $0 != 6 }
        var isUp = true
        while columns.count >= 2 {
            let pair = columns.prefix(2)
            columns.removeFirst(2)
            let rows = Array(0..<code.size)
            for y in isUp ? rows.reversed() : rows {
                for x in pair where !isFixed(x, y, shape) {
                    bits.append(code.isDark(x, y) != inverts(x, y))
                }
            }
            isUp.toggle()
        }
        return stride(from: 0, to: bits.count - 7, by: 8).map { start in
            bits[start..<start + 8].reduce(UInt8(0)) { $0 << 1 | ($1 ? 1 : 0) }
        }
    }

    func text() throws -> String {
        let shape = QRShape.all[code.version - 1]
        let all = codewords(shape)
        let lengths = shape.blockLengths
        var blocks = [[UInt8]](repeating: [], count: lengths.count)
        var next = 0
        for place in 0..<(lengths.max() ?? 0) {
            for block in lengths.indices where place < lengths[block] {
                blocks[block].append(all[next])
                next += 1
            }
        }
        var whole = blocks
        for _ in 0..<shape.correctionPerBlock {
            for block in lengths.indices {
                whole[block].append(all[next])
                next += 1
            }
        }
        // A codeword without a mistake is zero at every root of the generator.
        for block in whole {
            var root: UInt8 = 1
            for _ in 0..<shape.correctionPerBlock {
                #expect(block.reduce(UInt8(0)) { ReedSolomon.multiply($0, root) ^ $1 } == 0)
                root = ReedSolomon.multiply(root, 2)
            }
        }
        let bits = blocks.joined().flatMap { byte in
            (0..<8).reversed().map { byte >> $0 & 1 }
        }
        func number(_ start: Int, _ count: Int) -> Int {
            bits[start..<start + count].reduce(0) { $0 << 1 | Int($1) }
        }
        #expect(number(0, 4) == 0b0100)
        let countBits = code.version < 10 ? 8 : 16
        let length = number(4, countBits)
        let bytes = (0..<length).map { UInt8(number(4 + countBits + $0 * 8, 8)) }
        return try #require(String(validating: bytes, as: UTF8.self))
    }
}
