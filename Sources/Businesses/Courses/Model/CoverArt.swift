/// The picture of a course that has none of its own: a few shapes in two colours, drawn from its id,
/// so that it is always the same one and every course has another.
struct CoverArt: Hashable, Sendable {
    static let width = 640
    static let height = 360

    private let seed: UInt64

    init(of course: Int64) { seed = Self.scatter(UInt64(bitPattern: course)) }

    /// SplitMix64's last step: neighbouring ids give unrelated pictures.
    private static func scatter(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9E37_79B9_7F4A_7C15
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }

    /// The `index`th number below `bound` that follows from the id.
    private func number(_ index: UInt64, below bound: Int) -> Int {
        Int(Self.scatter(seed &+ index) % UInt64(bound))
    }

    var svg: String {
        let hue = number(0, below: 360)
        let second = (hue + 30 + number(1, below: 60)) % 360
        let shapes = (0..<7).map {
            shape(UInt64($0) * 8 + 8, hue: $0.isMultiple(of: 2) ? hue : second)
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(Self.height)">
            <defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">
            <stop offset="0" stop-color="hsl(\(hue),52%,42%)"/>
            <stop offset="1" stop-color="hsl(\(second),58%,26%)"/>
            </linearGradient></defs>
            <rect width="100%" height="100%" fill="url(#g)"/>
            \(shapes.joined(separator: "\n"))
            </svg>
            """
    }

    private func shape(_ index: UInt64, hue: Int) -> String {
        let x = number(index, below: Self.width)
        let y = number(index + 1, below: Self.height)
        let size = 40 + number(index + 2, below: 150)
        let fill = "fill=\"hsl(\(hue),70%,\(62 + number(index + 3, below: 24))%)\""
        let opacity = "fill-opacity=\"0.\(12 + number(index + 4, below: 30))\""
        switch number(index + 5, below: 3) {
        case 0: return "<circle cx=\"\(x)\" cy=\"\(y)\" r=\"\(size)\" \(fill) \(opacity)/>"
        case 1:
            let turn = number(index + 6, below: 90)
            return """
                <rect x="\(x)" y="\(y)" width="\(size)" height="\(size)" rx="12" \
                transform="rotate(\(turn) \(x) \(y))" \(fill) \(opacity)/>
                """
        default:
            let points = "\(x),\(y) \(x + size),\(y + size / 3) \(x + size / 4),\(y + size)"
            return "<polygon points=\"\(points)\" \(fill) \(opacity)/>"
        }
    }
}
