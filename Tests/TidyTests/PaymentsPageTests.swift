import Foundation
import Testing

/// docs/PAYMENTS.md says what can happen and which test shows it. The tests are there.
@Suite struct PaymentsPageTests {
    private static let page = "docs/PAYMENTS.md"

    @Test func `every test that the page names is there`() {
        let tests = Dictionary(
            Repository.swiftFiles.filter { $0.isBelow("Tests") }.map { file in
                (String(file.name.dropLast(6)), file.captures("func `([^`]+)`").map { $0.text })
            }, uniquingKeysWith: +)
        let missing = testsNamed(in: text).filter { named in
            guard let names = tests[named.file] else { return true }
            return named.test.map { test in !names.contains { isShort(test, for: $0) } } ?? false
        }
        expectNone(
            missing.map { "\(Self.page): `\($0.file)`: *\($0.test ?? "")*" },
            "Name the test that shows it now, or write it:")
    }

    @Test func `every row of its tables names a test`() {
        let rows = ["What can happen", "Security"].flatMap { tableRows(below: $0, in: text) }
        #expect(rows.count > 30)
        let silent = rows.filter { row in
            !(row.split(separator: "|").last?.contains(/`\w+Tests`/) ?? false)
        }
        expectNone(silent, "Say in the last cell which test shows it:")
    }

    @Test func `names are read as the page writes them`() {
        let row = "| x | `ATests`: *one…*, *two*; `BTests` of both clients: *three*; `CTests` |"
        let named = testsNamed(in: row).map { "\($0.file) \($0.test ?? "-")" }
        #expect(named == ["ATests one…", "ATests two", "BTests three", "CTests -"])
        #expect(isShort("one…", for: "one and all") && isShort("two", for: "two"))
        #expect(!isShort("two", for: "two and all") && !isShort("one…", for: "none"))
        let page = "## A\n| h |\n|---|\n| 1 |\n\nText\n## B\n| h |\n|---|\n| 2 |\n"
        #expect(tableRows(below: "A", in: page) == ["| 1 |"])
        #expect(tableRows(below: "C", in: page).isEmpty)
    }

    private var text: String {
        Repository.data(Self.page).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// `` `EventTests`: *success after the end…*, *another amount…* `` names two tests of a file,
/// `` `FuzzTests` `` alone all of them.
func testsNamed(in page: String) -> [(file: String, test: String?)] {
    let mention = /`(\w+Tests)`(?: of both clients)?(?::((?: \*[^*\n]+\*,?)+))?/
    return page.matches(of: mention).flatMap { match -> [(file: String, test: String?)] in
        let names = match.2.map { $0.matches(of: /\*([^*]+)\*/).map { String($0.1) } } ?? []
        let file = String(match.1)
        return names.isEmpty ? [(file, nil)] : names.map { (file, $0) }
    }
}

/// Whether a page may call a test so: by its whole name, or by a beginning that ends in `…`.
func isShort(_ name: String, for test: String) -> Bool {
    name.hasSuffix("…") ? test.hasPrefix(name.dropLast()) : name == test
}

/// The rows, without its head, of the table below a heading.
func tableRows(below heading: String, in page: String) -> [String] {
    let lines = page.components(separatedBy: "\n")
    guard let start = lines.firstIndex(of: "## \(heading)") else { return [] }
    let section = lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }
    return Array(section.filter { $0.hasPrefix("|") }.dropFirst(2))
}
