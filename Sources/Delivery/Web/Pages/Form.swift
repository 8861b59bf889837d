import Basics
import Money

/// The fields of a submitted form, read strictly: what is not well-formed is refused as a whole.
package struct Form: Sendable, Hashable {
    /// In the order of the form.
    package let fields: [Field]

    package struct Field: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    static let most = 1_000
    package static let empty = Form(fields: [])

    private init(fields: [Field]) { self.fields = fields }

    /// Reads `application/x-www-form-urlencoded`.
    /// - Throws: `unreadable-request` for a broken escape, bytes that are no UTF-8, a NUL, or more
    ///   than a thousand fields.
    package init(urlEncoded bytes: some Collection<UInt8>) throws(Problem) {
        var fields: [Field] = []
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            guard fields.count < Self.most else { throw .unreadable }
            let parts = pair.split(
                separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0])
            let value = parts.count == 2 ? try Self.decode(parts[1]) : ""
            guard !name.isEmpty else { throw .unreadable }
            fields.append(Field(name: name, value: value))
        }
        self.fields = fields
    }

    private static func decode(_ bytes: some Collection<UInt8>) throws(Problem) -> String {
        guard let text = PercentEncoding.decode(Array(bytes), plusIsSpace: true) else {
            throw .unreadable
        }
        return text
    }
}

/// What a handler asks of a form.
extension Form {
    /// Every value of a field that may come several times.
    package func all(_ name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The trimmed value; nil if the field is missing or blank.
    /// - Throws: if it is there twice: which one was meant?
    package func text(_ name: String) throws(Problem) -> String? {
        let values = all(name)
        guard values.count <= 1 else { throw .unreadable(field: name) }
        guard let value = values.first?.trimmed, !value.isEmpty else { return nil }
        return value
    }

    /// The value as it was typed, blanks and all: a password.
    package func secret(_ name: String) throws(Problem) -> String {
        let values = all(name)
        guard values.count == 1, !values[0].isEmpty else { throw .required(name) }
        return values[0]
    }

    /// - Throws: `field-required` if it is missing or blank.
    package func required(_ name: String) throws(Problem) -> String {
        guard let value = try text(name) else { throw .required(name) }
        return value
    }

    /// A ticked box.
    package func flag(_ name: String) -> Bool { !all(name).isEmpty }

    package func integer(_ name: String) throws(Problem) -> Int64? {
        guard let text = try text(name) else { return nil }
        guard text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 }), let value = Int64(text)
        else { throw .field("field-integer", name) }
        return value
    }

    /// A sum as people type it, in yuan.
    package func amount(_ name: String) throws(Problem) -> Amount? {
        guard let text = try text(name) else { return nil }
        guard let amount = MoneyText.parse(text) else { throw .field("field-amount", name) }
        return amount
    }

    package func date(_ name: String) throws(Problem) -> CalendarDate? {
        guard let text = try text(name) else { return nil }
        guard let date = CalendarDate(text) else { throw .field("field-date", name) }
        return date
    }

    package func id<E>(_ type: ID<E>.Type = ID<E>.self, _ name: String) throws(Problem) -> ID<E>? {
        guard let text = try text(name) else { return nil }
        guard let id = ID<E>(text) else { throw .invalid(name) }
        return id
    }

    package func choice<Choice: RawRepresentable>(
        _ type: Choice.Type = Choice.self, _ name: String
    ) throws(Problem) -> Choice? where Choice.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let choice = Choice(rawValue: text) else { throw .invalid(name) }
        return choice
    }
}

extension Problem {
    fileprivate static func required(_ name: String) -> Problem { field("field-required", name) }
    fileprivate static func invalid(_ name: String) -> Problem { field("field-invalid", name) }
    fileprivate static func field(_ code: String, _ name: String) -> Problem {
        Problem(.rule, code).at("/\(name)")
    }
}
