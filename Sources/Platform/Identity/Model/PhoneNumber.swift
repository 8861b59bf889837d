import Basics
import Store

/// A mobile number of mainland China, eleven digits.
package struct PhoneNumber: Hashable, Sendable {
    package let text: String

    package init(_ text: String) throws(Problem) {
        guard Self.isOne(text) else { throw .phoneInvalid }
        self.text = text
    }

    static func isOne(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 11 && bytes[0] == UInt8(ascii: "1")
            && (UInt8(ascii: "3")...UInt8(ascii: "9")).contains(bytes[1])
            && bytes.allSatisfy { (48...57).contains($0) }
    }
}

extension PhoneNumber: SQLBindable, SQLDecodable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(text) }
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> PhoneNumber {
        guard let number = try? PhoneNumber(try String.decode(value)) else { throw SQLMismatch() }
        return number
    }
}
