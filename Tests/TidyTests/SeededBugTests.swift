import Foundation
import Testing

/// The seeded bugs can still be put where they belong, and the tests that must find them exist.
/// That these do find them is shown by `make seeded-bugs`.
@Suite struct SeededBugTests {
    private let bugs = SeededBug.all

    @Test func `there are seeded bugs in every area`() {
        let areas = Dictionary(grouping: bugs, by: \.page)
        expectNone(
            areas.filter { $0.value.count < 5 }.keys.sorted(), "Think of more bugs for these pages:"
        )
        #expect(bugs.count >= 34 && areas.count >= 6)
        let names = Dictionary(grouping: bugs.map(\.name), by: { $0 }).filter { $0.value.count > 1 }
        expectNone(names.keys.sorted(), "Give each bug a name of its own:")
    }

    @Test func `every seeded bug still has its place`() {
        let lost = bugs.filter { bug in
            guard let data = Repository.data(bug.path) else { return true }
            let text = String(decoding: data, as: UTF8.self)
            return bug.hunks.isEmpty
                || bug.hunks.contains { text.components(separatedBy: $0.before).count != 2 }
                || bug.hunks.contains { $0.before == $0.after }
        }
        expectNone(
            lost, "Say in Tests/SeededBugs where the bug is to be put now (lines that occur once):")
    }

    @Test func `every seeded bug names tests that exist`() {
        let tests = Repository.swiftFiles.filter { $0.isBelow("Tests") }
        let lost = bugs.filter { bug in
            bug.tests.isEmpty || bug.cost.isEmpty
                || bug.tests.contains { test in !tests.contains { $0.has(test) } }
        }
        expectNone(lost, "Name a test that fails because of the bug, as `Suite/test`:")
    }
}

/// A section of a page in `Tests/SeededBugs`.
struct SeededBug: Sendable, CustomStringConvertible {
    let page: String
    let name: String
    /// What it would cost somebody.
    let cost: String
    /// As `Suite/test`.
    let tests: [String]
    let path: String
    let hunks: [(before: String, after: String)]

    var description: String { "\(page): \(name)" }

    static let all = Repository.pages
        .filter { $0.isBelow("Tests/SeededBugs") && $0.name != "README.md" }
        .flatMap { page in
            page.lines.joined(separator: "\n").components(separatedBy: "\n## ").dropFirst()
                .map { SeededBug(page: page.name, section: $0) }
        }

    /// ```
    /// name ⏎ what it costs ⏎ Caught by `Suite/test` ⏎ a block of diff
    /// ```
    init(page: String, section: String) {
        let parts = section.components(separatedBy: "```")
        let words = (parts.first ?? "").components(separatedBy: "Caught by ")
        let lines = words[0].components(separatedBy: "\n")
        self.page = page
        name = lines[0]
        cost = lines.dropFirst().joined(separator: " ").trimmingCharacters(in: .whitespaces)
        tests = words.dropFirst().flatMap { text in
            text.matches(of: /`([^`]+)`/).map { String($0.1) }
        }
        var change = (parts.count > 1 ? parts[1] : "").components(separatedBy: "\n").dropFirst()
        path = change.popFirst().map { String($0.dropFirst("--- ".count)) } ?? ""
        if change.last == "" { change.removeLast() }
        hunks = change.split(separator: "@@", omittingEmptySubsequences: false).map { hunk in
            func text(without mark: Character) -> String {
                hunk.filter { $0.first != mark }.map { $0.dropFirst() + "\n" }.joined()
            }
            return (text(without: "+"), text(without: "-"))
        }
    }
}

extension SourceText {
    /// Whether the test `Suite/test` is in this file.
    fileprivate func has(_ test: String) -> Bool {
        let parts = test.split(separator: "/", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return false }
        let text = code.joined(separator: "\n")
        func declares(_ keyword: String, _ name: String) -> Bool {
            text.contains("\(keyword) `\(name)`") || text.contains("\(keyword) \(name)(")
                || text.contains("\(keyword) \(name) {")
        }
        return declares("struct", parts[0]) && declares("func", parts[1])
    }
}
