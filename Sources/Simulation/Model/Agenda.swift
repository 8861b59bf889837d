/// What is to be done later. One entry for a purpose and a thing; what is due is done in the order in
/// which it fell due.
struct Agenda: Equatable {
    enum Purpose: String, Equatable { case expireOrder, pollAttempt, sendRefund }

    struct Job: Equatable {
        var purpose: Purpose
        var number: Int
        var due: Int
        var round = 0
        fileprivate var serial = 0
    }

    private var jobs: [Job] = []
    private var made = 0

    /// A job that is there already is moved, and keeps its place among those due at the same time.
    mutating func schedule(_ purpose: Purpose, _ number: Int, at due: Int, round: Int = 0) {
        if let index = index(purpose, number) {
            jobs[index].due = due
            jobs[index].round = round
        } else {
            made += 1
            jobs.append(
                Job(purpose: purpose, number: number, due: due, round: round, serial: made))
        }
    }

    mutating func drop(_ purpose: Purpose, _ number: Int) {
        if let index = index(purpose, number) { jobs.remove(at: index) }
    }

    func next(by now: Int) -> Job? {
        jobs.filter { $0.due <= now }.min { ($0.due, $0.serial) < ($1.due, $1.serial) }
    }

    var isEmpty: Bool { jobs.isEmpty }
    /// When the next thing falls due.
    var nextDue: Int? { jobs.map(\.due).min() }
    var all: [Job] { jobs }

    private func index(_ purpose: Purpose, _ number: Int) -> Int? {
        jobs.firstIndex { $0.purpose == purpose && $0.number == number }
    }
}

extension Model {
    /// Time passes; what is held until a time goes back by itself.
    mutating func pass(to instant: Int) {
        now = max(now, instant)
        for index in holds.indices {
            guard holds[index].state == "open", let end = holds[index].expiresAt, end <= now else {
                continue
            }
            holds[index].state = "expired"
            let hold = holds[index]
            try? books.post(
                "hold-expiry",
                [.init(from: Books.held(hold.source), to: hold.source, amount: hold.amount)],
                returning: hold.source)
        }
    }

    /// Time passes, and nobody has moved the clock.
    mutating func sleep(_ microseconds: Int) {
        unmoved += microseconds
        pass(to: now + microseconds)
    }

    /// How long to wait before a gateway that cannot tell is asked again: longer each time.
    func patience(since start: Int) -> Int {
        min(max((now - start) / 2, .seconds(5)), .minutes(10))
    }

    /// Does all that is due.
    mutating func work() {
        while let job = jobs.next(by: now) {
            switch job.purpose {
            case .expireOrder: expire(job.number)
            case .pollAttempt: poll(job)
            case .sendRefund: sendRefund(job.number)
            }
        }
    }
}
