import Basics
import Ledger
import Money
import Web

/// What somebody outside may do with an account.
enum AccountUse: Hashable {
    /// Theirs: opened by name, posted to freely.
    case free
    /// The house's own: made by the first posting to it.
    case house
    /// A member's money: made by the first posting, if there is such a member.
    case wallet(ID<Member>)
    /// What orders, holds, payments and loans account for in rows of their own.
    case guarded
    /// Nothing that Kontor keeps.
    case unknown
}

extension AccountAddress {
    /// What an account is for, by its name. `docs/ACCOUNTS.md` has the chart.
    var use: AccountUse {
        let words = text.utf8.split(separator: UInt8(ascii: ":")).map(Substring.init)
        guard words.last != "held" else { return .guarded }
        switch (words[0], words.count) {
        case ("ext", 2...): return .free
        case ("claim", 3...) where words[1] == "ext": return .free
        case ("bank", 2...), ("income", 2...), ("expense", 2...), ("liability", 2...): return .house
        case ("gateway", 3) where words[2] == "receivable": return .house
        case ("member", 3) where words[2] == "available":
            return ID<Member>(String(words[1])).map(AccountUse.wallet) ?? .unknown
        case ("member", _), ("order", _), ("loan", _), ("deposit", _), ("claim", _): return .guarded
        default: return .unknown
        }
    }

    /// Where money of this account lies while it is held.
    var held: AccountAddress {
        let words = text.split(separator: ":")
        if case .wallet = use { return "\(words[0]):\(words[1]):held" }
        return "\(text):held"
    }

    /// Where a reversal comes from that its receiver cannot pay: below zero by what is still to be
    /// collected.
    static func uncollected(_ book: Book, _ currency: Currency) -> AccountAddress {
        "\(book == .claim ? "claim:" : "")ext:uncollected:\(currency.code)"
    }
}
