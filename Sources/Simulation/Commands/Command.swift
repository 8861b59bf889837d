/// What somebody asks of Kontor. Things are named by their number in the model.
enum Command: Equatable {
    case topUp(member: Int, amount: Int, gateway: String, channel: String)

    case makeTemplate(TemplateDraft)
    case changeTemplate(Int, Template.State)
    case claim(member: Int, template: Int)

    case addCourse(prices: [Term], category: Int?)
    case reprice(course: Int, prices: [Term])
    case sell(course: Int, Bool)
    case putInCart(member: Int, course: Int, policy: Int)
    case removeFromCart(member: Int, course: Int)

    case quote(member: Int, Wish)
    case requote(member: Int, quote: Int, Wish)
    case order(member: Int, Acceptance)
    case payAgain(member: Int, order: Int, gateway: String, channel: String)
    case cancel(member: Int, order: Int)
    case refund(order: Int, lines: [Int]?, amount: Int?, reason: String)
    case decideReceipt(attempt: Int, credit: Bool)
    case decideRefund(refund: Int, credit: Bool)

    case post([Books.Transfer])
    case reverse(journal: Int, amount: Int?, isForced: Bool)
    case hold(Books.Transfer, seconds: Int?)
    case capture(hold: Int, amount: Int?)
    case release(hold: Int)
    case freeze(account: String, Bool)
    case postBatch([BatchElement])

    case membership(Membership)

    struct Term: Equatable {
        var days: Int
        var price: Int
    }

    /// Whether it moves money or claims something, and so needs an idempotency key.
    var needsKey: Bool {
        switch self {
        case .makeTemplate, .changeTemplate, .addCourse, .reprice, .sell, .putInCart,
            .removeFromCart, .quote, .requote, .cancel, .freeze, .membership:
            false
        default: true
        }
    }

    var name: String {
        if case .membership(let wanted) = self { return wanted.name }
        return String("\(self)".prefix { $0 != "(" })
    }

    /// Which member asks for something of the shop.
    var member: Int? {
        switch self {
        case .topUp(let member, _, _, _), .claim(let member, _), .putInCart(let member, _, _),
            .removeFromCart(let member, _), .quote(let member, _), .requote(let member, _, _),
            .order(let member, _), .payAgain(let member, _, _, _), .cancel(let member, _):
            member
        default: nil
        }
    }
}

extension Model {
    /// What is looked at before the key is: what it refuses uses up no key.
    mutating func checkBeforeKey(_ command: Command, key: String) throws(Refusal) {
        switch command {
        case .order(let member, let wanted):
            let quote = quotes[wanted.quote]
            guard quote.member == member else { throw .notFound }
            if quote.price.wallet > Self.passwordAbove, answered[key] == nil {
                defer { blurred.insert(people[member].payment.lock.until) }
                try people[member].payment.verify(wanted.password, at: now)
            }
        case .refund(_, let lines, let amount, _):
            guard (lines == nil) != (amount == nil) else {
                throw .rule("refund-needs-lines-or-amount")
            }
        case .post(let transfers):
            try checkJournal(transfers)
        case .postBatch(let batch):
            guard !batch.isEmpty else { throw .rule("batch-empty") }
        case .hold(let transfer, let seconds):
            try checkTransfers([transfer])
            if let seconds, seconds <= 0 { throw .rule("expiry-not-in-future") }
        case .reverse(_, let amount, _), .capture(_, let amount):
            if let amount, amount <= 0 { throw .rule("amount-not-positive") }
        default: break
        }
    }

    mutating func perform(_ command: Command) throws(Refusal) -> Reply {
        switch command {
        case .membership(let wanted): return try perform(wanted)
        case .topUp(let member, let amount, let gateway, let channel):
            return try topUp(amount, gateway: gateway, channel: channel, by: member)
        case .makeTemplate(let draft): return try makeTemplate(draft)
        case .changeTemplate(let template, let state): return try change(template, to: state)
        case .claim(let member, let template): return try claim(template, by: member)
        case .addCourse(let prices, let category): return addCourse(prices, category: category)
        case .reprice(let course, let prices): return try reprice(course, prices)
        case .sell(let course, let isOnSale): return try sell(course, isOnSale)
        case .putInCart(let member, let course, let policy):
            return try putInCart(course, policy, of: member)
        case .removeFromCart(let member, let course):
            return removeFromCart(course, of: member)
        case .quote(let member, let wish): return try quote(wish, for: member)
        case .requote(let member, let number, let wish):
            return try requote(number, wish, by: member)
        default: return try performWithMoney(command)
        }
    }

    private mutating func performWithMoney(_ command: Command) throws(Refusal) -> Reply {
        switch command {
        case .order(let member, let wanted): return try order(wanted, by: member)
        case .payAgain(let member, let number, let gateway, let channel):
            return try payAgain(number, gateway: gateway, channel: channel, by: member)
        case .cancel(let member, let number): return try cancel(number, by: member)
        case .refund(let number, let lines, let amount, let reason):
            return try refund(number, lines: lines, amount: amount, reason: reason)
        case .decideReceipt(let attempt, let credit):
            return try decideReceipt(attempt, credit: credit)
        case .decideRefund(let refund, let credit): return try decideRefund(refund, credit: credit)
        case .post(let transfers): return try postForeign(transfers)
        case .postBatch(let batch): return post(batch)
        case .reverse(let journal, let amount, let isForced):
            return try reverse(journal, amount: amount, isForced: isForced)
        case .hold(let transfer, let seconds): return try hold(transfer, for: seconds)
        case .capture(let hold, let amount): return try capture(hold, amount: amount)
        case .release(let hold): return try release(hold)
        case .freeze(let account, let isFrozen): return try freeze(account, isFrozen)
        default: throw Refusal(500, "no such command")
        }
    }
}
