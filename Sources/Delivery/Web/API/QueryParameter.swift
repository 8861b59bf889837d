import Basics
import Money

/// A query parameter that an endpoint takes; those it does not declare are ignored.
package struct QueryParameter: Sendable {
    package let name: String
    package let description: String
    package let isRequired: Bool
    package let type: any (Decodable & Sendable).Type

    package init(
        _ name: String, _ type: any (Decodable & Sendable).Type, _ description: String,
        required: Bool = false
    ) {
        self.name = name
        self.type = type
        self.description = description
        isRequired = required
    }

    /// What every list takes.
    static let page = [
        QueryParameter("limit", PageLimit.self, "How many items at most; 20 unless told."),
        QueryParameter("cursor", String.self, "`nextCursor` of the page before."),
    ]
}

/// Only the schema of `limit`.
private struct PageLimit: SchemaDescribing, Sendable {
    static var schema: JSONSchema {
        .integer(Int64(PageRequest.limits.lowerBound)...Int64(PageRequest.limits.upperBound))
    }
}

/// A type that a query parameter can be read as.
package protocol QueryReadable {
    init?(query: String)
}

extension Int64: QueryReadable {
    package init?(query: String) {
        guard StrictJSON.isInteger(query) else { return nil }
        self.init(query)
    }
}

extension Bool: QueryReadable {
    package init?(query: String) { self.init(query) }
}

extension Amount: QueryReadable {
    package init?(query: String) {
        guard let units = Int64(query: query) else { return nil }
        self.init(units)
    }
}

extension Instant: QueryReadable {
    /// A `+` that nobody encoded has come as a blank, which no time contains otherwise.
    package init?(query: String) {
        self.init(String(query.map { $0 == " " ? "+" : $0 }))
    }
}

extension CalendarDate: QueryReadable {
    package init?(query: String) { self.init(query) }
}

extension ID: QueryReadable {
    package init?(query: String) { self.init(query) }
}

/// The values of the declared parameters of one request.
struct QueryValues: Sendable {
    private var values: [String: String] = [:]

    /// - Throws: `invalid-query` for a declared parameter that comes twice, cannot be decoded or is
    ///   required and missing.
    init(_ query: String, declared: [QueryParameter]) throws(Problem) {
        guard !declared.isEmpty else { return }
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard let name = PercentEncoding.decode(Array(pair[..<end]), plusIsSpace: true),
                declared.contains(where: { $0.name == name })
            else { continue }
            let raw = Array(pair[end...].dropFirst())
            guard let value = PercentEncoding.decode(raw, plusIsSpace: true), values[name] == nil
            else { throw .invalidQuery(name) }
            values[name] = value
        }
        for parameter in declared where parameter.isRequired && values[parameter.name] == nil {
            throw .invalidQuery(parameter.name, .required)
        }
    }

    subscript(name: String) -> String? { values[name] }
}

/// Percent-encoding (RFC 3986), read strictly.
enum PercentEncoding {
    /// nil if an escape is broken, the bytes are no UTF-8, or there is a U+0000, which PostgreSQL
    /// cannot store.
    static func decode(_ encoded: [UInt8], plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var position = 0
        while position < encoded.count {
            switch encoded[position] {
            case UInt8(ascii: "%"):
                guard position + 2 < encoded.count, let high = hex(encoded[position + 1]),
                    let low = hex(encoded[position + 2])
                else { return nil }
                bytes.append(high << 4 | low)
                position += 3
            case UInt8(ascii: "+") where plusIsSpace:
                bytes.append(UInt8(ascii: " "))
                position += 1
            case let byte:
                bytes.append(byte)
                position += 1
            }
        }
        guard !bytes.contains(0) else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init)
    }
}

extension Problem {
    /// 400: a query parameter cannot be read; its place is written `?name`.
    package static func invalidQuery(
        _ name: String, _ fault: FieldFault = .invalidValue
    ) -> Problem {
        Problem(
            .unreadable, "invalid-query",
            errors: [FieldError(pointer: "?\(name)", code: fault.rawValue)])
    }

    /// 400: not a cursor that Kontor gave.
    package static let invalidCursor = Problem(
        .unreadable, "invalid-cursor",
        errors: [FieldError(pointer: "?cursor", code: FieldFault.invalidValue.rawValue)])
}
