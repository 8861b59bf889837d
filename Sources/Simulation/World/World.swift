import Basics
import Foundation
import Synchronization
import Web

/// Kontor beside its model: both get the same steps, and every difference is found.
final class World {
    static let members = 4

    private(set) var model = Model(members: World.members)
    private let opener: House.Opener
    private let start: Start
    private let bank: Bank
    private let mailbox = Mailbox()
    private let surroundings: House.Surroundings
    private let clock: Clock
    private var house: House
    private var names: Names
    /// What the house's own accounts held, and how far the journals went, when the run began.
    private var before = Baseline()
    /// How often each command was answered how: `order 409 insufficient-funds`.
    private(set) var tally: [String: Int] = [:]

    private struct Baseline {
        var balances: [String: Int] = [:]
        var lastJournal: String?
    }

    /// The house's own accounts, which all runs on a database share.
    private static let shared = [
        Model.receivable, Model.promised, Model.unapplied, Model.suspense, Model.revenue,
        Model.uncollected, "expense:promotions",
    ]

    /// - Parameter space: tells this run's members and accounts from those of other runs.
    init(_ opener: @escaping House.Opener, keys: SimulationKeys, space: String) async throws {
        let start = Start()
        self.start = start
        clock = Clock { start.instant }
        bank = Bank(keys: keys)
        surroundings = House.Surroundings(
            clock: clock, gateway: bank.gateway, alipay: try bank.client(),
            deliver: { [mailbox] code in mailbox.deliver(code) })
        self.opener = opener
        house = try await opener(surroundings)
        if let last = house.lastBooking { start.move(behind: last) }
        names = Names(start: start.instant, space: space)
        try await furnish(space)
    }

    /// Members and accounts to play with.
    private func furnish(_ space: String) async throws {
        for (number, person) in model.people.enumerated() {
            let made = try await house.enroll(
                House.Newcomer(
                    name: names.filled(person.name),
                    phone: person.phone.map { names.filled("{phone \($0)}") },
                    password: person.password, paymentPassword: person.payment.secret,
                    isOperator: false))
            names.bind("member \(number)", to: made.id)
            names.bind("access \(number) 0", to: made.token)
            names.bind("refresh \(number) 0", to: made.refreshToken)
        }
        _ = try await house.enroll(
            House.Newcomer(
                name: "boss-\(space)", phone: nil, password: Person.firstPassword,
                paymentPassword: nil, isOperator: true))
        try await logInBoss()
        let key = try await send(
            Request(
                "POST", "/admin/api-keys", .object([("name", .text("clerk"))]), as: "boss"))
        names.bind("access clerk", to: key.value(at: "key") as? String ?? "")
        for number in 0..<2 {
            let made = try await send(
                Request(
                    "POST", "/admin/categories", .object([("name", .text("shelf"))]), as: "boss"))
            names.bind("category \(number)", to: made.value(at: "id") as? String ?? "")
        }
        for account in Model.outside {
            let isWorld = account.hasSuffix("world")
            let opened = try await send(
                Request(
                    "POST", "/admin/ledger/accounts",
                    .object([
                        ("address", .text(account)), ("floor", isWorld ? .null : nil),
                        ("currency", .text(account.hasSuffix("dollars") ? "USD" : "CNY")),
                    ]), as: "boss"))
            guard opened.status == 201 else {
                throw Broken("cannot open \(account): \(opened.text)")
            }
            if isWorld { model.books.floors[account] = .some(nil) }
        }
        for account in Self.shared { before.balances[account] = try await balance(account) }
        let newest = try await send(
            Request("GET", "/admin/ledger/journals?limit=1", as: "boss"))
        before.lastJournal = newest.value(at: "items.0.id") as? String
    }

    /// The operator, whose tokens end as everybody's do.
    private func logInBoss() async throws {
        let answer = try await send(
            Request(
                "POST", "/sessions",
                .object([
                    ("login", .text("boss-{space}")), ("password", .text(Person.firstPassword)),
                ]), as: nil))
        guard let token = answer.value(at: "accessToken") as? String else {
            throw Broken("the operator cannot log in: \(answer.text)")
        }
        names.bind("access boss", to: token)
    }

    struct Broken: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    func close() async { await house.close() }
}

/// The time as nobody has moved it. A run begins at a midnight in Shanghai, and after everything that was
/// booked before.
private final class Start: Sendable {
    private let time = Mutex(Instant(seconds: 1_790_006_400))

    var instant: Instant { time.withLock { $0 } }

    func pass(microseconds: Int) {
        time.withLock { $0 = $0 + .microseconds(Int64(microseconds)) }
    }

    func move(behind last: Instant) {
        time.withLock { time in
            while time <= last + .hours(1) { time = time + .days(1) }
        }
    }
}

extension World {
    /// Does a step on both sides.
    /// - Returns: how they differ.
    func take(_ step: Step) async throws -> [String] {
        model.pass(to: model.now + step.after)
        if case .sleep(let time) = step.action {
            model.sleep(time)
            start.pass(microseconds: time)
        }
        clock.setOffset(microseconds: Int64(model.now - model.unmoved))
        bank.setTime(model.now)
        var found: [String]
        switch step.action {
        case .command(let command, let key):
            found = try await give(command, key)
        case .race(let first, let key, let second, let other):
            found = try await race((first, key), (second, other))
        case .notify(let attempt, let notice):
            found = try await notify(attempt, notice)
        case .restart:
            await house.close()
            house = try await opener(surroundings)
            // It gets to know everybody again now, and not on somebody's way to a deadline.
            found = try await ask((0..<model.members).map(model.wallet))
            _ = try await balance(Model.revenue)
        case .sleep:
            try await logInBoss()
            found = try await ask(model.sessions.indices.suffix(4).map(model.me))
        case .work, .openCashier, .pay, .mood:
            found = []
        }
        if case .notify = step.action {} else { try await happen(step.action) }
        return found + bank.takeSurprises()
    }

    private func happen(_ action: Step.Action) async throws {
        switch action {
        case .openCashier, .pay, .mood:
            bank.change { $0.happen(action, ends: model.end(of: action), at: model.now) }
        case .work: try await house.work()
        default: break
        }
        model.happen(action)
        learnNames()
    }

    private func give(_ command: Command, _ key: Int?) async throws -> [String] {
        let expected = model.reply(to: command, key: key.map { "key-\($0)" })
        let answer = try await send(command.request, key: key)
        count(command, expected)
        var found = names.differences(answer, from: expected)
        learnNames()
        if found.isEmpty { found = try await ask(model.questions(after: command)) }
        return found
    }

    private func notify(_ attempt: Int, _ notice: Step.Notice) async throws -> [String] {
        let expected = model.answer(to: notice)
        let trade = names["trade \(attempt)"] ?? ""
        let answer = try await house.answer(
            LocalCall(
                "POST", "/api/v1/gateways/alipay/notify",
                headers: [("Content-Type", "application/x-www-form-urlencoded")],
                body: try bank.message(notice, about: trade)))
        model.happen(.notify(attempt: attempt, notice))
        guard answer.status == expected.status, answer.text.contains(expected.text) else {
            return ["expected \(expected), got \(answer.status) \(answer.text)"]
        }
        return []
    }

    /// Both at once; whichever of them came first, the answers are what they would have been.
    private func race(_ one: (Command, Int?), _ two: (Command, Int?)) async throws -> [String] {
        let (first, second) = try await atOnce(one, two)
        var found: [String] = []
        var fitting: [Outcome] = []
        for isFirst in [true, false] {
            var outcome = Outcome(model: model, names: names)
            let order = isFirst ? [(one, first), (two, second)] : [(two, second), (one, first)]
            var differences: [String] = []
            for ((command, key), answer) in order {
                let expected = outcome.model.reply(to: command, key: key.map { "key-\($0)" })
                outcome.replies.append((command, expected))
                differences += outcome.names.differences(answer, from: expected)
            }
            if differences.isEmpty {
                outcome.model.blurred.formUnion(
                    Set(outcome.model.deadlines).subtracting(model.deadlines))
                fitting.append(outcome)
            } else {
                found += ["in the order \(isFirst ? "written" : "reversed"):"] + differences
            }
        }
        // Where the answers do not tell who came first, what followed does.
        let isPlain = fitting.count == 1 || fitting.first?.model == fitting.last?.model
        for outcome in fitting {
            (model, names) = (outcome.model, outcome.names)
            learnNames()
            let after = outcome.replies.flatMap { model.questions(after: $0.0) }
            found = try await ask(after + (isPlain ? [] : model.allQuestions))
            if isPlain || found.isEmpty {
                for (command, reply) in outcome.replies { count(command, reply) }
                return found
            }
        }
        return found
    }

    /// What two commands at once may have come to.
    private struct Outcome {
        var model: Model
        var names: Names
        var replies: [(Command, Reply)] = []
    }

    private func count(_ command: Command, _ reply: Reply) {
        let code = reply.isReplayed ? "replayed" : reply.code ?? ""
        tally["\(command.name) \(reply.status) \(code)", default: 0] += 1
    }

    private func atOnce(_ one: (Command, Int?), _ two: (Command, Int?)) async throws
        -> (Answer, Answer)
    {
        let house = house
        let calls = [call(one.0.request, key: one.1), call(two.0.request, key: two.1)]
        async let first = house.answer(calls[0])
        async let second = house.answer(calls[1])
        return try await (Answer(first), Answer(second))
    }

    /// The bank gets to know trades, and the run the numbers of refunds and codes.
    private func learnNames() {
        for attempt in model.attempts.indices.suffix(4) {
            if let trade = names["trade \(attempt)"] { bank.learn(trade, is: attempt) }
        }
        for (number, id) in bank.refunds.enumerated() { names.bind("refund \(number)", to: id) }
        for (number, code) in mailbox.codes.enumerated() {
            names.bind("code \(number)", to: code)
            names.bind("wrong \(number)", to: Mailbox.misread(code))
        }
    }
}

extension World {
    private func call(_ request: Request, key: Int? = nil) -> LocalCall {
        var headers = [(name: "Content-Type", value: "application/json")]
        if let token = request.actor.flatMap(token(of:)) {
            headers.append(("Authorization", "Bearer \(token)"))
        }
        if let key { headers.append(("Idempotency-Key", "key-\(key)")) }
        return LocalCall(
            request.method, "/api/v1" + names.filled(request.path), headers: headers,
            body: request.body.map { Array(names.filled($0).utf8) } ?? [])
    }

    private func token(of actor: String) -> String? {
        guard actor.contains(" ") else { return names["access \(actor)"] }
        guard let session = model.session(of: actor) else { return nil }
        return names["access \(session) \(model.sessions[session].rotation)"]
    }

    private func send(_ request: Request, key: Int? = nil) async throws -> Answer {
        Answer(try await house.answer(call(request, key: key)))
    }

    private func ask(_ questions: [Question]) async throws -> [String] {
        for question in questions {
            let answer = try await send(question.request)
            let found = names.differences(answer, from: model.reply(to: question))
            if !found.isEmpty {
                let asked = "\(question.request.actor ?? "") \(question.request.path)"
                return ["then \(asked):"] + found
            }
        }
        return []
    }

    private func balance(_ account: String) async throws -> Int {
        let answer = try await send(
            Request("GET", "/admin/ledger/accounts/\(account)", as: "boss"))
        guard answer.status == 200, let balance = answer.value(at: "balance") as? NSNumber else {
            return 0
        }
        return balance.intValue
    }

    /// Compares everything there is.
    func compareAll() async throws -> [String] {
        var found = try await ask(model.allQuestions)
        for account in Self.shared + Model.outside {
            let expected = model.books.balance(account) + (before.balances[account] ?? 0)
            let actual = try await balance(account)
            if actual != expected {
                found.append("\(account): expected \(expected), got \(actual)")
            }
        }
        if !bank.isSame(model.gateway) { found.append("the gateway was asked for something else") }
        if mailbox.codes.count != model.codes.count { found.append("other codes were sent") }
        return found + (try await house.audit())
    }

    /// Counts all journals of the run, kind by kind.
    func compareJournals() async throws -> [String] {
        var counts: [String: Int] = [:]
        var cursor: String?
        pages: repeat {
            let page = try await send(
                Request(
                    "GET",
                    "/admin/ledger/journals?limit=100" + (cursor.map { "&cursor=\($0)" } ?? ""),
                    as: "boss"))
            for item in page.value(at: "items") as? [[String: Any]] ?? [] {
                if item["id"] as? String == before.lastJournal { break pages }
                counts[item["kind"] as? String ?? "", default: 0] += 1
            }
            cursor = page.value(at: "nextCursor") as? String
        } while cursor != nil
        // Holds that have run out are booked when somebody next touches the account.
        counts["hold-expiry"] = nil
        var expected = model.books.journals
        expected["hold-expiry"] = nil
        return counts == expected ? [] : ["journals: expected \(expected), got \(counts)"]
    }
}
