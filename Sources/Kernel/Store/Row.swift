import Basics

/// What can be read from a column.
package protocol SQLDecodable {
    // It throws instead of returning nil: an optional would have its type looked up for each column.
    static func decode(_ value: SQLValue) throws(SQLMismatch) -> Self
}

/// A value of another type than was asked for.
package struct SQLMismatch: Error {
    package init() {}
}

/// One row of an answer, read by position: `try Order(id: row[0], total: row[1])`.
package struct Row: Sendable {
    let values: [SQLValue]

    package var count: Int { values.count }

    package subscript<Value: SQLDecodable>(_ index: Int) -> Value {
        get throws {
            guard index < values.count else { throw unreadable(index, Value.self) }
            do {
                return try Value.decode(values[index])
            } catch {
                throw unreadable(index, Value.self)
            }
        }
    }

    package subscript<Value: SQLDecodable>(_ index: Int) -> Value? {
        get throws {
            if index < values.count, case .null = values[index] { return nil }
            let value: Value = try self[index]
            return value
        }
    }

    private func unreadable(_ index: Int, _ wanted: Any.Type) -> StoreError {
        .unreadableColumn(index: index, wanted: "\(wanted)")
    }
}

extension Int64: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Int64 {
        guard case .int(let number) = value else { throw SQLMismatch() }
        return number
    }
}
extension Int: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Int {
        Int(try Int64.decode(value))
    }
}
extension String: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> String {
        guard case .text(let text) = value else { throw SQLMismatch() }
        return text
    }
}
extension Bool: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Bool {
        switch value {
        case .bool(let flag): flag
        case .int(0): false  // SQLite keeps flags as 0 and 1
        case .int(1): true
        default: throw SQLMismatch()
        }
    }
}
extension [UInt8]: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> [UInt8] {
        guard case .bytes(let bytes) = value else { throw SQLMismatch() }
        return bytes
    }
}
extension Instant: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Instant {
        Instant(microseconds: try Int64.decode(value))
    }
}
extension CalendarDate: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> CalendarDate {
        CalendarDate(dayNumber: try Int64.decode(value))
    }
}
extension ID: SQLDecodable {
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> ID {
        ID(rawValue: try Int64.decode(value))
    }
}
