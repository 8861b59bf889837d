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
