struct Order: Equatable {
    enum State: String {
        case pendingPayment = "pending-payment"
        case completed, expired, cancelled
        case partiallyRefunded = "partially-refunded"
        case refunded
    }

    var member: Int
    var price: Price
    var lines: Range<Int>
    var coupon: Int?
    var state = State.pendingPayment
    var expiresAt: Int
    var refunded = 0
    /// The wallet's part is set aside.
    var isHeld = false
    /// What it took out of the cart.
    var taken: [CartItem] = []
    var intent: Intent?
}

struct OrderLine: Equatable {
    var order: Int
    var course: Int
    var days: Int
    var coupon: Int?
    var wallet: Int
    var gateway: Int
    var backWallet = 0
    var backGateway = 0
    var isBack = false

    var left: Int { wallet + gateway - backWallet - backGateway }
}

/// What a member agrees to.
struct Acceptance: Equatable {
    var quote: Int
    var version: Int?
    var total: Int
    var gateway: String?
    var channel: String?
    var password: String?
}

extension Model {
    /// Fen; a wallet part above it asks for the payment password.
    static let passwordAbove = 500_000

    mutating func order(_ wanted: Acceptance, by member: Int) throws(Refusal) -> Reply {
        let quote = quotes[wanted.quote]
        guard !quote.isConsumed else { throw .conflict("quote-consumed") }
        if let version = wanted.version, version != quote.version { throw .conflict("quote-stale") }
        guard now < quote.expiresAt else { throw .conflict("quote-expired") }
        let price = try price(quote.wish, for: member)
        guard price == quote.price, wanted.total == price.total else {
            try renew(wanted.quote, quote.wish)
            var changed = Refusal.conflict(
                "price-changed",
                [
                    ("quoteVersion", .int(quotes[wanted.quote].version)),
                    ("total", .int(price.total)),
                ])
            changed.keeps = true
            throw changed
        }
        let number = addOrder(quote, price)
        for coupon in couponsOf(number) {
            coupons[coupon].state = .reserved
            coupons[coupon].order = number
        }
        if price.wallet > 0, price.gateway > 0 {
            let purse = Books.available(member)
            try books.post(
                "hold", [.init(from: purse, to: Books.held(purse), amount: price.wallet)])
            orders[number].isHeld = true
        }
        quotes[wanted.quote].isConsumed = true
        let bought = Set(lines[orders[number].lines].map(\.course))
        orders[number].taken = carts[member].filter { bought.contains($0.course) }
        carts[member].removeAll { bought.contains($0.course) }
        if price.gateway == 0 {
            try complete(number, byGateway: false)
        } else {
            jobs.schedule(.expireOrder, number, at: orders[number].expiresAt)
            if let gateway = wanted.gateway {
                try checkGateway(gateway, wanted.channel ?? "page")
                openPayment(of: number)
            }
        }
        return Reply(201, orderFields(number))
    }

    private mutating func addOrder(_ quote: Quote, _ price: Price) -> Int {
        let number = orders.count
        let first = lines.count
        for (line, wish) in zip(price.lines, quote.wish.lines) {
            lines.append(
                OrderLine(
                    order: number, course: wish.course, days: policies[line.policy].days,
                    coupon: wish.coupon, wallet: line.wallet, gateway: line.gateway))
        }
        orders.append(
            Order(
                member: quote.member, price: price, lines: first..<lines.count,
                coupon: quote.wish.coupon, expiresAt: now + .minutes(30)))
        // The quote was looked at before.
        blurred.insert(now + .minutes(30))
        return number
    }

    private mutating func openPayment(of number: Int) {
        let order = orders[number]
        if order.intent == nil {
            orders[number].intent = Intent(
                member: order.member, amount: order.price.gateway, expiresAt: order.expiresAt)
        }
        openAttempt(.order(number), order.price.gateway, ends: order.expiresAt)
    }

    func couponsOf(_ number: Int) -> [Int] {
        lines[orders[number].lines].compactMap(\.coupon)
            + [orders[number].coupon].compactMap { $0 }
    }

    /// Everything that being paid means.
    mutating func complete(_ number: Int, byGateway: Bool) throws(Refusal) {
        let order = orders[number]
        let clearing = "order:{order \(number)}:clearing"
        let purse = Books.available(order.member)
        if order.isHeld {
            try books.post(
                "hold-capture",
                [.init(from: Books.held(purse), to: clearing, amount: order.price.wallet)])
            orders[number].isHeld = false
        }
        if order.price.total > 0 {
            let tender: Books.Transfer =
                byGateway
                ? .init(from: Self.receivable, to: clearing, amount: order.price.gateway)
                : .init(from: purse, to: clearing, amount: order.price.wallet)
            try books.post(
                "order-paid",
                [tender, .init(from: clearing, to: Self.revenue, amount: order.price.total)])
        }
        for coupon in couponsOf(number) {
            let line = order.lines.first { lines[$0].coupon == coupon }
            let off =
                line.map { order.price.lines[$0 - order.lines.lowerBound].lineDiscount }
                ?? order.price.orderDiscount
            coupons[coupon].state = .used
            coupons[coupon].order = number
            coupons[coupon].discount = off
        }
        orders[number].state = .completed
        orders[number].taken = []
        jobs.drop(.expireOrder, number)
        for line in order.lines {
            grants.append(
                Grant(
                    line: line, member: order.member, course: lines[line].course,
                    days: lines[line].days, at: now))
        }
    }

    /// Tries again to pay a waiting order; earlier tries are ended first.
    mutating func payAgain(_ number: Int, gateway: String, channel: String, by member: Int)
        throws(Refusal) -> Reply
    {
        func check(_ model: Model) throws(Refusal) {
            let order = model.orders[number]
            guard order.member == member else { throw .notFound }
            guard order.state == .pendingPayment else { throw .conflict("order-not-pending") }
            guard model.now < order.expiresAt else { throw .conflict("order-expired") }
            try model.checkGateway(gateway, channel)
            switch order.intent?.state {
            case .needsReview: throw .conflict("payment-in-review")
            case .succeeded, .ended: throw .conflict("already-paid")
            case .open, nil: return
            }
        }
        try check(self)
        try endAttempts(of: number)
        // What has turned out meanwhile stays, whatever comes of this command.
        do throws(Refusal) {
            // It may have turned out to be paid.
            try check(self)
        } catch {
            var refusal = error
            refusal.keeps = true
            throw refusal
        }
        openPayment(of: number)
        return Reply(201, orderFields(number))
    }

    mutating func cancel(_ number: Int, by member: Int) throws(Refusal) -> Reply {
        guard orders[number].member == member else { throw .notFound }
        if orders[number].state == .cancelled { return Reply(200, orderFields(number)) }
        guard orders[number].state == .pendingPayment else { throw .conflict("order-not-pending") }
        try endAttempts(of: number)
        guard orders[number].state == .pendingPayment else {
            var paid = Refusal.conflict("order-not-pending")
            paid.keeps = true
            throw paid
        }
        end(number, as: .cancelled)
        return Reply(200, orderFields(number))
    }

    /// The order's time is over; the gateway is asked first.
    mutating func expire(_ number: Int) {
        do throws(Refusal) {
            if orders[number].state == .pendingPayment { try endAttempts(of: number) }
            if orders[number].state == .pendingPayment { end(number, as: .expired) }
            jobs.drop(.expireOrder, number)
        } catch {
            let pause = patience(since: orders[number].expiresAt)
            jobs.schedule(.expireOrder, number, at: now + pause)
        }
    }

    /// Gives everything back that the order kept for itself (commerce D11).
    private mutating func end(_ number: Int, as state: Order.State) {
        let order = orders[number]
        for coupon in couponsOf(number) { giveBack(coupon) }
        if order.isHeld {
            let purse = Books.available(order.member)
            try? books.post(
                "hold-release",
                [.init(from: Books.held(purse), to: purse, amount: order.price.wallet)],
                returning: purse)
            orders[number].isHeld = false
        }
        orders[number].state = state
        jobs.drop(.expireOrder, number)
        for item in order.taken
        where !carts[order.member].contains(where: { $0.course == item.course }) {
            carts[order.member].append(item)
        }
        orders[number].taken = []
    }

    func orderFields(_ number: Int) -> [(String, Reply.Value)] {
        let order = orders[number]
        let attempts = attempts(of: .order(number))
        let shown = attempts.first { self.attempts[$0].fate == .settled } ?? attempts.last
        var fields: [(String, Reply.Value)] = [
            ("id", .text("{order \(number)}")), ("status", .text(order.state.rawValue)),
            ("refunded", .int(order.refunded)), ("expiresAt", .time(order.expiresAt)),
            ("orderCouponId", order.coupon.map { .text("{coupon \($0)}") } ?? .nothing),
        ]
        for (index, line) in order.lines.enumerated() {
            fields += [
                ("lines.\(index).id", .text("{line \(line)}")),
                ("lines.\(index).refunded", .int(lines[line].backWallet + lines[line].backGateway)),
                (
                    "lines.\(index).couponId",
                    lines[line].coupon.map { .text("{coupon \($0)}") } ?? .nothing
                ),
            ]
        }
        return fields + self.fields(of: order.price) + paymentFields(shown)
    }
}
