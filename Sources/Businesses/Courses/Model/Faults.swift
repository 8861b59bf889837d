import Basics

/// Collects every field at fault, so that a form is told of all of them at once.
struct Faults {
    private(set) var errors: [Problem.FieldError] = []

    mutating func check(_ holds: Bool, _ pointer: String, _ code: String) {
        if !holds { errors.append(.init(pointer: pointer, code: code)) }
    }

    /// A line of text without the blanks around it; it must say something.
    mutating func line(_ text: String, atMost longest: Int, _ pointer: String) -> String {
        let line = text.withoutBlanksAround
        check(!line.isEmpty, pointer, "text-missing")
        check(line.count <= longest, pointer, "text-too-long")
        check(!line.contains(where: \.isNewline), pointer, "text-not-one-line")
        return line
    }

    func refuse(_ code: String) throws(Problem) {
        if !errors.isEmpty { throw Problem(.rule, code, errors: errors) }
    }
}

extension String {
    var withoutBlanksAround: String {
        let blank: (Character) -> Bool = { $0.isWhitespace }
        return String(drop(while: blank).reversed().drop(while: blank).reversed())
    }
}
