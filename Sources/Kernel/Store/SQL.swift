import Basics

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
    enum Piece: Sendable { case text(String), value(SQLValue) }
    var pieces: [Piece]

    package init(stringLiteral value: String) { pieces = [.text(value)] }
    package init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }

    package struct StringInterpolation: StringInterpolationProtocol {
        var pieces: [Piece] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(interpolationCount * 2 + 1)
        }
        package mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }
        package mutating func appendInterpolation<Value: SQLBindable>(_ value: Value) {
            pieces.append(.value(value.sqlValue))
        }
        package mutating func appendInterpolation<Value: SQLBindable>(_ value: Value?) {
            pieces.append(.value(value?.sqlValue ?? .null(Value.sqlType)))
        }
        package mutating func appendInterpolation(_ fragment: SQL) {
            pieces.append(contentsOf: fragment.pieces)
        }
        /// A parenthesized list for `IN`; an empty one matches nothing.
        package mutating func appendInterpolation<Value: SQLBindable>(list values: [Value]) {
            guard !values.isEmpty else { return pieces.append(.text("(NULL)")) }
            for (index, value) in values.enumerated() {
                pieces.append(.text(index == 0 ? "(" : ", "))
                pieces.append(.value(value.sqlValue))
            }
            pieces.append(.text(")"))
        }
    }

    /// The text as the engines get it, and the values in order.
    func rendered() -> (text: String, values: [SQLValue]) {
        var text = ""
        var values: [SQLValue] = []
        for piece in pieces {
            switch piece {
            case .text(let part): text += part
            case .value(let value):
                values.append(value)
                text += "$\(values.count)"
            }
        }
        return (text, values)
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var sum = left
        sum.pieces += right.pieces
        return sum
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
    package static func decode(_ value: SQLValue) -> Self? {
        guard case .text(let text) = value else { return nil }
        return Self(rawValue: text)
    }
}
