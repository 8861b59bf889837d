import Basics

/// What nobody can guess: 128 bits from the system's generator.
enum Token {
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            Base32.encode(Int64.random(in: 0...Int64.max, using: &generator))
        }.joined()
    }
}
