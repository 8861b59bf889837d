/// Decides what happens next. It looks at the model to find what is legal, and for a good share of the
/// steps chooses what is not.
struct Chooser {
    var random: Seeded
    private var keys = 0
    /// Commands that were sent under a key, to be sent again.
    private var sent: [(command: Command, key: Int)] = []

    /// How much of a run is about who is let in.
    private let crowd: Int

    init(seed: UInt64) {
        random = Seeded(seed)
        crowd = random.pick([6, 10, 10, 80]) ?? 10
    }

    mutating func next(in model: Model) -> Step {
        let kinds: [(Int, (inout Chooser, Model) -> Step.Action?)] = [
            (14, { $0.payment(in: $1) }), (40, { $0.purchase(in: $1) }),
            (16, { $0.coupon(in: $1) }), (8, { $0.catalogue(in: $1) }),
            (12, { $0.afterwards(in: $1) }), (14, { $0.bookkeeping(in: $1) }),
            (8, { $0.surroundings(in: $1) }), (7, { $0.again(in: $1) }), (6, { $0.race(in: $1) }),
            (crowd, { $0.membership(in: $1) }),
        ]
        while true {
            let choose = random.weighted(kinds.map { (weight: $0.0, element: $0.1) })
            guard let chosen = choose(&self, model) else { continue }
            let action = opened(chosen, in: model) ?? chosen
            var after = pause(in: model)
            var asleep = 0
            if case .sleep(let time) = action { asleep = time }
            while model.isBlurred(model.now + after + asleep) { after += 1_000 }
            return Step(action, after: after)
        }
    }

    /// Mostly a moment; at times until something ends, to the microsecond, or almost.
    private mutating func pause(in model: Model) -> Int {
        guard random.chance(6) else {
            return random.chance(5) ? Step.tick * random.among(2...600) : Step.tick
        }
        if random.chance(10) { return .days(random.among(1...40)) + 1_000 }
        let ends = model.deadlines.filter { $0 > model.now + 10_000 }
        guard let end = random.pick(Array(Set(ends)).sorted()) else { return Step.tick }
        return end - model.now - (random.chance(30) ? 1_000 : 0)
    }

    /// Mostly, whoever is not logged in does that first.
    private mutating func opened(_ action: Step.Action, in model: Model) -> Step.Action? {
        guard case .command(let command, _) = action, let member = command.member,
            !model.isLoggedIn("member \(member)"), random.chance(80)
        else { return nil }
        return enter(member, in: model)
    }

    mutating func newKey() -> Int {
        keys += 1
        return keys
    }

    /// A command under a key of its own, if it needs one and is not forgetful.
    mutating func send(_ command: Command?) -> Step.Action? {
        guard let command else { return nil }
        guard command.needsKey, !random.chance(1) else { return .command(command, key: nil) }
        let key = newKey()
        sent.append((command, key))
        return .command(command, key: key)
    }

    /// Mostly somebody, sometimes anybody.
    mutating func anybody(but member: Int, in model: Model) -> Int {
        random.chance(6) ? random.below(model.members) : member
    }

    /// The same request under its key, or another one's: an answer was lost, or a program is wrong.
    private mutating func again(in model: Model) -> Step.Action? {
        guard let old = random.pick(Array(sent.suffix(30))) else { return nil }
        guard random.chance(25), let other = random.pick(Array(sent.suffix(30))) else {
            return .command(old.command, key: old.key)
        }
        return .command(other.command, key: old.key)
    }

    /// Commands of one transaction each, of which either may be the first.
    private mutating func race(in model: Model) -> Step.Action? {
        let makers: [(inout Chooser, Model) -> Step.Action?] = [
            { $0.coupon(in: $1) }, { $0.purchase(in: $1) }, { $0.bookkeeping(in: $1) },
            { $0.afterwards(in: $1) }, { $0.membership(in: $1) },
        ]
        guard let maker = random.pick(makers),
            case .command(let one, let key)? = maker(&self, model), one.isOneTransaction
        else { return nil }
        if let session = one.member.flatMap({ model.people[$0].session }), random.chance(8) {
            // Somebody logs out somewhere else.
            return .race(
                one, key: key, with: .membership(.logOut(session: session)), otherKey: nil)
        }
        if random.chance(40), one.mayMeetItself {
            // The same twice: by a double click with one key, or from two devices with two.
            let other = random.chance(50) ? key : one.needsKey ? newKey() : nil
            return .race(one, key: key, with: one, otherKey: other)
        }
        guard case .command(let two, let other)? = maker(&self, model), two.isOneTransaction,
            !one.isLogIn, !two.isLogIn, one != two || one.mayMeetItself
        else { return nil }
        return .race(one, key: key, with: two, otherKey: other)
    }

    /// What goes on around Kontor.
    private mutating func surroundings(in model: Model) -> Step.Action? {
        switch random.below(11) {
        case 0...4: .work
        case 5: .restart
        case 6: .sleep(night(in: model))
        case 7: .mood(random.pick(SimulatedGateway.Mood.allCases) ?? .well)
        default: model.gateway.mood == .well ? nil : .mood(.well)
        }
    }
}

extension Chooser {
    /// For a while, or until tokens end, or almost.
    private mutating func night(in model: Model) -> Int {
        let session = random.pick(Array(model.sessions.suffix(4)))
        let ends = random.chance(85) ? session?.accessEnds : session?.ends
        let left = (ends ?? 0) - model.unmoved - (random.chance(30) ? 1 : 0)
        return left > 0 && random.chance(60) ? left : .seconds(random.among(60...4_000))
    }
}

extension Command {
    /// Two that log in at once do not tell by their answers which of them came first.
    fileprivate var isLogIn: Bool {
        if case .membership(.logIn) = self { true } else { false }
    }

    /// Who logs out twice at once may be let through to it both times.
    fileprivate var mayMeetItself: Bool {
        if case .membership(.logOut) = self { false } else { true }
    }

    /// Whether nobody outside is asked on the way: then two at once happen one after the other.
    fileprivate var isOneTransaction: Bool {
        switch self {
        case .payAgain, .cancel, .quote, .requote, .refund, .decideReceipt, .decideRefund, .reprice,
            .sell, .addCourse, .makeTemplate:
            false
        // A password that has to be asked for is a transaction of its own.
        case .order(_, let wanted): wanted.password == nil
        case .membership(let wanted): wanted.isOneTransaction
        default: true
        }
    }
}

extension Model {
    /// Whether Kontor may have put something some microseconds after this instant.
    fileprivate func isBlurred(_ instant: Int) -> Bool {
        blurred.contains(instant) || jobs.all.contains { $0.due == instant }
            || attempts.contains { $0.ends == instant }
    }

    /// The instants at which something ends.
    var deadlines: [Int] {
        quotes.suffix(3).map(\.expiresAt)
            + orders.suffix(5).filter { $0.state == .pendingPayment }.map(\.expiresAt)
            + templates.suffix(4).flatMap { [$0.claimFrom, $0.claimsEnd] }
            + coupons.suffix(4).flatMap { [$0.valid.lowerBound, $0.valid.upperBound] }
            + holds.filter { $0.state == "open" }.compactMap(\.expiresAt)
            + people.flatMap { [$0.login.until, $0.payment.lock.until] }
            + codes.suffix(3).map(\.expiresAt)
    }
}

extension Membership {
    fileprivate var isOneTransaction: Bool {
        switch self {
        case .logIn(.password), .logOut, .whoAmI: true
        default: false
        }
    }
}
