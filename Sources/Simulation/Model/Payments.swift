/// What is to be paid through a gateway: by a top-up, or by an order.
struct Intent: Equatable {
    enum State: Equatable { case open, succeeded, ended, needsReview }

    var member: Int
    var amount: Int
    var expiresAt: Int
    var state = State.open
}

/// One try to pay: one trade at the gateway.
struct Attempt: Equatable {
    enum Subject: Equatable {
        case topUp(Int)
        case order(Int)
    }

    enum State: String {
        case submitted, unknown, closing, closed, paid
        case needsReview = "needs-review"
    }

    /// What became of money that came.
    enum Fate: String { case settled, late, duplicate, returned, credited }

    var subject: Subject
    var amount: Int
    /// After it the gateway takes no payment.
    var ends: Int
    var state = State.submitted
    var fate: Fate?
    /// What came, if it is not what was asked for.
    var received: Int?

    var isLive: Bool { state == .submitted || state == .unknown }
    var isUnsettled: Bool { isLive || state == .closing }
}

extension Model {
    static let receivable = "gateway:alipay:receivable"
    static let promised = "liability:refunds-payable"
    static let unapplied = "liability:unapplied-receipts"
    static let suspense = "liability:suspense"
    static let revenue = "income:courses"

    func intent(_ subject: Attempt.Subject) -> Intent? {
        switch subject {
        case .topUp(let number): topUps[number]
        case .order(let number): orders[number].intent
        }
    }

    mutating func setIntent(_ subject: Attempt.Subject, _ state: Intent.State) {
        switch subject {
        case .topUp(let number): topUps[number].state = state
        case .order(let number): orders[number].intent?.state = state
        }
    }

    func attempts(of subject: Attempt.Subject) -> [Int] {
        attempts.indices.filter { attempts[$0].subject == subject }
    }

    mutating func topUp(_ amount: Int, gateway: String, channel: String, by member: Int)
        throws(Refusal) -> Reply
    {
        guard amount > 0 else { throw .rule("amount-not-positive") }
        guard amount <= 10_000_000 else { throw .rule("top-up-too-large") }
        try checkGateway(gateway, channel)
        topUps.append(Intent(member: member, amount: amount, expiresAt: now + .minutes(30)))
        let number = topUps.count - 1
        openAttempt(.topUp(number), amount, ends: topUps[number].expiresAt)
        return Reply(201, [("id", .text("{topUp \(number)}"))] + topUpFields(number))
    }

    func topUpFields(_ number: Int) -> [(String, Reply.Value)] {
        let state = ["open": "pending", "succeeded": "paid", "ended": "expired"]
        return [
            ("status", .text(state["\(topUps[number].state)"] ?? "pending")),
            ("amount", .int(topUps[number].amount)),
            ("expiresAt", .time(topUps[number].expiresAt)),
        ] + paymentFields(attempts(of: .topUp(number)).last)
    }

    func paymentFields(_ attempt: Int?) -> [(String, Reply.Value)] {
        guard let attempt else { return [("payment", .nothing)] }
        return [
            ("payment.id", .text("{attempt \(attempt)}")),
            ("payment.outTradeNo", .text("{trade \(attempt)}")),
            ("payment.status", .text(attempts[attempt].state.rawValue)),
            ("payment.amount", .int(attempts[attempt].amount)),
        ]
    }

    func checkGateway(_ gateway: String, _ channel: String) throws(Refusal) {
        guard gateway == "alipay" else { throw .rule("gateway-not-available") }
        guard channel == "page" || channel == "wap" else { throw .rule("channel-not-available") }
    }

    mutating func openAttempt(_ subject: Attempt.Subject, _ amount: Int, ends: Int) {
        attempts.append(Attempt(subject: subject, amount: amount, ends: ends))
        schedulePoll(attempts.count - 1, round: 0)
    }

    /// The gateway is asked often at first, then rarely, and whatever the round when the time is over
    /// and a quarter of an hour later.
    mutating func schedulePoll(_ attempt: Int, round: Int) {
        let delays = [5, 15, 30, 60, 180, 600, 1_800, 3_600]
        let next = now + .seconds(delays[min(round, delays.count - 1)])
        let ends = attempts[attempt].ends
        let turns = [ends + .seconds(1), ends + .minutes(15)].filter { $0 > now }
        jobs.schedule(.pollAttempt, attempt, at: turns.reduce(next, min), round: round)
    }
}

extension Model {
    /// News of money, by whatever way it came. The same news again has no effect.
    mutating func receive(_ amount: Int, for number: Int) {
        let attempt = attempts[number]
        guard attempt.state != .paid, attempt.state != .needsReview else { return }
        jobs.drop(.pollAttempt, number)
        let subject = attempt.subject
        guard amount == attempt.amount else {
            attempts[number].state = .needsReview
            attempts[number].received = amount
            if intent(subject)?.state == .open { setIntent(subject, .needsReview) }
            if amount > 0 { book("suspense", Self.receivable, Self.suspense, amount) }
            return
        }
        attempts[number].state = .paid
        if intent(subject)?.state == .succeeded { return sendBack(number, .duplicate) }
        guard accepts(subject) else { return sendBack(number, .late) }
        attempts[number].fate = .settled
        setIntent(subject, .succeeded)
        switch subject {
        case .topUp(let topUp):
            book("top-up", Self.receivable, Books.available(topUps[topUp].member), amount)
        case .order(let order):
            // Nothing can stand in the way of an order that waits for exactly this.
            try? complete(order, byGateway: true)
        }
    }

    /// Whether this money is waited for: the state says so, not the clock (commerce D10).
    private func accepts(_ subject: Attempt.Subject) -> Bool {
        switch subject {
        case .order(let number): orders[number].state == .pendingPayment
        case .topUp(let number):
            [.open, .ended].contains(topUps[number].state)
                && !books.frozen.contains(Books.available(topUps[number].member))
        }
    }

    private mutating func sendBack(_ number: Int, _ fate: Attempt.Fate) {
        attempts[number].fate = fate
        book("unapplied-receipt", Self.receivable, Self.unapplied, attempts[number].amount)
        promiseRefund(of: number, attempts[number].amount, fate == .late ? .late : .duplicate)
    }

    /// A journal that cannot be refused.
    mutating func book(_ kind: String, _ from: String, _ to: String, _ amount: Int) {
        try? books.post(kind, [.init(from: from, to: to, amount: amount)])
    }

    /// Asks the gateway how an attempt stands, and acts on it.
    /// - Parameter ending: whether it is closed if it is not paid.
    /// - Returns: whether no money can come any more, as far as anybody knows; nil if nobody does.
    mutating func resolve(_ number: Int, ending: Bool) -> Bool? {
        guard attempts[number].isUnsettled else { return true }
        let isOver = now >= attempts[number].ends
        if ending {
            switch gateway.close(number) {
            case .closed: return end(number, for: true)
            case .unknownTrade: return end(number, for: isOver)
            case .paid: break
            default: return doubt(number)
            }
        }
        switch gateway.query(number, at: now) {
        case .paid(let amount):
            receive(amount, for: number)
            return true
        case .closed: return end(number, for: true)
        case .unknownTrade where isOver: return end(number, for: true)
        case .waiting, .unknownTrade: return false
        default: return doubt(number)
        }
    }

    /// - Parameter good: whether nobody can pay any more; if not, the address that was handed out is
    ///   good for a while still.
    private mutating func end(_ number: Int, for good: Bool) -> Bool {
        attempts[number].state = good ? .closed : .closing
        if good { jobs.drop(.pollAttempt, number) }
        if case .topUp(let topUp) = attempts[number].subject, topUps[topUp].state == .open {
            topUps[topUp].state = .ended
        }
        return true
    }

    private mutating func doubt(_ number: Int) -> Bool? {
        if attempts[number].isLive { attempts[number].state = .unknown }
        return nil
    }

    mutating func poll(_ job: Agenda.Job) {
        let attempt = attempts[job.number]
        if attempt.isUnsettled {
            let isOver = now >= attempt.ends + .minutes(15)
            _ = resolve(job.number, ending: isOver || attempt.state == .closing)
        }
        if attempts[job.number].isUnsettled {
            schedulePoll(job.number, round: job.round + 1)
        } else {
            jobs.drop(.pollAttempt, job.number)
        }
    }

    /// Ends all attempts of an order that still can be paid.
    /// - Throws: `gateway-unreachable`, if the gateway cannot say whether one has been paid.
    mutating func endAttempts(of order: Int) throws(Refusal) {
        for number in attempts(of: .order(order)) where attempts[number].isUnsettled {
            guard resolve(number, ending: true) == true else {
                var unreachable = Refusal(503, "gateway-unreachable")
                unreachable.keeps = true
                throw unreachable
            }
        }
    }
}
