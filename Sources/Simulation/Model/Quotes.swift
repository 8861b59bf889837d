/// What a member wants to buy, and with what.
struct Wish: Equatable {
    struct Line: Equatable {
        var course: Int
        /// nil takes the one chosen in the cart.
        var policy: Int?
        var coupon: Int?
    }

    var lines: [Line]
    var coupon: Int?
    var wallet: Int?
}

/// What a wish costs, line by line.
struct Price: Equatable {
    struct Line: Equatable {
        var policy: Int
        var list: Int
        var lineDiscount: Int
        var orderDiscount: Int
        var wallet: Int
        var gateway: Int

        var net: Int { wallet + gateway }
    }

    var lines: [Line]
    var wallet: Int { lines.reduce(0) { $0 + $1.wallet } }
    var gateway: Int { lines.reduce(0) { $0 + $1.gateway } }
    var total: Int { wallet + gateway }
    var list: Int { lines.reduce(0) { $0 + $1.list } }
    var lineDiscount: Int { lines.reduce(0) { $0 + $1.lineDiscount } }
    var orderDiscount: Int { lines.reduce(0) { $0 + $1.orderDiscount } }
}

struct Quote: Equatable {
    var member: Int
    var wish: Wish
    var price: Price
    var version = 1
    var expiresAt: Int
    var isConsumed = false
}

extension Model {
    mutating func quote(_ wish: Wish, for member: Int) throws(Refusal) -> Reply {
        let price = try price(wish, for: member)
        quotes.append(
            Quote(member: member, wish: wish, price: price, expiresAt: now + .minutes(15)))
        return Reply(201, quoteFields(quotes.count - 1))
    }

    /// Makes the next version of a quote.
    mutating func requote(_ number: Int, _ wish: Wish, by member: Int) throws(Refusal) -> Reply {
        guard quotes[number].member == member else { throw .notFound }
        guard !quotes[number].isConsumed else { throw .conflict("quote-consumed") }
        try renew(number, wish)
        return Reply(200, quoteFields(number))
    }

    mutating func renew(_ number: Int, _ wish: Wish) throws(Refusal) {
        quotes[number].price = try price(wish, for: quotes[number].member)
        quotes[number].wish = wish
        quotes[number].version += 1
        quotes[number].expiresAt = now + .minutes(15)
    }

    func quoteFields(_ number: Int) -> [(String, Reply.Value)] {
        let quote = quotes[number]
        return [
            ("id", .text("{quote \(number)}")), ("version", .int(quote.version)),
            ("expiresAt", .time(quote.expiresAt)),
        ] + fields(of: quote.price)
    }

    func fields(of price: Price) -> [(String, Reply.Value)] {
        var fields: [(String, Reply.Value)] = [
            ("listTotal", .int(price.list)), ("lineDiscount", .int(price.lineDiscount)),
            ("orderDiscount", .int(price.orderDiscount)), ("total", .int(price.total)),
            ("walletAmount", .int(price.wallet)), ("gatewayAmount", .int(price.gateway)),
            ("lines", .count(price.lines.count)),
        ]
        for (index, line) in price.lines.enumerated() {
            fields += [
                ("lines.\(index).policyId", .text("{policy \(line.policy)}")),
                ("lines.\(index).listPrice", .int(line.list)),
                ("lines.\(index).lineDiscount", .int(line.lineDiscount)),
                ("lines.\(index).orderDiscount", .int(line.orderDiscount)),
                ("lines.\(index).net", .int(line.net)),
                ("lines.\(index).wallet", .int(line.wallet)),
                ("lines.\(index).gateway", .int(line.gateway)),
            ]
        }
        return fields
    }
}

extension Model {
    /// What a wish costs now (commerce D2-D8). What does not fit is refused, never left out.
    func price(_ wish: Wish, for member: Int) throws(Refusal) -> Price {
        guard !wish.lines.isEmpty else { throw .rule("lines-missing") }
        let chosen = try choose(wish, for: member)
        let named = wish.lines.compactMap(\.coupon) + [wish.coupon].compactMap { $0 }
        guard named.allSatisfy({ coupons[$0].member == member }) else { throw .notFound }
        try checkOnce(wish)

        // Line coupons first, each on its line.
        var lines: [Price.Line] = []
        for (line, policy) in zip(wish.lines, chosen) {
            let list = policies[policy].price
            let off = try line.coupon.map { number throws(Refusal) in
                try discount(of: number, onCourse: line.course, list: list)
            }
            lines.append(
                Price.Line(
                    policy: policy, list: list, lineDiscount: off ?? 0, orderDiscount: 0,
                    wallet: 0, gateway: list - (off ?? 0)))
        }
        // Then the order's, spread over what remains of the lines that it is for.
        if let coupon = wish.coupon {
            let isFor = wish.lines.map { covers(coupons[coupon], course: $0.course) }
            let off = try discount(ofOrder: coupon, on: lines, isFor)
            let weights = zip(lines, isFor).map { $1 ? $0.gateway : 0 }
            for (index, part) in split(off, over: weights).enumerated() {
                lines[index].orderDiscount = part
                lines[index].gateway -= part
            }
        }
        // Then the wallet's part.
        let wallet = wish.wallet ?? 0
        let total = lines.reduce(0) { $0 + $1.gateway }
        guard wallet >= 0 else { throw .rule("wallet-amount-negative") }
        guard wallet <= total else { throw .rule("tender-exceeds-total") }
        for (index, part) in split(wallet, over: lines.map(\.gateway)).enumerated() {
            lines[index].wallet = part
            lines[index].gateway -= part
        }
        return Price(lines: lines)
    }

    /// The policy of each line.
    private func choose(_ wish: Wish, for member: Int) throws(Refusal) -> [Int] {
        var chosen: [Int] = []
        for line in wish.lines {
            guard courses[line.course].isOnSale else { throw .rule("course-not-for-sale") }
            let inCart = carts[member].first { $0.course == line.course }?.policy
            guard let policy = line.policy ?? inCart else { throw .rule("course-not-in-cart") }
            guard policies[policy].course == line.course, policies[policy].isOffered else {
                throw .rule("policy-not-found")
            }
            chosen.append(policy)
        }
        return chosen
    }

    /// One course is one line, one coupon is one use.
    private func checkOnce(_ wish: Wish) throws(Refusal) {
        var seen: Set<Int> = []
        var used: Set<Int> = []
        for line in wish.lines {
            guard seen.insert(line.course).inserted else { throw .rule("duplicate-line") }
            if let coupon = line.coupon, !used.insert(coupon).inserted {
                throw .rule("coupon-named-twice")
            }
        }
        if let coupon = wish.coupon, used.contains(coupon) { throw .rule("coupon-named-twice") }
    }

    private func covers(_ coupon: Coupon, course: Int) -> Bool {
        switch templates[coupon.template].terms.scope {
        case .all: true
        case .business(let name): name == "courses"
        case .course(let number): number == course
        case .category(let number): courses[course].category == number
        }
    }

    private func discount(of number: Int, onCourse course: Int, list: Int) throws(Refusal) -> Int {
        let coupon = coupons[number]
        let terms = templates[coupon.template].terms
        guard terms.scope.isForLines, covers(coupon, course: course) else {
            throw .rule("coupon-not-applicable")
        }
        try checkUsable(coupon)
        try check(terms.minimum, against: list)
        return terms.discount(on: list)
    }

    private func discount(ofOrder number: Int, on lines: [Price.Line], _ isFor: [Bool])
        throws(Refusal) -> Int
    {
        let coupon = coupons[number]
        let terms = templates[coupon.template].terms
        guard !terms.scope.isForLines, isFor.contains(true) else {
            throw .rule("coupon-not-applicable")
        }
        try checkUsable(coupon)
        let lines = zip(lines, isFor).filter(\.1).map(\.0)
        let remaining = lines.reduce(0) { $0 + $1.gateway }
        try check(
            terms.minimum,
            against: terms.countsListPrice ? lines.reduce(0) { $0 + $1.list } : remaining)
        return terms.discount(on: remaining)
    }

    private func check(_ minimum: Int, against base: Int) throws(Refusal) {
        guard base < minimum else { return }
        throw .rule(
            "coupon-threshold-not-met",
            [("base", .int(base)), ("shortfall", .int(minimum - base))])
    }
}
