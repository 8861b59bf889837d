import Foundation

/// A small generator with a seed, so that a failure can be repeated (SplitMix64).
public struct Dice: RandomNumberGenerator {
    var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    /// How often a test of random input goes round: as often as it says, or, split among its
    /// `seeds`, as often as `KONTOR_FUZZ` says.
    public static func rounds(_ usual: Int, seeds: Int) -> Int {
        ProcessInfo.processInfo.environment["KONTOR_FUZZ"].flatMap(Int.init).map {
            ($0 + seeds - 1) / seeds
        } ?? usual
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A few bytes changed, dropped, doubled, or exchanged with others of the text.
    public mutating func damaged(_ bytes: [UInt8], alphabet: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &self) where !bytes.isEmpty {
            let at = Int.random(in: 0..<bytes.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: bytes[at] = UInt8.random(in: .min ... .max, using: &self)
            case 1: bytes.remove(at: at)
            case 2: bytes.insert(alphabet.randomElement(using: &self) ?? 0, at: at)
            case 3: bytes.removeLast(bytes.count - at)
            default:
                let end = Int.random(in: at..<bytes.count, using: &self)
                bytes.insert(contentsOf: bytes[at...end], at: at)
            }
        }
        return bytes
    }
}
