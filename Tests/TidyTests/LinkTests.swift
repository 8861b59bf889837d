import Foundation
import Testing

/// Documentation that leads somewhere.
@Suite struct LinkTests {
    @Test func `every link in the documentation resolves`() {
        let broken = Repository.pages.flatMap { page in
            links(in: page).filter { !resolves($0.target, from: page.path) }
                .map { "\(page.path):\($0.line): \($0.target)" }
        }
        expectNone(broken, "Mend the link, or take it out; links are relative to their page:")
    }

    @Test func `every decision is numbered once`() {
        let numbers = Repository.pages.filter { $0.isBelow("docs/decisions") }
            .map { $0.name.prefix(4) }.filter { $0.allSatisfy(\.isNumber) }
        let twice = Dictionary(grouping: numbers, by: { $0 }).filter { $0.value.count > 1 }.keys
        expectNone(twice.sorted().map(String.init), "Give the later decision the next free number:")
    }
}

/// The relative links of a page, outside of code.
func links(in page: SourceText) -> [(target: String, line: Int)] {
    var isCode = false
    return page.lines.enumerated().flatMap { index, line -> [(target: String, line: Int)] in
        if line.trimmingCharacters(in: .whitespaces).hasPrefix("```") { isCode.toggle() }
        if isCode { return [] }
        let prose = line.replacing(/`[^`]*`/, with: "")
        return prose.matches(of: /\]\(([^)\s]+)\)/).map { String($0.1) }
            .filter { !$0.contains("://") && !$0.hasPrefix("mailto:") }
            .map { (target: $0, line: index + 1) }
    }
}

/// Whether a link's file is there, and its heading in it.
func resolves(_ target: String, from path: String) -> Bool {
    let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let folder = path.split(separator: "/").dropLast().joined(separator: "/")
    let name = parts[0].isEmpty ? path : folder.isEmpty ? String(parts[0]) : "\(folder)/\(parts[0])"
    guard Repository.exists(name) else { return false }
    guard parts.count == 2, name.hasSuffix(".md") else { return true }
    let text = Repository.data(name).map { String(decoding: $0, as: UTF8.self) } ?? ""
    return anchors(in: text).contains(String(parts[1]))
}

/// The anchors that headings make: lower case, without punctuation, blanks as hyphens.
func anchors(in text: String) -> Set<String> {
    let headings = text.split(separator: "\n").filter { $0.wholeMatch(of: /#{1,6} .*/) != nil }
    return Set(
        headings.map { heading in
            String(
                heading.drop { $0 == "#" }.dropFirst().lowercased()
                    .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" || $0 == "_" }
                    .map { $0 == " " ? "-" : $0 })
        })
}
