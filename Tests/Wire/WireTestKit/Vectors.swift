import Foundation
import Testing

/// One case of a vector suite: what goes in, what must come out.
public struct Vector: Sendable, CustomTestStringConvertible {
    public let id: String
    public let about: String
    public let keys: JSON
    public let input: JSON
    public let expected: JSON

    public var testDescription: String { "\(id) \(about)" }

    /// All cases of a suite, from every file whose name contains the suite's name.
    ///
    /// The folder is `KONTOR_VECTORS`, or the one beside the file that asks.
    public static func suite(_ name: String, beside file: String = #filePath) -> [Vector] {
        let own = URL(fileURLWithPath: file).deletingLastPathComponent()
        let folder =
            ProcessInfo.processInfo.environment["KONTOR_VECTORS"].map(URL.init(fileURLWithPath:))
            ?? own.appendingPathComponent("Vectors")
        do {
            let files = try FileManager.default.contentsOfDirectory(
                at: folder, includingPropertiesForKeys: nil)
            return try files.filter {
                $0.pathExtension == "json" && $0.lastPathComponent.contains(name)
            }
            .sorted { $0.path < $1.path }
            .flatMap { try vectors(in: $0) }
        } catch {
            Issue.record("cannot read the vectors in \(folder.path): \(error)")
            return []
        }
    }

    private static func vectors(in file: URL) throws -> [Vector] {
        let suite = try JSONDecoder().decode(JSON.self, from: Data(contentsOf: file))
        return suite["vectors"].items.map {
            Vector(
                id: $0["id"].text ?? "", about: $0["description"].text ?? "",
                keys: suite["keys"], input: $0["input"], expected: $0["expected"])
        }
    }
}

/// JSON to look things up in.
public enum JSON: Decodable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    public subscript(name: String) -> JSON {
        if case .object(let members) = self { members[name] ?? .null } else { .null }
    }

    public var text: String? { if case .string(let value) = self { value } else { nil } }
    public var flag: Bool? { if case .bool(let value) = self { value } else { nil } }
    public var number: Int64? { if case .integer(let value) = self { value } else { nil } }
    public var items: [JSON] { if case .array(let value) = self { value } else { [] } }
    public var members: [String: JSON] { if case .object(let value) = self { value } else { [:] } }
}
