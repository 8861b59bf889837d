/// What happens next in a run, and how long after what happened before.
struct Step: Equatable {
    enum Action: Equatable {
        /// Sent under a key; the same key again is the same request again, or another one's.
        case command(Command, key: Int?)
        /// Two at once.
        case race(Command, key: Int?, with: Command, otherKey: Int?)
        /// Everything that is due is done.
        case work
        /// A payer opens the cashier of an attempt.
        case openCashier(attempt: Int)
        case pay(attempt: Int, amount: Int)
        case notify(attempt: Int, Notice)
        case mood(SimulatedGateway.Mood)
        /// So many microseconds pass for real. All others are a clock that is moved.
        case sleep(Int)
        /// The database is closed and opened again.
        case restart
    }

    /// A message in the gateway's name.
    enum Notice: Equatable {
        case paid(amount: Int)
        /// Signed by somebody else.
        case forged
        /// Of another application.
        case foreign
        /// About a trade that nobody knows.
        case unknownTrade
    }

    /// The time between steps: longer than whole seconds by what keeps Kontor's own microseconds from
    /// deciding whether something is due.
    static let tick = 1_001_000

    /// Microseconds since the step before.
    var after = tick
    var action: Action

    init(_ action: Action, after: Int = tick) {
        self.action = action
        self.after = after
    }
}

extension Step: CustomStringConvertible {
    var description: String {
        let seconds = "+\(after / 1_000_000).\(String(1_000_000 + after % 1_000_000).dropFirst())s"
        return "\(seconds) \(words)"
    }

    private var words: String {
        func line(_ command: Command, _ key: Int?) -> String {
            let request = command.request
            return "\(request.actor ?? "-") \(key.map { "key \($0)" } ?? "no key"): "
                + "\(request.method) \(request.path) \(request.body ?? "")"
        }
        switch action {
        case .command(let command, let key): return line(command, key)
        case .race(let first, let key, let second, let other):
            return "\(line(first, key))  AT ONCE WITH  \(line(second, other))"
        default: return "\(action)"
        }
    }
}

extension SimulatedGateway {
    mutating func happen(_ action: Step.Action, ends: Int, at now: Int) {
        switch action {
        case .openCashier(let attempt): open(attempt, ends: ends, at: now)
        case .pay(let attempt, let amount): pay(attempt, amount, at: now)
        case .mood(let mood): self.mood = mood
        default: break
        }
    }
}

extension Model {
    /// What happens apart from commands.
    mutating func happen(_ action: Step.Action) {
        switch action {
        case .work: work()
        case .notify(let attempt, .paid(let amount)): receive(amount, for: attempt)
        case .openCashier, .pay, .mood: gateway.happen(action, ends: end(of: action), at: now)
        case .command, .race, .notify, .restart, .sleep: break
        }
    }

    /// Until when the attempt that an action is about can be paid.
    func end(of action: Step.Action) -> Int {
        switch action {
        case .openCashier(let attempt), .pay(let attempt, _): attempts[attempt].ends
        default: 0
        }
    }

    /// What the gateway is answered to a message.
    func answer(to notice: Step.Notice) -> (status: Int, text: String) {
        switch notice {
        case .paid: (200, "success")
        case .unknownTrade: (200, "fail")
        case .forged, .foreign: (400, "notify-refused")
        }
    }
}
