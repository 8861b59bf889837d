import Basics
import Foundation

/// What the names of the model are in Kontor: `{order 3}` is `ord_…`.
struct Names {
    /// The run's first instant.
    let start: Instant
    private var bound: [String: String] = [:]

    init(start: Instant, space: String) {
        self.start = start
        bound["space"] = space
        let own = space.utf8.reduce(UInt64(0)) { $0 &* 131 &+ UInt64($1) } % 100_000_000
        for number in 0..<10 {
            bound["phone \(number)"] = "13\(String(100_000_000 + own).dropFirst())\(number)"
        }
    }

    mutating func bind(_ name: String, to text: String) { bound[name] = text }

    subscript(name: String) -> String? { bound[name] }

    /// A text with all names replaced by what they stand for; a name that stands for nothing stays.
    func filled(_ text: String) -> String {
        guard text.contains("{") else { return text }
        var filled = ""
        var rest = text[...]
        while let open = rest.firstIndex(of: "{") {
            filled += rest[..<open]
            rest = rest[open...]
            guard let close = rest.firstIndex(of: "}"),
                let value = value(String(rest[rest.index(after: open)..<close]))
            else {
                filled.append("{")
                rest = rest.dropFirst()
                continue
            }
            filled += value
            rest = rest[rest.index(after: close)...]
        }
        return filled + rest
    }

    private func value(_ name: String) -> String? {
        if let text = bound[name] { return text }
        let words = name.split(separator: " ")
        guard words.count == 2, let number = Int(words[1]) else { return nil }
        switch words[0] {
        case "time": return time(number).description
        case "date":
            return BusinessCalendar.date(of: start + .days(Int64(number))).description
        default: return nil
        }
    }

    func time(_ microseconds: Int) -> Instant {
        start + .microseconds(Int64(microseconds))
    }

    /// The name of something that has none yet, if a text is nothing but such a name.
    func newName(_ text: String) -> String? {
        guard text.hasPrefix("{"), text.hasSuffix("}"), filled(text) == text else { return nil }
        return String(text.dropFirst().dropLast())
    }
}
