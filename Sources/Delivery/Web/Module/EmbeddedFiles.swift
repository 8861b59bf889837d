import Foundation

/// The files of a target's `Templates` folder, carried inside the binary.
///
/// While editing, `KONTOR_TEMPLATES=<path of Sources>` reads them from disk instead.
package struct EmbeddedFiles: Sendable {
    private let files: [(name: String, base64: StaticString)]
    private let folder: URL?

    /// - Parameter source: `Module/File.swift` of the caller, which names the target's folder.
    package init(_ files: [(name: String, base64: StaticString)], source: String = #fileID) {
        self.files = files
        let target = source.prefix { $0 != "/" }
        folder = Self.sources.flatMap { Self.templates(of: String(target), below: $0) }
    }

    package static let none = EmbeddedFiles([])

    /// Whether files may change while Kontor runs.
    package static var areEdited: Bool { sources != nil }

    package var names: [String] {
        guard let folder else { return files.map(\.name) }
        return (FileManager.default.subpaths(atPath: folder.path) ?? []).sorted()
    }

    /// nil if there is no such file.
    package func data(_ name: String) -> Data? {
        if let folder { return try? Data(contentsOf: folder.appending(path: name)) }
        guard let file = files.first(where: { $0.name == name }) else { return nil }
        let text = file.base64.withUTF8Buffer { Data($0) }
        return Data(base64Encoded: text)
    }

    package func text(_ name: String) -> String? {
        data(name).map { String(decoding: $0, as: UTF8.self) }
    }

    private static let sources = ProcessInfo.processInfo.environment["KONTOR_TEMPLATES"]

    private static func templates(of target: String, below sources: String) -> URL? {
        let root = URL(filePath: sources)
        let tiers = (try? FileManager.default.contentsOfDirectory(atPath: root.path)) ?? []
        return tiers.map { root.appending(path: "\($0)/\(target)/Templates") }
            .first { FileManager.default.fileExists(atPath: $0.path) }
    }
}
