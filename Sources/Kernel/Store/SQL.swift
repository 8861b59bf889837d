import Basics
import Synchronization

/// A value on its way to or from a column. There are four types on both engines.
package enum SQLValue: Hashable, Sendable {
    case null(SQLType)
    case int(Int64)
    case text(String)
    case bytes([UInt8])
    case bool(Bool)
}

/// The declared type of a column or a parameter; a nil carries one, because PostgreSQL asks.
package enum SQLType: Hashable, Sendable {
    case int, text, bytes, bool
}

/// What can be bound to a statement.
package protocol SQLBindable {
    static var sqlType: SQLType { get }
    var sqlValue: SQLValue { get }
}

/// A piece of SQL text with the values it binds: `"… WHERE id = \(id)"` binds, it never splices.
///
/// Parameters are written `$1, $2, …` in order, which both engines read the same way (SQLite takes
/// `$1` as a *name* and numbers names as they first appear). Pieces compose: a `SQL` interpolated
/// into another brings its values along.
package struct SQL: ExpressibleByStringInterpolation, Sendable {
    var shape: SQLShape
    var values: [SQLValue]

    init(shape: SQLShape, values: [SQLValue]) {
        (self.shape, self.values) = (shape, values)
    }

    package init(stringLiteral value: StaticString) {
        shape = SQLShape(pieces: [SQLShape.Piece(value)])
        values = []
    }

    /// Text that is put together while the program runs, as of a migration. It is never given back:
    /// there must be few such texts, and never one with a value in it.
    package init(text: String) {
        shape = SQLShape(pieces: [SQLShape.Piece(kept: text)])
        values = []
    }

    package init(stringInterpolation: StringInterpolation) {
        shape = SQLShape(pieces: stringInterpolation.pieces)
        values = stringInterpolation.values
    }

    package struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [SQLShape.Piece] = []
        var values: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount * 2 + 1)
            values.reserveCapacity(interpolationCount)
        }
        package mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { pieces.append(SQLShape.Piece(literal)) }
        }
        mutating func append(_ value: SQLValue) {
            pieces.append(.value)
            values.append(value)
        }
        package mutating func appendInterpolation<Value: SQLBindable>(_ value: Value) {
            append(value.sqlValue)
        }
        package mutating func appendInterpolation<Value: SQLBindable>(_ value: Value?) {
            append(value?.sqlValue ?? .null(Value.sqlType))
        }
        // The same for ids and for what may be missing: to look up what type an optional is of, which code
        // for all types does at every call, costs more than to bind the value.
        package mutating func appendInterpolation<E>(_ id: ID<E>) {
            append(.int(id.rawValue))
        }
        package mutating func appendInterpolation<E>(_ id: ID<E>?) {
            if let id { append(.int(id.rawValue)) } else { append(.null(.int)) }
        }
        package mutating func appendInterpolation(_ instant: Instant?) {
            if let instant { append(.int(instant.microseconds)) } else { append(.null(.int)) }
        }
        package mutating func appendInterpolation(_ text: String?) {
            if let text { append(.text(text)) } else { append(.null(.text)) }
        }
        package mutating func appendInterpolation(_ fragment: SQL) {
            pieces.append(contentsOf: fragment.shape.pieces)
            values.append(contentsOf: fragment.values)
        }
        /// A parenthesized list for `IN`; an empty one matches nothing.
        package mutating func appendInterpolation<Value: SQLBindable>(list values: [Value]) {
            guard !values.isEmpty else { return appendLiteral("(NULL)") }
            for (index, value) in values.enumerated() {
                appendLiteral(index == 0 ? "(" : ", ")
                append(value.sqlValue)
            }
            appendLiteral(")")
        }
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        SQL(
            shape: SQLShape(pieces: left.shape.pieces + right.shape.pieces),
            values: left.values + right.values)
    }

    /// Pieces with a separator between them.
    package static func joined(_ parts: [SQL], _ separator: SQL) -> SQL {
        var result: SQL = ""
        for (index, part) in parts.enumerated() {
            result = index == 0 ? part : result + separator + part
        }
        return result
    }

    /// `SUM` of a BIGINT column as a BIGINT that is 0 for no rows: PostgreSQL makes it NUMERIC.
    package static func sum(_ expression: SQL) -> SQL {
        "CAST(COALESCE(SUM(\(expression)), 0) AS BIGINT)"
    }
}

/// A statement without its values: what is prepared once and found again at every call.
///
/// Its text is literals of the program, which lie at the same place at every call. So pieces are told
/// apart by their places: no text is built and none is read.
struct SQLShape: Hashable, Sendable {
    /// Text that is never given back, or the place of a value.
    struct Piece: Hashable, @unchecked Sendable {
        // Safe because the text is never changed and never given back.
        private let start: UnsafePointer<UInt8>?
        private let count: Int

        static var value: Piece { Piece(start: nil, count: 0) }

        private init(start: UnsafePointer<UInt8>?, count: Int) {
            (self.start, self.count) = (start, count)
        }

        init(_ literal: StaticString) {
            self.init(start: literal.utf8Start, count: literal.utf8CodeUnitCount)
        }

        private static let keptTexts = Mutex<[String: Piece]>([:])

        init(kept text: String) {
            self = Self.keptTexts.withLock { kept in
                if let piece = kept[text] { return piece }
                let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: text.utf8.count)
                _ = bytes.initialize(from: text.utf8)
                let piece = Piece(start: UnsafePointer(bytes.baseAddress), count: bytes.count)
                kept[text] = piece
                return piece
            }
        }

        /// nil for the place of a value.
        var text: String? {
            start.map {
                String(decoding: UnsafeBufferPointer(start: $0, count: count), as: UTF8.self)
            }
        }

        fileprivate var place: UInt { UInt(bitPattern: start) }
    }

    let pieces: [Piece]
    /// Of a `PreparedSQL`, one of each; 0 for all others.
    let number: Int

    init(pieces: [Piece], number: Int = 0) {
        self.pieces = pieces
        self.number = number
    }

    static func == (left: SQLShape, right: SQLShape) -> Bool { left.pieces == right.pieces }

    func hash(into hasher: inout Hasher) {
        var mix = UInt(pieces.count)
        for piece in pieces { mix = (mix ^ piece.place) &* 0x100_0000_01b3 }
        hasher.combine(mix)
    }

    /// The text as the engines get it.
    var text: String {
        var text = ""
        var count = 0
        for piece in pieces {
            if let part = piece.text {
                text += part
            } else {
                count += 1
                text += "$\(count)"
            }
        }
        return text
    }

    /// Whether the statement reads, changes or defines a table: whether its name stands where names
    /// of tables stand. Now and then it says yes to a column of that name, never no to a table.
    func mentions(table: String) -> Bool {
        var before = ""
        for word in words {
            if word == table && Self.beforeTables.contains(before) { return true }
            before = word.uppercased()
        }
        return false
    }

    /// Whether it begins as a query does; a change may begin in other ways.
    var isSelect: Bool { words.first?.uppercased() == "SELECT" }

    private static let beforeTables: Set<String> = [
        "FROM", "JOIN", "INTO", "UPDATE", "TABLE", "EXISTS", "ON", ",",
    ]

    /// The words of the text, and every other sign by itself.
    private var words: [String] {
        var words: [String] = []
        var word = ""
        for sign in text + " " {
            if sign.isLetter || sign.isNumber || sign == "_" {
                word.append(sign)
                continue
            }
            if !word.isEmpty { words.append(word) }
            word = ""
            if !sign.isWhitespace { words.append(String(sign)) }
        }
        return words
    }
}

extension Int64: SQLBindable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(self) }
}
extension Int: SQLBindable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(Int64(self)) }
}
extension String: SQLBindable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(self) }
}
extension Bool: SQLBindable {
    package static var sqlType: SQLType { .bool }
    package var sqlValue: SQLValue { .bool(self) }
}
extension [UInt8]: SQLBindable {
    package static var sqlType: SQLType { .bytes }
    package var sqlValue: SQLValue { .bytes(self) }
}
extension Instant: SQLBindable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(microseconds) }
}
extension CalendarDate: SQLBindable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(dayNumber) }
}
extension ID: SQLBindable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(rawValue) }
}

/// An enum with text raw values is stored as its raw value: `enum Status: String, SQLText`.
package protocol SQLText: SQLBindable, SQLDecodable, RawRepresentable where RawValue == String {}
extension SQLText {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(rawValue) }
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Self {
        guard let known = Self(rawValue: try String.decode(value)) else { throw SQLMismatch() }
        return known
    }
}
