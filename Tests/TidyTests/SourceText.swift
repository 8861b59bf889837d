import Foundation

/// A file as lines, once as written and once without its comments.
struct SourceText: Sendable {
    /// From the root of the repository: `Sources/Kernel/Money/Amount.swift`.
    let path: String
    let lines: [String]
    /// The same lines with comments blanked out; strings stay.
    let code: [String]

    init(path: String, text: String) {
        self.path = path
        lines = text.components(separatedBy: "\n")
        code = withoutComments(text).components(separatedBy: "\n")
    }

    var name: String { path.split(separator: "/").last.map(String.init) ?? path }

    /// A final line break ends the last line and begins no other.
    var lineCount: Int { lines.last == "" ? lines.count - 1 : lines.count }

    func isBelow(_ folders: String...) -> Bool { folders.contains { path.hasPrefix($0 + "/") } }

    /// Where `pattern` matches the code (or, with comments, the text), as `path:line: what it says`.
    func findings(_ pattern: String, withComments: Bool = false) -> [Finding] {
        guard let expression = try? Regex(pattern) else {
            return [Finding(path: path, line: 0, text: "no regular expression: \(pattern)")]
        }
        return (withComments ? lines : code).enumerated().compactMap { index, line in
            guard line.contains(expression) else { return nil }
            return Finding(path: path, line: index + 1, text: lines[index])
        }
    }

    /// What the first group of `pattern` captures, over the whole code, with its line.
    func captures(_ pattern: String) -> [(text: String, line: Int)] {
        guard let expression = try? NSRegularExpression(pattern: pattern) else { return [] }
        let joined = code.joined(separator: "\n") as NSString
        return expression.matches(
            in: joined as String, range: NSRange(location: 0, length: joined.length)
        ).map { match in
            let range = match.range(at: 1)
            let before = joined.substring(to: range.location)
            return (joined.substring(with: range), before.count { $0 == "\n" } + 1)
        }
    }
}

/// One place that breaks a rule.
struct Finding: Hashable, Sendable, CustomStringConvertible {
    let path: String
    let line: Int
    let text: String

    var description: String {
        "\(path):\(line): \(text.trimmingCharacters(in: .whitespaces))"
    }
}

/// Blanks out `// …` and `/* … */` but keeps line breaks and what stands in strings.
func withoutComments(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let first = rest.first {
        let token = Token.begins(with: rest, first: first)
        switch token {
        case .lineComment:
            rest = rest.drop { $0 != "\n" }
        case .blockComment:
            let comment = blockComment(rest)
            result += String(repeating: "\n", count: comment.count { $0 == "\n" })
            rest = rest.dropFirst(comment.count)
        case .string:
            let string = stringLiteral(rest)
            result += string
            rest = rest.dropFirst(string.count)
        case .other:
            result.append(first)
            rest = rest.dropFirst()
        }
    }
    return result
}

private enum Token {
    case lineComment, blockComment, string, other

    static func begins(with rest: Substring, first: Character) -> Token {
        switch first {
        case "/" where rest.hasPrefix("//"): .lineComment
        case "/" where rest.hasPrefix("/*"): .blockComment
        case "\"": .string
        case "#" where rest.drop { $0 == "#" }.first == "\"": .string
        default: .other
        }
    }
}

/// A block comment and those nested in it.
private func blockComment(_ text: Substring) -> Substring {
    var depth = 0
    var rest = text
    while !rest.isEmpty {
        if rest.hasPrefix("/*") {
            depth += 1
            rest = rest.dropFirst(2)
        } else if rest.hasPrefix("*/") {
            depth -= 1
            rest = rest.dropFirst(2)
            if depth == 0 { break }
        } else {
            rest = rest.dropFirst()
        }
    }
    return text[..<rest.startIndex]
}

/// A string literal: plain, raw (`#"…"#`) or of many lines, with what is interpolated in it.
private func stringLiteral(_ text: Substring) -> Substring {
    let hashes = String(text.prefix { $0 == "#" })
    var rest = text.dropFirst(hashes.count)
    let quote = rest.hasPrefix("\"\"\"") ? "\"\"\"" : "\""
    rest = rest.dropFirst(quote.count)
    let escape = "\\" + hashes
    while !rest.isEmpty {
        if rest.hasPrefix(escape + "(") {
            rest = rest.dropFirst(escape.count)
            rest = rest.dropFirst(parenthesized(rest).count)
        } else if rest.hasPrefix(escape) {
            rest = rest.dropFirst(escape.count + 1)
        } else if rest.hasPrefix(quote + hashes) {
            rest = rest.dropFirst(quote.count + hashes.count)
            break
        } else if quote.count == 1, rest.first == "\n" {
            break
        } else {
            rest = rest.dropFirst()
        }
    }
    return text[..<rest.startIndex]
}

/// `( … )` with the brackets and strings inside.
private func parenthesized(_ text: Substring) -> Substring {
    var depth = 0
    var rest = text
    while let first = rest.first {
        if first == "\"" {
            rest = rest.dropFirst(stringLiteral(rest).count)
            continue
        }
        if first == "(" { depth += 1 }
        if first == ")" { depth -= 1 }
        rest = rest.dropFirst()
        if depth == 0 { break }
    }
    return text[..<rest.startIndex]
}
