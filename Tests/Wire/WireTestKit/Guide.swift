import Foundation

/// A guide for adopters, beside the example that is compiled and run.
public struct Guide {
    /// The lines of every Swift block of the guide, but for lines of a `Package.swift`.
    public let blocks: [[String]]
    /// The lines of every file of the example.
    public let files: [String: [String]]

    /// - Parameters:
    ///   - name: of `docs/guides/<name>.md`.
    ///   - example: the folder beside the one of the file that asks.
    public init(_ name: String, example: String, beside file: String = #filePath) throws {
        let wire = URL(fileURLWithPath: file).deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = wire.appendingPathComponent("../../docs/guides/\(name).md")
        let text = try String(contentsOf: page, encoding: .utf8)
        blocks = text.components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
            .map(Self.lines).filter { $0.first?.hasPrefix(".package(") == false }
        let folder = wire.appendingPathComponent(example)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        files = try Dictionary(
            uniqueKeysWithValues: names.map { name in
                let file = folder.appendingPathComponent(name)
                return (name, Self.lines(try String(contentsOf: file, encoding: .utf8)))
            })
    }

    /// The first lines of blocks that are no part of the example.
    public var strays: [String] {
        blocks.filter { block in
            !files.values.contains { $0.firstRange(of: block) != nil }
        }.compactMap(\.first)
    }

    /// Indentation depends on where a piece stands; empty lines say nothing.
    private static func lines(_ text: String) -> [String] {
        text.components(separatedBy: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
    }
}
