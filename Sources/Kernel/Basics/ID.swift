import Synchronization

/// A thing that has an identity of its own; its prefix is how its ids begin outside (`ord_…`).
package protocol Entity {
    static var prefix: String { get }
}

/// The identity of an `Entity`: 63 bits, ordered by time, made by the application.
///
/// Inside it is an integer (small, fast indexes, no hot sequence); outside it is an opaque string
/// with the entity's prefix, so that an order's id is never mistaken for a coupon's.
package struct ID<E: Entity>: Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// A new id, unique on all nodes.
    package static func make() -> ID { ID(rawValue: IDGenerator.shared.next()) }

    /// Reads the outside form; nil if it is another entity's or no id at all.
    package init?(_ text: String) {
        let start = E.prefix + "_"
        guard text.hasPrefix(start),
            let value = Base32.decode(text.dropFirst(start.count))
        else { return nil }
        self.init(rawValue: value)
    }
}

extension ID: Comparable {
    package static func < (left: ID, right: ID) -> Bool { left.rawValue < right.rawValue }
}

extension ID: CustomStringConvertible {
    package var description: String { "\(E.prefix)_\(Base32.encode(rawValue))" }
}

extension ID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let id = ID(text) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no \(E.prefix) id")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// 41 bits of milliseconds since 2024, 10 bits of node, 12 bits of sequence.
package final class IDGenerator: Sendable {
    package static let shared = IDGenerator(node: Int64.random(in: 0..<nodes))

    /// How many nodes there can be.
    package static let nodes: Int64 = 1_024
    static let epochMilliseconds: Int64 = 1_704_067_200_000
    private let number: Atomic<Int64>
    private let last = Atomic<Int64>(0)

    init(node: Int64) { number = Atomic(node) }

    package var node: Int64 { number.load(ordering: .relaxed) }

    /// A number that no other node of the database has; the store sees to that.
    package func become(node: Int64) { number.store(node, ordering: .relaxed) }

    package func next() -> Int64 {
        let milliseconds = Instant.system().microseconds / 1_000 - Self.epochMilliseconds
        // `last` counts in steps of one sequence number within a millisecond. When more than 4,096
        // are asked for in one, it runs into the next: ids stay unique and ordered.
        var current = last.load(ordering: .relaxed)
        while true {
            let next = max(current + 1, milliseconds << 12)
            let (done, seen) = last.compareExchange(
                expected: current, desired: next, ordering: .relaxed)
            if done { return ((next >> 12) << 22) | (node << 12) | (next & 0xFFF) }
            current = seen
        }
    }
}

/// Crockford's base 32, lower case, thirteen digits: sorts as the number does, survives the telephone.
package enum Base32 {
    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    package static func encode(_ value: Int64, digits count: Int = 13) -> String {
        let alphabet = digits
        var rest = UInt64(bitPattern: value)
        return String(unsafeUninitializedCapacity: count) { bytes in
            for index in (0..<count).reversed() {
                bytes[index] = alphabet[Int(rest & 31)]
                rest >>= 5
            }
            return count
        }
    }

    package static func decode(_ text: Substring) -> Int64? {
        guard text.utf8.count == 13 else { return nil }
        var value: UInt64 = 0
        for byte in text.utf8 {
            guard let digit = digits.firstIndex(of: byte), value >> 59 == 0 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        return value >> 63 == 0 ? Int64(value) : nil
    }
}
