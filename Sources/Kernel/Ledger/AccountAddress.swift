import Basics
import Money
import Store

/// The readable name of an account: words between colons, from the owner to the purpose
/// (`member:mem_…:available`, `income:courses`). Modules make theirs in `Postings.swift`.
package struct AccountAddress: Hashable, Sendable {
    package let text: String

    /// Reads what came from outside; nil unless it is one to eight words of letters, digits, `-`
    /// and `_` with colons between them, 200 bytes at most.
    package init?(reading text: String) {
        let words = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard text.utf8.count <= 200, words.count <= 8,
            words.allSatisfy({ !$0.isEmpty && $0.allSatisfy(Self.isWordByte) })
        else { return nil }
        self.text = text
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

/// Which of the two ledgers an account belongs to. No transfer crosses between them, so each sums
/// to zero by itself.
package enum Book: String, Sendable, CaseIterable, Codable {
    /// What the house holds and owes.
    case cash
    /// Who owes whom, off the house's own books.
    case claim
}

extension AccountAddress {
    package var book: Book {
        // Asked of both accounts of every posting, and most do not even begin with that letter.
        guard text.utf8.first == UInt8(ascii: "c") else { return .cash }
        return text.hasPrefix("claim:") || text == "claim" ? .claim : .cash
    }

    /// The least this account may hold, or nil if it may be overdrawn, unless it was opened with
    /// another. Decided once, when the account is made.
    ///
    /// What belongs to one person or thing cannot be spent twice. The house's own accounts have no
    /// floor: a balance is credits less debits, so what others owe us is negative.
    package var floor: Amount? {
        switch text.prefix(while: { $0 != ":" }) {
        case "member", "order", "deposit", "loan", "ext": .zero
        case "claim": text.hasPrefix("claim:ext:") ? .zero : nil
        default: text == "liability:unapplied-receipts" ? .zero : nil
        }
    }
}

extension AccountAddress: ExpressibleByStringInterpolation {
    /// For addresses written in the program; they are taken as they are.
    package init(stringLiteral value: String) { text = value }
}

extension AccountAddress: CustomStringConvertible {
    package var description: String { text }
}

extension AccountAddress: Comparable {
    package static func < (left: AccountAddress, right: AccountAddress) -> Bool {
        left.text < right.text
    }
}

extension AccountAddress: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let address = AccountAddress(reading: try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: container, debugDescription: "no account address")
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension AccountAddress: SQLBindable, SQLDecodable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(text) }
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> AccountAddress {
        AccountAddress(stringLiteral: try String.decode(value))
    }
}

extension Amount: SQLBindable, SQLDecodable {
    package static var sqlType: SQLType { .int }
    package var sqlValue: SQLValue { .int(minorUnits) }
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Amount {
        Amount(try Int64.decode(value))
    }
}

extension SQLParameters {
    func add(_ amount: Amount) { add(amount.minorUnits) }
}

extension Currency: SQLBindable, SQLDecodable {
    package static var sqlType: SQLType { .text }
    package var sqlValue: SQLValue { .text(code) }
    package static func decode(_ value: SQLValue) throws(SQLMismatch) -> Currency {
        Currency(code: try String.decode(value))
    }
}
