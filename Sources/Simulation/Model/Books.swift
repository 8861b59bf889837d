/// Who has what. Money only ever moves from one account to another, so all balances add up to
/// nothing.
struct Books: Equatable {
    struct Transfer: Equatable {
        var from: String
        var to: String
        var amount: Int
    }

    /// Money set aside in `<account>:held`, and what for.
    struct Hold: Equatable {
        var source: String
        /// Where it goes when captured; nil for an order's.
        var target: String?
        var amount: Int
        var expiresAt: Int?
        var state = "open"
        var captured = 0
    }

    private(set) var balances: [String: Int] = [:]
    var floors: [String: Int?] = [:]
    var frozen: Set<String> = []
    /// How many journals of each kind were posted.
    private(set) var journals: [String: Int] = [:]

    func balance(_ account: String) -> Int { balances[account] ?? 0 }

    static func available(_ member: Int) -> String { "member:{member \(member)}:available" }
    /// Where money of an account lies while it is held.
    static func held(_ account: String) -> String {
        account.hasPrefix("member:")
            ? account.replacing(":available", with: ":held") : "\(account):held"
    }

    /// The least that an account may hold; nil if there is no such limit.
    func floor(_ account: String) -> Int? {
        if let told = floors[account] { return told }
        return account.hasPrefix("member:") || account.hasPrefix("order:")
            || account.hasPrefix("ext:") ? 0 : nil
    }

    /// Posts a journal, all of it or nothing.
    /// - Parameter returning: an account that gets its own back, frozen or not.
    mutating func post(_ kind: String, _ transfers: [Transfer], returning: String? = nil)
        throws(Refusal)
    {
        var next = self
        for transfer in transfers {
            guard !frozen.contains(transfer.from),
                !frozen.contains(transfer.to) || transfer.to == returning
            else { throw .conflict("account-frozen") }
            let left = next.balance(transfer.from) - transfer.amount
            if let floor = floor(transfer.from), left < floor {
                throw .conflict("insufficient-funds", [("shortfall", .int(floor - left))])
            }
            next.balances[transfer.from] = left
            next.balances[transfer.to] = next.balance(transfer.to) + transfer.amount
        }
        next.journals[kind, default: 0] += 1
        self = next
    }
}
