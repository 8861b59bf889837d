import Foundation

/// The files of this repository, as the rules of tidiness read them.
enum Repository {
    static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// Every Swift file below `Sources`.
    static let sources = texts(below: "Sources", ending: ".swift")

    /// Every Swift file, tests too.
    static let swiftFiles = sources + texts(below: "Tests", ending: ".swift")

    /// What tests call themselves: names of functions, names on show, and what the tests of the
    /// whole system say of themselves first.
    static let testNames =
        names(in: "Tests", ending: ".swift", #"(`[^`\n]+`|"[^"\n]+")"#)
        + names(in: "Tests/System", ending: ".py", #""""([^"\n]+)"#)

    private static func names(in folder: String, ending: String, _ pattern: String) -> [String] {
        let files = texts(below: folder, ending: ending).filter { $0.name != "ScannerTests.swift" }
        return files.flatMap { $0.captures(pattern) }.map { $0.text }
    }

    /// Every page of documentation.
    static let pages = texts(below: "", ending: ".md")

    /// The businesses: the folders that look alike. The sandbox stands in for the world outside; it
    /// sells nothing and books nothing.
    static let businesses = folders(below: "Sources/Businesses").filter { $0 != "Sandbox" }

    /// Every folder that may carry message catalogs, as `Sources/<Tier>/<Module>`.
    static let modules = ["Delivery", "Platform", "Businesses"].flatMap { tier in
        folders(below: "Sources/\(tier)").map { "Sources/\(tier)/\($0)" }
    }

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: root.appending(path: path).path)
    }

    /// nil if there is no such file.
    static func data(_ path: String) -> Data? { try? Data(contentsOf: root.appending(path: path)) }

    private static func folders(below path: String) -> [String] {
        let all = try? FileManager.default.contentsOfDirectory(
            at: root.appending(path: path), includingPropertiesForKeys: [.isDirectoryKey])
        return (all ?? []).filter(\.hasDirectoryPath).map(\.lastPathComponent).sorted()
    }

    private static func texts(below path: String, ending: String) -> [SourceText] {
        let start = path.isEmpty ? root : root.appending(path: path)
        let files = FileManager.default.enumerator(
            at: start, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
        return (files?.compactMap { $0 as? URL } ?? [])
            .filter { $0.lastPathComponent.hasSuffix(ending) }
            .compactMap { url in
                let name = String(url.standardizedFileURL.path.dropFirst(root.path.count))
                let relative = name.hasPrefix("/") ? String(name.dropFirst()) : name
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                return SourceText(path: relative, text: text)
            }
            .sorted { $0.path < $1.path }
    }
}
