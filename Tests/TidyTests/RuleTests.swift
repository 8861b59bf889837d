import Testing

/// Rules that code and tests cite by number are written down in docs/RULES.md.
@Suite struct RuleTests {
    @Test func `every cited rule is written down`() {
        let known = rules(in: text(of: "docs/RULES.md"))
        let unknown = Repository.swiftFiles.flatMap { file in
            citations(in: file).filter { !known.contains($0.rule) }
                .map { "\(file.path):\($0.line): \($0.rule)" }
        }
        expectNone(unknown, "Add the rule to docs/RULES.md, or cite the one that is meant:")
    }

    @Test func `every defect and every case has a test that is named for it`() {
        let missing = rules(in: text(of: "docs/RULES.md"))
            .filter { $0.contains(/commerce (defect|C\d)/) }
            .subtracting(Repository.testNames.flatMap(rulesNamed))
        expectNone(
            missing.sorted(),
            "Name a test for what it keeps out (`defect 7: …`) or shows (`C7: …`, `… (ledger case 7)`):"
        )
    }

    /// Logs are for machines and have no room for what members said (commerce defect 24).
    @Test func `defect 24: only the command line prints`() {
        let files = Repository.sources.filter {
            !$0.isBelow("Sources/kontor", "Sources/Build")
        }
        expectNone(
            files.flatMap { $0.findings(#"\b(print|debugPrint|dump)\("#) },
            "Use a Logger, and no member's data:")
    }

    private func text(of path: String) -> String {
        Repository.data(path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}

/// `commerce D6`, `commerce defect 11`, `ledger case 9`: the first cells of the tables below
/// `## Commerce: …` and `## Ledger: …`.
func rules(in page: String) -> Set<String> {
    var rules: Set<String> = []
    var area = ""
    var word = ""
    for line in page.split(separator: "\n") {
        if let heading = line.wholeMatch(of: /## (\w+): (\w+).*/) {
            area = heading.1.lowercased()
            word = ["defects": "defect ", "cases": "case "][String(heading.2)] ?? ""
        }
        guard line.hasPrefix("| "), let cell = line.split(separator: "|").first else { continue }
        for number in cell.matches(of: /[A-Z]?\d+/).map({ String($0.0) }) {
            rules.insert("\(area) \(number.first?.isNumber == true ? word : "")\(number)")
        }
    }
    return rules
}

/// The rules that a file's comments and test names cite: `commerce D9, C11 and defects 3, 4` cites
/// four.
func citations(in file: SourceText) -> [(rule: String, line: Int)] {
    let citation = /\b(commerce|ledger) ((?:(?:and |defects? |cases? )*[A-Z]?\d+(?:, | )?)+)/
    return file.lines.enumerated().flatMap { index, line in
        line.matches(of: citation).flatMap { match in
            var word = ""
            return match.2.split { $0 == " " || $0 == "," }.compactMap { token -> (String, Int)? in
                switch token {
                case "and": return nil
                case "defect", "defects":
                    word = "defect "
                    return nil
                case "case", "cases":
                    word = "case "
                    return nil
                default:
                    let isBare = token.first?.isNumber == true
                    // Without a word before it, a number may be anything.
                    guard !isBare || !word.isEmpty else { return nil }
                    return ("\(match.1) \(isBare ? word : "")\(token)", index + 1)
                }
            }
        }
    }
}

/// What a test says of itself that it is about: `C3, defect 19: …`, `… (commerce defects 8, 19)`,
/// `… (ledger case 7)`.
func rulesNamed(by name: String) -> Set<String> {
    var found: Set<String> = []
    for match in name.matches(of: /\b(ledger case|defect)s? ((?:\d+(?:, | and )?)+)/) {
        let word = match.1 == "defect" ? "commerce defect" : "ledger case"
        for number in match.2.matches(of: /\d+/) { found.insert("\(word) \(number.0)") }
    }
    for match in name.matches(of: /\bC\d+\b/) { found.insert("commerce \(match.0)") }
    return found
}
