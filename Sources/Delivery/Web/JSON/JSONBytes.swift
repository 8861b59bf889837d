import Foundation

/// How answers are written and stored ones are read back.
package enum JSONBytes {
    private static let decoder = JSONDecoder()

    package static func encode(_ value: some Encodable) throws -> [UInt8] {
        try JSONBytesEncoder.encode(value)
    }

    /// The one way to write this value, as `JSONValue.canonicalBytes`.
    /// - Parameter secrets: names of members that are left out, at any depth.
    package static func canonical(
        _ value: some Encodable, without secrets: Set<String> = []
    ) throws -> [UInt8] {
        try JSONBytesEncoder.canonical(value, without: secrets)
    }

    /// Reads back what `encode` wrote: answers that were stored.
    package static func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        try decoder.decode(type, from: Data(bytes))
    }
}
