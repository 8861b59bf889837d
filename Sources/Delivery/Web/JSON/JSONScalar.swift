/// What is read from a single JSON value with no container of its own.
protocol JSONScalar: Decodable {
    init(json: JSONValue) throws(FieldFault)
}

extension Bool: JSONScalar {
    init(json: JSONValue) throws(FieldFault) {
        guard case .bool(let value) = json else { throw .booleanExpected }
        self = value
    }
}

extension String: JSONScalar {
    init(json: JSONValue) throws(FieldFault) {
        guard case .string(let value) = json else { throw .stringExpected }
        self = value
    }
}

/// By the JSON integer grammar only: `1.0`, `1e3`, `-0` and `"1"` are refused.
protocol JSONInteger: JSONScalar, FixedWidthInteger {}

extension JSONInteger {
    init(json: JSONValue) throws(FieldFault) {
        guard case .number(let text) = json, StrictJSON.isInteger(text) else {
            throw .integerExpected
        }
        guard let value = Self(text) else { throw .invalidValue }
        self = value
    }
}

extension Int: JSONInteger {}
extension Int8: JSONInteger {}
extension Int16: JSONInteger {}
extension Int32: JSONInteger {}
extension Int64: JSONInteger {}
extension UInt: JSONInteger {}
extension UInt8: JSONInteger {}
extension UInt16: JSONInteger {}
extension UInt32: JSONInteger {}
extension UInt64: JSONInteger {}

/// For measures that are not money.
extension Double: JSONScalar {
    init(json: JSONValue) throws(FieldFault) {
        guard case .number(let text) = json else { throw .numberExpected }
        guard let value = Double(text), value.isFinite else { throw .invalidValue }
        self = value
    }
}

extension Float: JSONScalar {
    init(json: JSONValue) throws(FieldFault) {
        guard case .number(let text) = json else { throw .numberExpected }
        guard let value = Float(text), value.isFinite else { throw .invalidValue }
        self = value
    }
}
