/// A payment gateway and its payers, as far as a shop can see them. The world runs one beside Kontor,
/// the model another; both are told the same.
struct SimulatedGateway: Equatable {
    /// How well it answers.
    enum Mood: String, CaseIterable {
        case well
        /// No question arrives.
        case down
        /// What it is asked to do is done, and no answer comes back.
        case mute
        /// Refunds are refused.
        case strict
    }

    enum State: Equatable {
        case waiting, closed
        case paid(Int)
    }

    enum Answer: Equatable {
        case waiting, unknownTrade, closed, noAnswer, refused, succeeded
        case paid(Int)
    }

    struct Trade: Equatable {
        var state = State.waiting
        /// After it nobody can pay.
        var ends: Int
        /// By their numbers.
        var refunds: [Int: Int] = [:]
    }

    var mood = Mood.well
    private(set) var trades: [Int: Trade] = [:]

    /// A payer opens the cashier.
    mutating func open(_ trade: Int, ends: Int, at now: Int) {
        guard trades[trade] == nil, now < ends else { return }
        trades[trade] = Trade(ends: ends)
    }

    /// A payer pays.
    mutating func pay(_ trade: Int, _ amount: Int, at now: Int) {
        guard let found = trades[trade], found.state == .waiting, now < found.ends else { return }
        trades[trade]?.state = .paid(amount)
    }

    func query(_ trade: Int, at now: Int) -> Answer {
        guard mood == .well || mood == .strict else { return .noAnswer }
        switch trades[trade]?.state {
        case nil: return .unknownTrade
        case .waiting: return now < (trades[trade]?.ends ?? 0) ? .waiting : .closed
        case .closed: return .closed
        case .paid(let amount): return .paid(amount)
        }
    }

    mutating func close(_ trade: Int) -> Answer {
        guard mood != .down else { return .noAnswer }
        let answer: Answer
        switch trades[trade]?.state {
        case nil: answer = .unknownTrade
        case .paid(let amount): answer = .paid(amount)
        case .waiting, .closed:
            trades[trade]?.state = .closed
            answer = .closed
        }
        return mood == .mute ? .noAnswer : answer
    }

    mutating func refund(_ trade: Int, number: Int, _ amount: Int) -> Answer {
        guard mood != .down else { return .noAnswer }
        guard case .paid(let paid)? = trades[trade]?.state, mood != .strict else { return .refused }
        let before = trades[trade]?.refunds ?? [:]
        if before[number] == nil {
            guard before.values.reduce(amount, +) <= paid else { return .refused }
            trades[trade]?.refunds[number] = amount
        }
        return mood == .mute ? .noAnswer : .succeeded
    }
}
