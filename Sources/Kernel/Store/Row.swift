import Basics

/// What can be read from a column.
package protocol SQLDecodable {
    /// nil if the value has another type.
    static func decode(_ value: SQLValue) -> Self?
}

/// One row of an answer, read by position: `try Order(id: row[0], total: row[1])`.
package struct Row: Sendable {
    let values: [SQLValue]

    package var count: Int { values.count }

    package subscript<Value: SQLDecodable>(_ index: Int) -> Value {
        get throws {
            guard index < values.count, let value = Value.decode(values[index]) else {
                throw StoreError.unreadableColumn(index: index, wanted: "\(Value.self)")
            }
            return value
        }
    }

    package subscript<Value: SQLDecodable>(_ index: Int) -> Value? {
        get throws {
            guard index < values.count else {
                throw StoreError.unreadableColumn(index: index, wanted: "\(Value.self)?")
            }
            if case .null = values[index] { return nil }
            let value: Value = try self[index]
            return value
        }
    }
}

extension Int64: SQLDecodable {
    package static func decode(_ value: SQLValue) -> Int64? {
        if case .int(let number) = value { number } else { nil }
    }
}
extension Int: SQLDecodable {
    package static func decode(_ value: SQLValue) -> Int? { Int64.decode(value).map { Int($0) } }
}
extension String: SQLDecodable {
    package static func decode(_ value: SQLValue) -> String? {
        if case .text(let text) = value { text } else { nil }
    }
}
extension Bool: SQLDecodable {
    package static func decode(_ value: SQLValue) -> Bool? {
        switch value {
        case .bool(let flag): flag
        case .int(0): false  // SQLite keeps flags as 0 and 1
        case .int(1): true
        default: nil
        }
    }
}
extension [UInt8]: SQLDecodable {
    package static func decode(_ value: SQLValue) -> [UInt8]? {
        if case .bytes(let bytes) = value { bytes } else { nil }
    }
}
extension Instant: SQLDecodable {
    package static func decode(_ value: SQLValue) -> Instant? {
        Int64.decode(value).map(Instant.init(microseconds:))
    }
}
extension CalendarDate: SQLDecodable {
    package static func decode(_ value: SQLValue) -> CalendarDate? {
        Int64.decode(value).map(CalendarDate.init(dayNumber:))
    }
}
extension ID: SQLDecodable {
    package static func decode(_ value: SQLValue) -> ID? {
        Int64.decode(value).map(ID.init(rawValue:))
    }
}
